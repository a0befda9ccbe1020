/**
 * Everything that runs beside the line for as long as the platform does. Started once, stopped in order.
 */
import type { Line } from '../flow/index.ts';
import { Leader } from './leader.ts';
import { Pruner } from './pruner.ts';
import { Renewer } from './renewer.ts';
import { handBack, lengthen, rescue } from './rescuer.ts';
import { Timekeeper } from './timekeeper.ts';

export interface Upkeep {
  /** How many it took back from a process that was gone. */
  rescued: number;
  stop(): Promise<void>;
}

export async function startUpkeep(line: Line): Promise<Upkeep> {
  const leader = new Leader(line, () => timekeeper.start());
  const timekeeper = new Timekeeper(line, leader);
  const renewer = new Renewer(line);
  const pruner = new Pruner(line, leader);
  const rescued = await rescue(line);
  await lengthen(line);
  await leader.start();
  timekeeper.start();
  renewer.start();
  pruner.start();
  return {
    rescued,
    async stop() {
      leader.stop();
      renewer.stop();
      pruner.stop();
      await timekeeper.stop();
      await handBack(line);
    },
  };
}
