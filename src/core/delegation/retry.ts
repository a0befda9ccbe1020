/**
 * How long to wait before the next try: full jitter over an exponential, and a `Retry-After` is obeyed.
 *
 * Full jitter, because callers that failed together must not come back together. Chance is an argument.
 */
import type { Limits } from './limits.ts';

export interface Try {
  /** 1 for the first. */
  number: number;
  /** 0 ≤ chance < 1 */
  chance: number;
  retryAfterMs: number | null;
}

export function backoffMs(attempt: Try, limits: Limits): number {
  const asked = attempt.retryAfterMs === null ? 0 : Math.min(attempt.retryAfterMs, limits.backoffMostMs);
  if (asked >= limits.backoffFirstMs) {
    return asked;
  }
  // "At once" is no pause: a callee that says so and stays busy would be asked a thousand times a second.
  const doublings = Math.min(Math.max(attempt.number - 1, 0), 30);
  const most = Math.min(limits.backoffMostMs, limits.backoffFirstMs * 2 ** doublings);
  return Math.max(asked, Math.floor(attempt.chance * most));
}
