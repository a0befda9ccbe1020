/**
 * A question from the callee, and its answer. The slot is free meanwhile; the answer waits for one like anybody,
 * but before those who have not started.
 */
import { afterSaying, type DelegationCommand, type Delegation } from '../delegation/index.ts';
import { cancelPutOff } from './cancel.ts';
import { forgetQuestion, tellQuestion } from './notice.ts';
import { remoteOf } from './progress.ts';
import { advance, type Work } from './work.ts';

type Of<T> = Extract<DelegationCommand, { type: T }>;

export function ask(work: Work, before: Delegation, command: Of<'ask'>): Delegation {
  if (before.detail.cancel !== undefined) {
    return cancelPutOff(work, before, remoteOf(command));
  }
  const { answer: _answer, warnedAt: _warnedAt, ...detail } = before.detail;
  const asked = tellQuestion(work, before);
  const saidUntil = afterSaying(before, work.tx.now);
  work.freed.add(before.callee);
  return advance(
    work,
    before,
    {
      status: 'input_required',
      owner: null,
      leaseUntil: null,
      progressAt: work.tx.now,
      detail: { ...detail, ...remoteOf(command), question: command.question, asked, saidUntil },
    },
    { type: 'delegation.asked', actor: command.actor, data: { question: command.question.slice(0, 200) } },
  );
}

export function answer(work: Work, before: Delegation, command: Of<'answer'>): Delegation {
  forgetQuestion(work, before);
  const { question, asked: _asked, ...detail } = before.detail;
  const given = { text: command.text, by: command.actor, ...(question === undefined ? {} : { question }) };
  work.freed.add(before.callee);
  return advance(
    work,
    before,
    {
      status: 'queued',
      ready: true,
      turn: 0,
      notBefore: null,
      attempt: Math.max(0, before.attempt - 1),
      detail: { ...detail, answer: given },
    },
    { type: 'delegation.answered', actor: command.actor },
  );
}
