/**
 * A message to the callee names a delegation that its caller had only recorded: from here on it is ours to deliver,
 * one row, one place in the queue, one ending.
 */
import { turnOf, type Delegation, type DelegationCommand } from '../delegation/index.ts';
import { mayGo } from './lane.ts';
import { advance, type Work } from './work.ts';

type Adopt = Extract<DelegationCommand, { type: 'adopt' }>;

export function adopt(work: Work, before: Delegation, command: Adopt): Delegation {
  work.tx.replaceRequest(before.key, command.request);
  const served = work.tx.workspace(before.callee)?.served[before.priority] ?? 0;
  const turn = turnOf({ served, given: work.tx.turnGiven(before) });
  work.tx.setTurn(before, turn);
  work.freed.add(before.callee);
  return advance(
    work,
    before,
    { status: 'queued', origin: 'a2a', ready: mayGo(work, { ...before, origin: 'a2a' }), turn, queuedAt: work.tx.now },
    { type: 'delegation.queued', actor: command.actor },
  );
}
