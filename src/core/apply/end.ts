/**
 * The endings that a callee, or an agent that delivers by itself, brings; and what comes too late to be one.
 */
import type { Delegation, DelegationCommand, Result } from '../delegation/index.ts';
import { settle } from './settle.ts';
import { advance, type Work } from './work.ts';

type Of<T> = Extract<DelegationCommand, { type: T }>;

const EXCERPT_MAX = 2000;

export function complete(work: Work, before: Delegation, command: Of<'complete'>): Delegation {
  return settle(work, before, {
    status: 'completed',
    reason: null,
    error: null,
    actor: command.actor,
    result: command.result,
    detail: command.usage === undefined ? {} : { usage: command.usage },
    byCallee: true,
    collected: command.collected === true,
  });
}

export function fail(work: Work, before: Delegation, command: Of<'fail'>): Delegation {
  return settle(work, before, {
    status: 'failed',
    reason: command.reason,
    error: command.error,
    actor: command.actor,
    ...(command.partial === undefined ? {} : { result: command.partial }),
    detail: command.usage === undefined ? {} : { usage: command.usage },
    byCallee: command.reason === 'callee_failed' || command.reason === 'rejected',
    collected: command.collected === true,
  });
}

export function confirmCancel(work: Work, before: Delegation, command: Of<'confirm_cancel'>): Delegation {
  return settle(work, before, {
    status: 'cancelled',
    reason: null,
    error: before.detail.cancel?.note ?? null,
    actor: before.detail.cancel?.by ?? command.actor,
    ...(command.partial === undefined ? {} : { result: command.partial }),
    detail: { calleeConfirmed: true, calleeMayStillRun: false },
    byCallee: true,
    collected: command.collected === true,
  });
}

/** The agent delivered by itself and says how far it is; its ending is like any other. */
export function report(work: Work, before: Delegation, command: Of<'report'>): Delegation {
  if (command.status === 'completed' || command.status === 'failed') {
    return settle(work, before, {
      status: command.status,
      reason: command.status === 'failed' ? 'callee_failed' : null,
      error: command.status === 'failed' ? (command.error ?? 'The calling agent reported a failure.') : null,
      actor: command.actor,
      ...(command.result === undefined ? {} : { result: command.result }),
    });
  }
  return advance(
    work,
    before,
    { status: command.status, progressAt: work.tx.now },
    {
      type: command.status === 'queued' ? 'delegation.queued' : 'delegation.delivered',
      actor: command.actor,
      data: { reported: true },
    },
  );
}

/** A late answer never counts; what it said is kept beside the ending, bounded (D3, D6). */
export function keepLate(work: Work, delegation: Delegation, command: DelegationCommand): void {
  const what = lateWords(command);
  if (what !== undefined && work.tx.countLate(delegation.key) < work.tx.limits.lateResultsMax) {
    work.tx.insertLate({
      delegation: delegation.key,
      at: work.tx.now,
      epoch: 'epoch' in command ? command.epoch : 0,
      what: command.type,
      excerpt: [...what.text].slice(0, EXCERPT_MAX).join(''),
      sha256: what.sha256,
    });
  }
}

function lateWords(command: DelegationCommand): { text: string; sha256: string | null } | undefined {
  switch (command.type) {
    case 'complete':
      return ofResult(command.result);
    case 'fail':
      return { text: command.error, sha256: command.partial?.sha256 ?? null };
    case 'ask':
      return { text: command.question, sha256: null };
    case 'report':
      return command.result === undefined ? { text: command.error ?? '', sha256: null } : ofResult(command.result);
    default:
      return undefined;
  }
}

function ofResult(result: Result): { text: string; sha256: string } {
  return { text: result.text.slice(0, EXCERPT_MAX * 2), sha256: result.sha256 };
}
