/**
 * From the answer of a commit to what a verb returns, or to the error its caller gets.
 */
import type { Batch, Delegation } from '../core/delegation/index.ts';
import { ErrandError } from '../core/error.ts';
import type { Answer } from '../core/ports/index.ts';
import type { Workspace } from '../core/workspace/index.ts';

export interface Changed {
  delegation: Delegation;
  /** False where it was already so: an idempotent call. */
  fresh: boolean;
}

export function changedOf(answer: Answer): Changed {
  switch (answer.kind) {
    case 'done':
      return answer;
    case 'noop':
      return { delegation: answer.delegation, fresh: false };
    case 'late':
      throw new ErrandError(
        answer.why === 'stale_epoch'
          ? { code: 'stale_epoch', message: 'This epoch was overtaken; the answer is kept as evidence only.' }
          : { code: 'not_now', message: 'The delegation has its ending; the answer is kept as evidence only.' },
      );
    default:
      throw failureOf(answer);
  }
}

export function workspaceOf(answer: Answer): { workspace: Workspace; fresh: boolean } {
  if (answer.kind === 'workspace') {
    return answer;
  }
  throw failureOf(answer);
}

export function batchOf(answer: Answer): { batch: Batch; delegations: Delegation[]; fresh: boolean } {
  if (answer.kind === 'batch') {
    return answer;
  }
  throw failureOf(answer);
}

export function failureOf(answer: Answer): ErrandError {
  if (answer.kind === 'refused') {
    return new ErrandError(answer.refusal);
  }
  const cause = answer.kind === 'fault' ? answer.error : undefined;
  if (cause instanceof ErrandError) {
    return cause;
  }
  const full = cause !== undefined && /full|ENOSPC/iu.test(cause.message);
  return new ErrandError(
    full
      ? { code: 'storage_full', message: 'The data disk is full; nothing was written.' }
      : { code: 'unavailable', message: 'The store could not write it; nothing was written.', retryAfterMs: 1000 },
    { cause },
  );
}
