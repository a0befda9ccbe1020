/**
 * Whether a delivery may go on, by what became of its row: for the process that delivers, when another one has
 * written. What a commit of its own stops, the commit names (`Commit.stops`).
 */
import type { Delegation } from './delegation.ts';
import { isSettled } from './status.ts';

export type LettingGo = 'cancelled' | 'overtaken' | 'deadline' | 'stalled';

/** Undefined where the delivery under this epoch is still the one that counts (D6). */
export function whyLetGo(row: Delegation | undefined, epoch: number): LettingGo | undefined {
  if (row === undefined || row.epoch !== epoch) {
    return 'overtaken';
  }
  if (isSettled(row.status)) {
    return ENDED[row.reason ?? ''] ?? 'overtaken';
  }
  return row.detail.cancel === undefined ? undefined : 'cancelled';
}

/** These the callee is told of; after any other ending there is nothing to tell. */
const ENDED: Readonly<Record<string, LettingGo>> = {
  deadline_exceeded: 'deadline',
  expired_in_queue: 'deadline',
  stalled: 'stalled',
};
