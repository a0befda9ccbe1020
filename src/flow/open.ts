/**
 * Puts a line together: what a commit brings about is wired here, in one place.
 *
 * After each commit, in this order: the clockwork learns what is due, those who wait are woken, deliveries start and
 * stop, and then the callers get their answers.
 */
import type { Carrier, Clock, Engine, Ids } from '../core/ports/index.ts';
import type { Limits } from '../core/delegation/index.ts';
import type { CarrierName } from '../core/workspace/index.ts';
import { Hub } from '../events/index.ts';
import { carryOut } from './dispatch.ts';
import type { Line } from './line.ts';
import { Recorder } from './record.ts';
import { Runs } from './runs.ts';

export interface LineParts {
  engine: Engine;
  clock: Clock;
  ids: Ids;
  limits: Limits;
  owner: string;
  carriers: Partial<Record<CarrierName, Carrier>>;
  onFault: (error: unknown) => void;
}

export async function openLine(parts: LineParts): Promise<Line> {
  const hub = new Hub(parts.onFault);
  const secret = await parts.engine.secret('attempt-tokens');
  const recorder: Recorder = new Recorder({
    engine: parts.engine,
    clock: parts.clock,
    onFault: parts.onFault,
    onCommit: (commit) => {
      if (commit.dueAt !== null) {
        line.onDue(commit.dueAt);
      }
      hub.publish(commit.events);
      carryOut(line, commit);
    },
  });
  const line: Line = { ...parts, hub, recorder, secret, runs: new Runs(), onDue: () => {} };
  return line;
}
