/**
 * What leaves the process because of a commit: deliveries that start, and deliveries that are told to let go.
 *
 * The slot was given inside the commit; this only acts on it. If the process ends before it does, the lease expires
 * and the rescuer takes the delegation back (law 3).
 */
import { whyLetGo } from '../core/delegation/index.ts';
import type { Commit, Event, EventType, Stop } from '../core/ports/index.ts';
import { assignmentOf, deliver } from './deliver.ts';
import type { Line } from './line.ts';

export function carryOut(line: Line, commit: Commit): void {
  for (const handover of commit.handovers) {
    void deliver(line, handover);
  }
  // After them: what was handed over and stopped in one commit has to begin before it can be told to stop.
  for (const stop of commit.stops) {
    stopOne(line, stop);
  }
}

/** What another process has written may be the end of a delivery that is under way here. */
export function letGo(line: Line, events: readonly Event[]): void {
  const keys = events.flatMap(({ type, delegation }) => (MAY_STOP.has(type) ? (delegation ?? []) : []));
  for (const run of new Set(keys.flatMap((key) => line.runs.get(key) ?? []))) {
    void line.engine
      .delegation({ key: run.key })
      .then((row) => whyLetGo(row, run.epoch))
      .then((why) => why === undefined || line.runs.stop(run, why))
      .catch(line.onFault);
  }
}

const MAY_STOP: ReadonlySet<EventType> = new Set<EventType>([
  'delegation.cancel_requested',
  'delegation.returned',
  'delegation.settled',
]);

function stopOne(line: Line, stop: Stop): void {
  const { delegation, why } = stop;
  const isHere = line.runs.stop(delegation, why);
  if (!isHere && why !== 'overtaken' && delegation.detail.remoteTask !== undefined) {
    void tellCallee(line, stop);
  }
}

/** Nobody follows it here, but the callee still has it: a delivery that is stopped before it begins only says so. */
async function tellCallee(line: Line, { delegation, why }: Stop): Promise<void> {
  try {
    const assignment = await assignmentOf(line, { delegation });
    const carrier = assignment === undefined ? undefined : line.carriers[assignment.callee.carrier];
    if (assignment !== undefined && carrier !== undefined) {
      const abort = new AbortController();
      abort.abort(why);
      const reports = { acknowledged: () => {}, progressed: () => {} };
      await carrier.deliver(assignment, { reports, signal: abort.signal });
    }
  } catch (error) {
    line.onFault(error);
  }
}
