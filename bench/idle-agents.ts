/**
 * Ten thousand agents of the real runtime that wait for work, in a process of their own: what they cost the platform in
 * memory and processor while nothing happens, and how long it takes until a thousand of them have done one task each.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { openCrew } from './crew.ts';
import { Delegating } from './delegating.ts';
import type { Figure } from './figure.ts';
import type { Plan } from './plan.ts';
import { openPlatform } from './platform.ts';

const WARM = 4000;
const IN_FLIGHT = 64;
/** Those who just came write down that they are there; then nothing is left to do. */
const SETTLE_MS = 5000;

export async function benchIdleAgents(plan: Plan): Promise<Figure[]> {
  const count = plan.quick ? 1000 : 10_000;
  const idleMs = plan.quick ? 15_000 : 60_000;
  const worked = count / 10;
  const platform = await openPlatform();
  const callers = new Delegating(platform);
  await callers.enrol();
  const warm = await openCrew(platform, { way: 'pull', count: 10, capacity: 10 });
  // A platform that has done something has its heap at its size; what is measured is what the waiting adds.
  await callers.run({ inFlight: IN_FLIGHT, total: plan.quick ? WARM / 4 : WARM }, warm.name);
  await warm.close();
  callers.close();
  const before = platform.residentMb();
  plan.tell(`… ${count} agents take their seats`);
  const beganAt = performance.now();
  const crew = await openCrew(platform, { way: 'pull', count, capacity: 1 });
  const seatedMs = performance.now() - beganAt;
  try {
    await pause(SETTLE_MS);
    plan.tell(`… ${idleMs / 1000} s in which nothing happens`);
    const [platformUsed, crewUsed] = [platform.usedMs(), crew.usedMs()];
    await pause(idleMs);
    const share = ((platform.usedMs() - platformUsed) / idleMs) * 100;
    const crewShare = ((crew.usedMs() - crewUsed) / idleMs) * 100;
    const held = platform.residentMb() - before;
    plan.tell(`… one task for each of ${worked}`);
    // On connections of its own: those of before were closed while nothing happened.
    const again = new Delegating(platform);
    const { perSecond } = await again.run({ inFlight: IN_FLIGHT, total: worked }, crew.name);
    again.close();
    const label = `${count} agents that wait`;
    return [
      { name: `${label}, all seated`, unit: 's', rounds: [seatedMs / 1000] },
      { name: `${label}, memory of the platform`, unit: 'MB', rounds: [held], target: { most: 400 } },
      { name: `${label}, memory for each`, unit: 'kB', rounds: [(held * 1024) / count] },
      { name: `${label}, processor of the platform while nothing happens`, unit: '%', rounds: [share] },
      { name: `${label}, processor of the agents`, unit: '%', rounds: [crewShare] },
      { name: `${label}, memory of the agents`, unit: 'MB', rounds: [crew.residentMb()] },
      { name: `${label}, ${worked} given one task each, all told`, unit: 'ms', rounds: [(worked / perSecond) * 1000] },
    ];
  } finally {
    await crew.close();
    await platform.close();
  }
}
