/**
 * Puts a line together: what a commit brings about is wired here, in one place.
 *
 * After each commit, in this order: the clockwork learns what is due, those who wait are woken, deliveries start and
 * stop, and then the callers get their answers.
 */
import type { Carrier, Clock, Engine, Ids } from '../core/ports/index.ts';
import type { Limits } from '../core/delegation/index.ts';
import type { CarrierName } from '../core/workspace/index.ts';
import { Hub, Tail } from '../events/index.ts';
import { carryOut, letGo } from './dispatch.ts';
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
      tail.wrote(commit.events);
      carryOut(line, commit);
    },
  });
  const clock: Clock = {
    now: () => parts.engine.now(),
    after: (ms, call) => parts.clock.after(ms, call),
    soon: (call) => parts.clock.soon(call),
  };
  const line: Line = { ...parts, clock, hub, recorder, secret, runs: new Runs(), onDue: () => {} };
  const tail = await follow(line);
  return line;
}

/** What another process commits wakes those who wait here, winds the clockwork, and stops what runs here. */
async function follow(line: Line): Promise<Tail> {
  const { engine, hub, runs, onFault } = line;
  const tail = new Tail({
    seen: await engine.lastSeq(),
    read: async (after, limit) => engine.events({ after, limit }),
    bring: (events) => hub.publish(events),
    bringElsewhere: (events) => letGo(line, events),
    isWanted: () => hub.listeners > 0 || runs.size > 0,
    onFault,
  });
  engine.onElsewhere(({ seq, dueAt }) => {
    if (dueAt !== null) {
      line.onDue(dueAt);
    }
    tail.reach(seq);
  });
  return tail;
}
