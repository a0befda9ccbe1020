/**
 * The end of what has used more than it was given: with everything below it, and with what it had made (D18).
 */
import { isSettled, overspent, type Delegation } from '../delegation/index.ts';
import { parentsOf } from './budget.ts';
import { settle } from './settle.ts';
import type { Work } from './work.ts';

/** The highest of its chain that is overspent takes all below it along. */
export function endOverspent(work: Work, { key }: Delegation): void {
  const reporting = work.tx.delegation({ key });
  const chain = reporting === undefined ? [] : [reporting, ...parentsOf(work, reporting)];
  for (const one of chain.toReversed()) {
    const unit = one.detail.purse === undefined ? undefined : overspent(one.detail.purse);
    if (unit !== undefined && !isSettled(one.status)) {
      const settled = settle(work, one, {
        status: 'failed',
        reason: 'budget_exhausted',
        error: `It has used more than it was given: ${unit}.`,
        actor: 'errand',
      });
      work.stops.push({ delegation: settled, why: 'cancelled' });
      work.bereft.push(settled);
      return;
    }
  }
}
