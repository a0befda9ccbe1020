/**
 * Who goes next: priority with ageing, then round robin between callers, then first come (D8, D16).
 *
 * Inside one band of priority the order is fixed when a delegation starts to wait: `turn` is its place in the round
 * (start-time fair queueing with equal cost), so the head of a band is one index look-up however long the queue is.
 * Between the bands the oldest wait is weighed: a head gains one point of priority per six seconds, so an `info`
 * overtakes a fresh `task` after four minutes and nothing starves.
 */
import type { Delegation, Priority } from './delegation.ts';

const AGE_PER_POINT_MS = 6000;

export function effectivePriority(waiting: Delegation, now: number): number {
  return waiting.priority + Math.max(0, now - waiting.queuedAt) / AGE_PER_POINT_MS;
}

/** Of the heads of the bands, the one that a free slot takes. */
export function nextOf(heads: readonly Delegation[], now: number): Delegation | undefined {
  let best: Delegation | undefined;
  for (const head of heads) {
    if (best === undefined || effectivePriority(head, now) > effectivePriority(best, now)) {
      best = head;
    }
  }
  return best;
}

/** The turns that decide a place in the round. */
export interface Round {
  /** Of the last one taken from this band at the callee. */
  served: number;
  /** The last one this caller was given in it. */
  given: number;
}

/** Nobody saves up turns while it asks for nothing, and nobody gets two in one round. */
export function turnOf(round: Round): number {
  return Math.max(round.served, round.given + 1);
}

export type LaneKey = { caller: string; callee: string; conversation: string };

/** Only a named conversation is a lane: without one, tasks are independent of each other. */
export function laneOf(delegation: Pick<Delegation, 'caller' | 'callee' | 'conversation'>): LaneKey | undefined {
  return delegation.conversation === null
    ? undefined
    : { caller: delegation.caller, callee: delegation.callee, conversation: delegation.conversation };
}

export function bandOf(priority: number): Priority | undefined {
  return priority === 100 || priority === 50 || priority === 10 ? priority : undefined;
}
