/**
 * The one public word for where a delegation is, and what its caller is told to do about it.
 *
 * Every surface (API, tools, console, command line) takes the word and the advice from here, so that a
 * waiting delegation is described the same way everywhere and never invites its caller to do the work itself.
 */
export const STATUSES = [
  'pending',
  'queued',
  'dispatched',
  'in_progress',
  'input_required',
  'completed',
  'failed',
  'cancelled',
] as const;

export type Status = (typeof STATUSES)[number];

/** What the caller does next; the wording is part of the product. */
export const NEXT_ACTION: Record<Status, string> = {
  pending: 'wait',
  queued: 'wait; do not delegate it again; do not do it yourself; go on with other work',
  dispatched: 'wait',
  in_progress: 'wait; progress is shown if there is any',
  input_required: 'answer, or cancel',
  completed: 'use the result',
  failed: 'only now: try another peer, or do it yourself, or tell the user',
  cancelled: 'do not wait',
};

/** A settled delegation has its ending and never changes (D3). */
export function isSettled(status: Status): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** Only these two take one of the callee's slots (D9). */
export function holdsSlot(status: Status): boolean {
  return status === 'dispatched' || status === 'in_progress';
}
