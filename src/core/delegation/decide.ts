/**
 * Decides what one command does to one delegation. Pure: the same row, command and moment give the same verdict.
 *
 * Order of the checks: the right to speak (epoch, D6), what only the row knows (is it due, is it ours to deliver,
 * may it be tried again), then the table. A verdict never touches other rows; slots, notices and the queue follow
 * from it in `core/apply`.
 */
import type { DelegationCommand, Renew, Report, Requeue, Progress } from './command.ts';
import { isOverdue, type Moment, type Timed } from './deadline.ts';
import type { Delegation, Priority } from './delegation.ts';
import { isFresh, isTooSoon } from './pace.ts';
import type { Reason } from './reason.ts';
import { holdsSlot, isSettled, type Status } from './status.ts';
import { type Next, TRANSITIONS } from './transitions.ts';

/** So many words wait for a callee that takes none. */
const STEERING_MOST = 8;

export type Verdict =
  | { kind: 'move'; to: Status; reason?: Reason }
  | { kind: 'stay' }
  | { kind: 'noop'; why: 'already_so' | 'already_settled' | 'not_due' }
  | { kind: 'late'; why: 'already_settled' | 'stale_epoch' }
  | { kind: 'refuse'; why: 'not_now' | 'too_often' | 'too_many' };

export function decide(delegation: Delegation, command: DelegationCommand, moment: Moment): Verdict {
  if (isSettled(delegation.status)) {
    return isSaidAlready(delegation, command)
      ? { kind: 'noop', why: 'already_settled' }
      : fromTable(delegation, command.type);
  }
  if ('epoch' in command && command.epoch !== delegation.epoch) {
    return { kind: 'late', why: 'stale_epoch' };
  }
  if (isTimed(command.type) && !isOverdue(delegation, command.type, moment)) {
    return { kind: 'noop', why: 'not_due' };
  }
  if (isPointless(delegation, command.type)) {
    return { kind: 'noop', why: 'already_so' };
  }
  switch (command.type) {
    case 'ask':
      return decideAsk(delegation, command.question, moment);
    case 'progress':
      return decideProgress(delegation, command, moment);
    case 'steer':
      return decideSteer(delegation);
    case 'renew':
      return decideRenew(delegation, command, moment);
    case 'report':
      return decideReport(delegation, command);
    case 'requeue':
      return decideRequeue(delegation, command, moment);
    case 'rescue':
      return canBeTriedAgain(delegation) ? { kind: 'move', to: 'queued' } : failed('outcome_unknown');
    case 'cancel':
      return decideCancel(delegation);
    case 'reprioritise':
      return decideReprioritise(delegation, command.priority);
    default:
      return fromTable(delegation, command.type);
  }
}

/** It would change nothing: it is ours to deliver already, or asked to stop already, or does not rest. */
function isPointless({ origin, detail }: Delegation, type: DelegationCommand['type']): boolean {
  return (
    (type === 'adopt' && origin !== 'self') ||
    (type === 'cancel' && detail.cancel !== undefined) ||
    (type === 'wake' && detail.rests !== true)
  );
}

function decideSteer(delegation: Delegation): Verdict {
  const { steering = [] } = delegation.detail;
  return steering.length < STEERING_MOST ? fromTable(delegation, 'steer') : { kind: 'refuse', why: 'too_many' };
}

/** The ending it has is the one that is brought: the answer to the first call was lost on its way. */
function isSaidAlready(settled: Delegation, command: DelegationCommand): boolean {
  switch (command.type) {
    case 'complete':
      return (
        settled.status === 'completed' &&
        settled.epoch === command.epoch &&
        settled.resultSha256 === command.result.sha256
      );
    case 'fail':
      return (
        settled.status === 'failed' &&
        settled.epoch === command.epoch &&
        settled.reason === command.reason &&
        settled.error === command.error
      );
    default:
      return false;
  }
}

/** The first word of all is always taken; what comes after it faster than it may be written is a sign of life (D17). */
function decideProgress(
  delegation: Delegation,
  { inTool = false, checkpoint, usage }: Progress,
  moment: Moment,
): Verdict {
  const next = fromTable(delegation, 'progress');
  if (checkpoint !== undefined || usage !== undefined) {
    return next;
  }
  const turnsTool = inTool !== (delegation.detail.inTool === true);
  return next.kind === 'stay' && isTooSoon(delegation, moment, turnsTool) ? { kind: 'noop', why: 'already_so' } : next;
}

