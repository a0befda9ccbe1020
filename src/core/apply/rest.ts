/**
 * A callee that waits for what it has delegated itself: its slot goes to others meanwhile, so that a tree of tasks can
 * be deeper than there are slots. Woken, it waits for a slot like anybody, but before those who have not started.
 */
import type { Delegation, DelegationCommand } from '../delegation/index.ts';
import { cancelPutOff } from './cancel.ts';
import { advance, type Work } from './work.ts';

type Of<T> = Extract<DelegationCommand, { type: T }>;

export function depend(work: Work, before: Delegation, command: Of<'depend'>): Delegation {
  if (before.detail.cancel !== undefined) {
    return cancelPutOff(work, before, { remoteTask: command.remoteTask });
  }
  const { warnedAt: _warnedAt, ...detail } = before.detail;
  work.freed.add(before.callee);
  return advance(
    work,
    before,
    {
      status: 'pending',
      owner: null,
      leaseUntil: null,
      progressAt: work.tx.now,
      detail: { ...detail, remoteTask: command.remoteTask, rests: true },
    },
    { type: 'delegation.rested', actor: command.actor },
  );
}

export function wake(work: Work, before: Delegation, command: Of<'wake'>): Delegation {
  const { rests: _rests, ...detail } = before.detail;
  work.freed.add(before.callee);
  return advance(
    work,
    before,
    { status: 'queued', ready: true, turn: 0, notBefore: null, attempt: Math.max(0, before.attempt - 1), detail },
    { type: 'delegation.woken', actor: command.actor },
  );
}
