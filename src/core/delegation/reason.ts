/**
 * The closed lists that say why a delegation did not complete, and why it waits.
 *
 * They are closed so that a caller can act on them without reading prose; prose goes into `error`.
 */
export const REASONS = [
  'callee_failed',
  'rejected',
  'unreachable',
  'unauthorised',
  'invalid_response',
  'deadline_exceeded',
  'expired_in_queue',
  'stalled',
  'outcome_unknown',
  'result_too_large',
  'budget_exhausted',
  'depth_exceeded',
  'cycle',
  'superseded',
  'peer_removed',
  'internal',
] as const;

export type Reason = (typeof REASONS)[number];

export const CAUSES = [
  'slot',
  'callee_offline',
  'paused',
  'backoff',
  'rate',
  'approval',
  'budget',
  'start_time',
  'dependency',
  'answer',
  'report',
] as const;

/** The one binding cause of a wait. */
export type Cause = (typeof CAUSES)[number];

export interface WaitingFor {
  cause: Cause;
  /** When the wait ends at the latest, where that is known. */
  until?: number;
}
