/**
 * How often a callee may write about one delegation (D17): five times at once, and once a second on the long run.
 *
 * What comes faster is a sign of life and no more, so that an agent that says each token costs its platform neither
 * commits nor a log without end. Kept is one moment: up to it the callee has used up what it may say. A sign of life
 * that the lease needs is always written, however short the lease is.
 */
import type { Moment } from './deadline.ts';
import type { Delegation } from './delegation.ts';

const EVERY_MS = 1000;
const AT_ONCE = 5;
/** As many more, for what says that a tool is at work or no more: it decides how long silence is borne. */
const AT_ONCE_OF_TOOLS = 10;
/** A lease that has lost less than this part of itself is not written anew. */
const WORN_PART = 0.1;

export function isTooSoon({ detail, leaseUntil }: Delegation, { now, limits }: Moment, turnsTool = false): boolean {
  const isHalfOver = leaseUntil !== null && leaseUntil - now < limits.leaseMs / 2;
  const atOnce = turnsTool ? AT_ONCE_OF_TOOLS : AT_ONCE;
  return !isHalfOver && usedUntil(detail.saidUntil, now) - now > EVERY_MS * (atOnce - 1);
}

/** What is kept of it once it has said something more. */
export function afterSaying({ detail }: Delegation, now: number): number {
  return Math.min(usedUntil(detail.saidUntil, now) + EVERY_MS, now + EVERY_MS * AT_ONCE_OF_TOOLS);
}

/** What lies further ahead than anybody may speak was written by a clock that has been set back since. */
function usedUntil(saidUntil: number | undefined, now: number): number {
  return saidUntil === undefined || saidUntil < now || saidUntil > now + EVERY_MS * AT_ONCE_OF_TOOLS ? now : saidUntil;
}

/** To renew it now would win next to nothing. */
export function isFresh({ leaseUntil }: Delegation, { now, limits }: Moment): boolean {
  return leaseUntil !== null && leaseUntil >= now + limits.leaseMs - Math.min(EVERY_MS, limits.leaseMs * WORN_PART);
}
