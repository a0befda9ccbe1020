/**
 * A cancel is a request with a receipt: certain before the hand-over, asked of the callee after it (D10).
 *
 * It goes down to every descendant. Whichever ending is committed first stands.
 */
import type { Delegation, Result } from '../delegation/index.ts';
import { settle } from './settle.ts';
import { advance, isLive, takesSlot, type Work } from './work.ts';

export interface CancelRequest {
  actor: string;
  note?: string;
  partial?: Result;
}

export function cancelOne(work: Work, delegation: Delegation, request: CancelRequest): Delegation {
  if (!isLive(delegation) || delegation.detail.cancel !== undefined) {
    return delegation;
  }
  if (!takesSlot(delegation)) {
    return cancelWaiting(work, delegation, request);
  }
  const until = work.tx.now + work.tx.limits.cancelGraceMs;
  const asked = advance(
    work,
    delegation,
    {
      detail: {
        ...delegation.detail,
        cancel: { by: request.actor, until, ...(request.note === undefined ? {} : { note: request.note }) },
      },
    },
    { type: 'delegation.cancel_requested', actor: request.actor, data: noteOf(request) },
  );
  work.stops.push({ delegation: asked, why: 'cancelled' });
  work.bereft.push(asked);
  return asked;
}

function cancelWaiting(work: Work, delegation: Delegation, request: CancelRequest): Delegation {
  const started = delegation.detail.remoteTask !== undefined;
  const settled = settle(work, delegation, {
    status: 'cancelled',
    reason: null,
    error: request.note ?? null,
    actor: request.actor,
    detail: { calleeConfirmed: !started, calleeMayStillRun: started },
    ...(request.partial === undefined ? {} : { result: request.partial }),
  });
  if (started) {
    work.stops.push({ delegation: settled, why: 'cancelled' });
  }
  return settled;
}

/** It puts itself off (it asks, or rests) although it was asked to stop: that is its end, and it is told so. */
export function cancelPutOff(work: Work, before: Delegation, remote: Partial<Delegation['detail']>): Delegation {
  const { cancel } = before.detail;
  const settled = settle(work, before, {
    status: 'cancelled',
    reason: null,
    error: cancel?.note ?? null,
    actor: cancel?.by ?? 'errand',
    detail: { ...remote, calleeConfirmed: false, calleeMayStillRun: true },
  });
  work.stops.push({ delegation: settled, why: 'cancelled' });
  return settled;
}

function noteOf(request: CancelRequest): Record<string, unknown> {
  return request.note === undefined ? {} : { note: request.note };
}
