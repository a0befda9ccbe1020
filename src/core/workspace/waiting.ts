/**
 * The one binding cause of a wait, read from the row and from its callee at the moment of asking.
 *
 * It is derived, never stored: a stored cause would be wrong as soon as the callee changed.
 */
import type { Delegation, WaitingFor } from '../delegation/index.ts';
import { isAway, type Workspace } from './workspace.ts';

export function waitingFor(delegation: Delegation, callee: Workspace | undefined, now: number): WaitingFor | undefined {
  switch (delegation.status) {
    case 'pending':
      if (delegation.detail.rests === true) {
        return { cause: 'dependency', until: delegation.deadlineAt };
      }
      return delegation.origin === 'self'
        ? { cause: 'report', until: delegation.deadlineAt }
        : { cause: 'start_time', ...(delegation.notBefore === null ? {} : { until: delegation.notBefore }) };
    case 'queued':
      return queuedCause(delegation, callee, now);
    case 'input_required':
      return { cause: 'answer', until: delegation.deadlineAt };
    default:
      return undefined;
  }
}

function queuedCause(delegation: Delegation, callee: Workspace | undefined, now: number): WaitingFor {
  if (delegation.notBefore !== null) {
    return { cause: 'backoff', until: delegation.notBefore };
  }
  if (callee === undefined || callee.state === 'draining' || callee.state === 'paused') {
    return { cause: 'paused' };
  }
  if (!delegation.ready && delegation.origin !== 'self') {
    return { cause: 'dependency' };
  }
  if (isAway(callee)) {
    return { cause: 'callee_offline' };
  }
  if (callee.holdUntil !== null && callee.holdUntil > now) {
    return { cause: 'backoff', until: callee.holdUntil };
  }
  const fetches = callee.carrier === 'pull' || callee.carrier === 'none';
  if (fetches && callee.presence !== 'online' && callee.running < callee.capacity) {
    return { cause: 'callee_offline' };
  }
  return { cause: 'slot' };
}
