/**
 * What happens to one task, from the first step on until it has ended: read from the log, and again whenever it grew.
 */
import { waitFor } from '../events/index.ts';
import type { Step } from '../runtime/index.ts';
import type { TaskHandle } from './handle.ts';
import type { House } from './house.ts';

const AT_ONCE = 100;
const LOOK_AGAIN_MS = 60_000;

export async function* stepsOf({ line, closing }: House, handle: TaskHandle): AsyncGenerator<Step> {
  const admitted = await handle.accepted;
  const { key } = handle;
  if (admitted.kind === 'rejected' || key === undefined) {
    return;
  }
  for (let after = 0; !closing.aborted;) {
    const events = await waitFor({
      clock: line.clock,
      waitMs: LOOK_AGAIN_MS,
      subscribe: (wake) => {
        const leave = line.hub.onDelegation(key, wake);
        closing.addEventListener('abort', wake, { once: true });
        return () => {
          leave();
          closing.removeEventListener('abort', wake);
        };
      },
      look: async () => {
        const found = await line.engine.events({ delegation: key, after, limit: AT_ONCE });
        // When this closes, what came last is told still.
        return found.length === 0 && !closing.aborted ? undefined : found;
      },
    });
    for (const { seq, type, at, data } of events ?? []) {
      yield { seq, type, at: new Date(at), data };
      after = seq;
      if (type === 'delegation.settled') {
        return;
      }
    }
  }
}
