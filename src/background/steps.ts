/**
 * What happens to one task, from the first step on until it has ended: read from the log, and again whenever it grew.
 */
import { waitFor } from '../events/index.ts';
import { nearEnd, type Budget } from '../core/delegation/index.ts';
import type { Step } from './background.ts';
import { closed } from './closed.ts';
import type { TaskHandle } from './handle.ts';
import type { House } from './house.ts';

const AT_ONCE = 100;
const LOOK_AGAIN_MS = 60_000;

export async function* stepsOf(house: House, handle: TaskHandle, over: AbortSignal): AsyncGenerator<Step> {
  const { line } = house;
  const admitted = await handle.accepted;
  const { key } = handle;
  if (house.closing.aborted) {
    throw closed(house);
  }
  if (admitted.kind === 'rejected' || key === undefined) {
    return;
  }
  for (let after = 0; !over.aborted;) {
    const events = await waitFor({
      clock: line.clock,
      waitMs: LOOK_AGAIN_MS,
      subscribe: (wake) => {
        const leave = line.hub.onDelegation(key, wake);
        over.addEventListener('abort', wake, { once: true });
        return () => {
          leave();
          over.removeEventListener('abort', wake);
        };
      },
      look: async () => {
        const found = await line.engine.events({ delegation: key, after, limit: AT_ONCE });
        // When this closes, what came last is told still.
        return found.length === 0 && !over.aborted ? undefined : found;
      },
    });
    for (const { seq, type, at, data } of events ?? []) {
      const warning = type === 'delegation.warned' ? warningOf(data, line.limits.stallGraceMs) : undefined;
      yield { seq, type, at: new Date(at), data, ...(warning === undefined ? {} : { warning }) };
      after = seq;
      if (type === 'delegation.settled') {
        return;
      }
    }
  }
}

/** What a task is warned of before it is ended: silence, or that little is left of its budget. */
function warningOf(data: Step['data'], graceMs: number): string {
  const { silent_ms: silentMs, budget = {}, spent = {} } = data as Warning;
  if (silentMs !== undefined) {
    return `no sign of life for ${silentMs} ms; without one it ends as stalled in ${graceMs} ms`;
  }
  const used = nearEnd({ budget, spent }).map((unit) => `${spent[unit]} of ${budget[unit]} ${unit}`);
  return `used of its budget: ${used.join(', ')}; with more than all of it, it ends as budget_exhausted`;
}

interface Warning {
  silent_ms?: number;
  budget?: Budget;
  spent?: Budget;
}
