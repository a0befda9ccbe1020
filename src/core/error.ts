/**
 * The one error class and its one catalog: every refusal has a code, an HTTP status, whether to try again, and a fix.
 *
 * Expected refusals travel as return values; the class is for the edge, where a refusal becomes an answer to a
 * caller. docs/errors has one page per code, generated from this file.
 */
export type Retry = 'never' | 'later' | 'same-key';

export interface Kind {
  status: number;
  retry: Retry;
  fix: string;
}

export const ERRORS = {
  invalid_request: { status: 400, retry: 'never', fix: 'Correct the named field and send it again.' },
  invalid_json: { status: 400, retry: 'never', fix: 'Send one JSON object in UTF-8.' },
  self_delegation: {
    status: 400,
    retry: 'never',
    fix: 'Choose another workspace; GET /registry/:id/peers lists them.',
  },
  unauthenticated: {
    status: 401,
    retry: 'never',
    fix: 'Send Authorization: Bearer with a live key of this workspace.',
  },
  forbidden: { status: 403, retry: 'never', fix: 'Use the key of the workspace in the path, or ask the operator.' },
  not_allowed_to_talk: {
    status: 403,
    retry: 'never',
    fix: 'Delegate to a sibling, parent or child, or ask the operator for a grant.',
  },
  role_forbids: { status: 403, retry: 'never', fix: 'Ask the operator to change the roles of this workspace.' },
  cycle: { status: 403, retry: 'never', fix: 'The workspace already waits further up; do the task or choose another.' },
  depth_exceeded: {
    status: 403,
    retry: 'never',
    fix: 'Do this part yourself; the chain of delegations is long enough.',
  },
  scope_forbids: {
    status: 403,
    retry: 'never',
    fix: 'Commit it as TEAM, or ask the workspace at the root, or a person, to commit it for all.',
  },
  not_found: { status: 404, retry: 'never', fix: 'Check the id; it may belong to another workspace.' },
  method_not_allowed: { status: 405, retry: 'never', fix: 'See /openapi.json for the methods of this route.' },
  not_now: { status: 409, retry: 'never', fix: 'Read the delegation; its status does not allow this any more.' },
  stale_epoch: { status: 409, retry: 'never', fix: 'Stop working on it; it was handed to somebody else.' },
  idempotency_conflict: { status: 409, retry: 'never', fix: 'The key was used with another body; use a new key.' },
  already_exists: { status: 409, retry: 'never', fix: 'Choose another id, or change the existing one.' },
  too_large: { status: 413, retry: 'never', fix: 'Send less; the message names the bound.' },
  unsupported_media_type: { status: 415, retry: 'never', fix: 'Send application/json, uncompressed.' },
  fan_out_exceeded: {
    status: 429,
    retry: 'later',
    fix: 'Wait until some of the delegations under this one have ended.',
  },
  queue_full: { status: 429, retry: 'later', fix: 'Wait and send it again, or choose another workspace.' },
  no_free_slot: { status: 429, retry: 'later', fix: 'Wait until a slot is free, or let it wait in the queue.' },
  budget_exhausted: {
    status: 429,
    retry: 'never',
    fix: 'Do this part yourself, or end with what is there; the budget of the chain is used up.',
  },
  key_limit: { status: 429, retry: 'never', fix: 'Revoke a key of this workspace first.' },
  file_limit: {
    status: 429,
    retry: 'later',
    fix: 'Wait until older files are past their retention, or ask the operator for more room.',
  },
  memory_limit: { status: 429, retry: 'never', fix: 'Forget memories of this workspace that are not needed any more.' },
  internal: { status: 500, retry: 'same-key', fix: 'Try again with the same idempotency key; tell the operator.' },
  shutting_down: { status: 503, retry: 'same-key', fix: 'Try again in a moment with the same idempotency key.' },
  unavailable: { status: 503, retry: 'same-key', fix: 'Try again in a moment with the same idempotency key.' },
  callee_unavailable: { status: 503, retry: 'later', fix: 'The workspace is not online; delegations to it wait.' },
  storage_full: { status: 507, retry: 'same-key', fix: 'Free space on the data disk; nothing accepted was lost.' },
} as const satisfies Record<string, Kind>;

export type ErrorCode = keyof typeof ERRORS;

export interface Refusal {
  code: ErrorCode;
  message: string;
  retryAfterMs?: number;
}

export class ErrandError extends Error {
  override readonly name = 'ErrandError';
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;

  constructor(refused: Refusal, options?: ErrorOptions) {
    super(refused.message, options);
    this.code = refused.code;
    this.retryAfterMs = refused.retryAfterMs;
  }

  get kind(): Kind {
    return ERRORS[this.code];
  }
}

export function refusal(code: ErrorCode, message: string, retryAfterMs?: number): Refusal {
  return retryAfterMs === undefined ? { code, message } : { code, message, retryAfterMs };
}
