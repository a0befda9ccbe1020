/**
 * What time alone does: a start that came, a deadline that passed, a silence that was too long (D11).
 *
 * `decide` has already checked against the row that the moment has come; a sweep that is slow or late can never
 * expire anything too early.
 */
import type { Delegation, DelegationCommand } from '../delegation/index.ts';
import { mayGo } from './lane.ts';
import { settle } from './settle.ts';
import { advance, takesSlot, type Work } from './work.ts';

type Of<T> = Extract<DelegationCommand, { type: T }>;

/** A start time or a backoff of its own is over. */
export function release(work: Work, before: Delegation, command: Of<'release'>): Delegation {
  work.freed.add(before.callee);
  const queuedAt = before.status === 'pending' ? work.tx.now : before.queuedAt;
  return advance(
    work,
    before,
    { status: 'queued', ready: mayGo(work, before), notBefore: null, queuedAt },
    { type: 'delegation.queued', actor: command.actor },
  );
}

export function expire(work: Work, before: Delegation, command: Of<'expire'>): Delegation {
  const waited = before.deadlineAt > work.tx.now;
  const mayRun = takesSlot(before) || before.detail.remoteTask !== undefined;
  const settled = settle(work, before, {
    status: 'failed',
    reason: waited ? 'expired_in_queue' : 'deadline_exceeded',
    error: waited ? 'It was not started in the time it was worth waiting for.' : 'The deadline passed.',
    actor: command.actor,
    ...(command.partial === undefined ? {} : { result: command.partial }),
    ...(mayRun ? { detail: { calleeMayStillRun: true } } : {}),
  });
  if (mayRun) {
    work.stops.push({ delegation: settled, why: 'deadline' });
  }
  return settled;
}

export function abandon(work: Work, before: Delegation): Delegation {
  const settled = settle(work, before, {
    status: 'cancelled',
    reason: null,
    error: before.detail.cancel?.note ?? null,
    actor: before.detail.cancel?.by ?? 'errand',
    detail: { calleeConfirmed: false, calleeMayStillRun: true },
  });
  work.stops.push({ delegation: settled, why: 'overtaken' });
  return settled;
}

export function warn(work: Work, before: Delegation, command: Of<'warn'>): Delegation {
  return advance(
    work,
    before,
    { detail: { ...before.detail, warnedAt: work.tx.now } },
    {
      type: 'delegation.warned',
      actor: command.actor,
      data: { silent_ms: work.tx.now - (before.progressAt ?? before.createdAt) },
    },
  );
}

export function stall(work: Work, before: Delegation, command: Of<'stall'>): Delegation {
  const settled = settle(work, before, {
    status: 'failed',
    reason: 'stalled',
    error: 'The callee made no progress, was warned, and made none.',
    actor: command.actor,
    ...(command.partial === undefined ? {} : { result: command.partial }),
    detail: { calleeMayStillRun: true },
  });
  work.stops.push({ delegation: settled, why: 'stalled' });
  return settled;
}
