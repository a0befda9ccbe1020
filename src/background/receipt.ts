/**
 * What came of the wish to stop a task: how it stood, and its ending when that comes.
 */
import { isSettled, type Delegation } from '../core/delegation/index.ts';
import type { Ending, Receipt } from './background.ts';

/** `isFresh`: this very wish changed something. Its ending is waited for only by whoever asks for it. */
export function receiptOf(row: Delegation, isFresh: boolean, ended: () => Promise<Ending>): Receipt {
  let ending: Promise<Ending> | undefined;
  return {
    id: row.id,
    state: stateOf(row, isFresh),
    get ending() {
      ending ??= ended();
      return ending;
    },
  };
}

function stateOf({ status, detail }: Delegation, isFresh: boolean): Receipt['state'] {
  // One that asks or rests has begun: it has its ending at once, and is told as well.
  if (!isSettled(status) || (isFresh && detail.calleeMayStillRun === true)) {
    return 'asked';
  }
  return isFresh && status === 'cancelled' ? 'cancelled' : 'ended';
}
