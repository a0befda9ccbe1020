/**
 * Words for a callee that is at work, or will be: kept until it takes them, in their order. What it never took is
 * still there at its end, so that whoever said it can see that it was missed.
 */
import type { Delegation, DelegationCommand } from '../delegation/index.ts';
import { advance, type Work } from './work.ts';

type Of<T> = Extract<DelegationCommand, { type: T }>;

export function steer(work: Work, before: Delegation, command: Of<'steer'>): Delegation {
  const steering = [...(before.detail.steering ?? []), command.text];
  return advance(
    work,
    before,
    { detail: { ...before.detail, steering } },
    { type: 'delegation.steered', actor: command.actor, data: { text: command.text.slice(0, 200) } },
  );
}

export function heed(work: Work, before: Delegation, command: Of<'heed'>): Delegation {
  const { steering = [], ...detail } = before.detail;
  const left = steering.slice(command.count);
  return advance(
    work,
    before,
    { detail: left.length === 0 ? detail : { ...detail, steering: left }, progressAt: work.tx.now },
    { type: 'delegation.heeded', actor: command.actor, data: { count: steering.length - left.length } },
  );
}