function decideRenew(delegation: Delegation, { forMs, anew }: Renew, moment: Moment): Verdict {
  const winsNothing =
    forMs === undefined && anew !== true && holdsSlot(delegation.status) && isFresh(delegation, moment);
  return winsNothing ? { kind: 'noop', why: 'already_so' } : fromTable(delegation, 'renew');
}

function decideReprioritise(delegation: Delegation, priority: Priority): Verdict {
  return delegation.priority === priority ? { kind: 'noop', why: 'already_so' } : fromTable(delegation, 'reprioritise');
}

/** One question may take the place of another, but not faster than it may be written (D17). */
function decideAsk(delegation: Delegation, question: string, moment: Moment): Verdict {
  if (isAskedAlready(delegation, question)) {
    return { kind: 'noop', why: 'already_so' };
  }
  const next = fromTable(delegation, 'ask');
  return next.kind === 'stay' && isTooSoon(delegation, moment) ? { kind: 'refuse', why: 'too_often' } : next;
}

/** Under one epoch one thing is asked once, also where the answer is there already. */
function isAskedAlready({ status, detail }: Delegation, question: string): boolean {
  return (
    (status === 'input_required' && detail.question === question) ||
    (status === 'queued' && detail.answer?.question === question)
  );
}

function decideReport(delegation: Delegation, report: Report): Verdict {
  if (delegation.origin !== 'self' || delegation.status === report.status) {
    return { kind: 'noop', why: 'already_so' };
  }
  return { kind: 'move', to: report.status };
}

/** An agent that delivers by itself is not ours to stop: its cancel is the caller's own decision, at once. */
function decideCancel(delegation: Delegation): Verdict {
  return delegation.origin === 'self' ? { kind: 'move', to: 'cancelled' } : fromTable(delegation, 'cancel');
}

function decideRequeue(delegation: Delegation, command: Requeue, moment: Moment): Verdict {
  if (!holdsSlot(delegation.status)) {
    return fromTable(delegation, 'requeue');
  }
  if (delegation.detail.cancel !== undefined) {
    return { kind: 'move', to: 'cancelled' };
  }
  const ambiguous = command.why === 'unknown' || command.why === 'lease_lost';
  if (ambiguous && !canBeTriedAgain(delegation, command.forgotten)) {
    return failed('outcome_unknown');
  }
  if (costsAttempt(delegation, command.why) && delegation.attempt >= moment.limits.attemptsMax) {
    return failed(ambiguous ? 'outcome_unknown' : 'unreachable');
  }
  return fromTable(delegation, 'requeue');
}

/** Busy is not failure, and a platform that stopped is not the callee's fault; a pulling agent that vanished is. */
export function costsAttempt(delegation: Delegation, why: Requeue['why']): boolean {
  return why === 'unreachable' || why === 'unknown' || (why === 'lease_lost' && mayBeItsFault(delegation));
}

/** One of several things that a process does may have taken the process along, unless that let go of it in good order. */
function mayBeItsFault({ owner, callee, detail }: Delegation): boolean {
  return owner === callee || (detail.skill !== undefined && detail.handedBack !== true);
}

/** With a name for the work at the callee we can ask instead of sending it twice, unless the callee knows it no more. */
function canBeTriedAgain({ delivery, detail }: Delegation, isForgotten = false): boolean {
  return delivery === 'at_least_once' || (detail.remoteTask !== undefined && !isForgotten);
}

function fromTable(delegation: Delegation, type: DelegationCommand['type']): Verdict {
  const next: Next = TRANSITIONS[delegation.status][type];
  switch (next) {
    case 'stay':
      return { kind: 'stay' };
    case 'noop':
      return { kind: 'noop', why: isSettled(delegation.status) ? 'already_settled' : 'already_so' };
    case 'late':
      return { kind: 'late', why: 'already_settled' };
    case 'refuse':
      return { kind: 'refuse', why: 'not_now' };
    default:
      return { kind: 'move', to: next };
  }
}

function failed(reason: Reason): Verdict {
  return { kind: 'move', to: 'failed', reason };
}

function isTimed(type: DelegationCommand['type']): type is Timed {
  return (
    type === 'release' ||
    type === 'expire' ||
    type === 'abandon' ||
    type === 'stall' ||
    type === 'warn' ||
    type === 'rescue'
  );
}
