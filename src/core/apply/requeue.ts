/**
 * Back to the queue, with the same identity and its old place in the order (D8).
 *
 * What says something about the callee (busy, refused, unreachable) holds its whole queue, so that the others do not
 * run into the same wall and nobody overtakes. What says something about this delegation alone (no answer after the
 * request went out) makes only this one wait. After enough of the former in a row one delivery at a time probes.
 */
import {
  backoffMs,
  costsAttempt,
  decide,
  type Delegation,
  type Detail,
  type DelegationCommand,
  type Requeue,
  type Verdict,
} from '../delegation/index.ts';
import { settle } from './settle.ts';
import { advance, type Patch, type Work } from './work.ts';

type Rescue = Extract<DelegationCommand, { type: 'rescue' }>;

const BUSY_MOST_MS = 30_000;

export function requeue(work: Work, before: Delegation, command: Requeue, verdict: Verdict): Delegation {
  if (verdict.kind === 'move' && verdict.to !== 'queued') {
    return giveUp(work, before, { command, verdict });
  }
  // Whoever fetches is not held: what it could not be given it asks for again by itself.
  const aboutCallee = isAboutCallee(command) && before.owner !== before.callee;
  const until = aboutCallee ? hold(work, before, command) : work.tx.now + ownBackoff(work, before, command);
  const later = command.why === 'unknown' && until > work.tx.now;
  work.freed.add(before.callee);
  return advance(
    work,
    before,
    { ...returned(before, command), ready: !later, notBefore: later ? until : null },
    {
      type: 'delegation.returned',
      actor: command.actor,
      data: {
        why: command.why,
        ...(command.error === null ? {} : { error: command.error.slice(0, 300) }),
        ...(until > work.tx.now ? { until } : {}),
      },
    },
  );
}

function isAboutCallee({ why }: Requeue): boolean {
  return why === 'busy' || why === 'unreachable';
}

/** The holder of the lease is gone: recorded as returned first, taken over with a higher epoch then (D6). */
export function rescue(work: Work, before: Delegation, command: Rescue, verdict: Verdict): Delegation {
  const lost: Requeue = {
    type: 'requeue',
    ref: command.ref,
    actor: command.actor,
    epoch: before.epoch,
    why: 'lease_lost',
    error: null,
    retryAfterMs: null,
    chance: command.chance,
  };
  if (before.detail.cancel !== undefined) {
    return giveUp(work, before, { command: lost, verdict: { kind: 'move', to: 'cancelled' } });
  }
  const spent = costsAttempt(before, 'lease_lost') && before.attempt >= work.tx.limits.attemptsMax;
  const ending: Verdict = spent ? { kind: 'move', to: 'failed', reason: 'outcome_unknown' } : verdict;
  work.stops.push({ delegation: before, why: 'overtaken' });
  return requeue(work, before, lost, ending);
}

/** Nobody is where it was given to: it goes back as it would when its lease had run out, only at once. */
export function takeBack(work: Work, before: Delegation): Delegation {
  const lost: Requeue = {
    ...{ type: 'requeue', ref: { key: before.key }, actor: 'errand', epoch: before.epoch },
    ...{ why: 'lease_lost', error: null, retryAfterMs: null, chance: 0 },
  };
  const { now, limits } = work.tx;
  work.stops.push({ delegation: before, why: 'overtaken' });
  return requeue(work, before, lost, decide(before, lost, { now, limits }));
}

function giveUp(work: Work, before: Delegation, about: { command: Requeue; verdict: Verdict }): Delegation {
  const { command, verdict } = about;
  const partial = command.partial === undefined ? {} : { result: command.partial };
  if (verdict.kind === 'move' && verdict.to === 'cancelled') {
    return settle(work, before, {
      status: 'cancelled',
      reason: null,
      error: before.detail.cancel?.note ?? null,
      actor: before.detail.cancel?.by ?? command.actor,
      ...partial,
      detail: { calleeConfirmed: false, calleeMayStillRun: command.why !== 'busy' && command.why !== 'unreachable' },
    });
  }
  return settle(work, before, {
    status: 'failed',
    reason: verdict.kind === 'move' ? (verdict.reason ?? 'unreachable') : 'unreachable',
    error: command.error ?? 'The callee was handed the task and nothing came back.',
    actor: command.actor,
    ...partial,
    detail: command.why === 'unreachable' ? {} : { outcomeUnknown: true },
  });
}

function returned(before: Delegation, { why, forgotten }: Requeue): Patch {
  const maybeRan = why === 'unknown' || why === 'lease_lost';
  // The next attempt begins to be silent when it begins.
  const { handedBack: _handedBack, warnedAt: _warnedAt, inTool: _inTool, ...kept } = before.detail;
  const detail = forgotten === true ? withoutRemote(kept) : kept;
  return {
    status: 'queued',
    owner: null,
    leaseUntil: null,
    epoch: before.epoch + 1,
    attempt: costsAttempt(before, why) ? before.attempt : Math.max(0, before.attempt - 1),
    detail: maybeRan ? { ...detail, outcomeUnknown: true } : detail,
  };
}

function withoutRemote({ remoteTask: _task, remoteContext: _context, ...detail }: Detail): Detail {
  return detail;
}

function ownBackoff(work: Work, before: Delegation, command: Requeue): number {
  return command.why === 'unknown'
    ? backoffMs({ number: before.attempt, chance: command.chance, retryAfterMs: command.retryAfterMs }, work.tx.limits)
    : 0;
}

function hold(work: Work, before: Delegation, command: Requeue): number {
  const { tx } = work;
  const callee = tx.workspace(before.callee);
  if (callee === undefined) {
    return tx.now;
  }
  const number = command.why === 'busy' ? callee.strikes + 1 : before.attempt;
  const wait = backoffMs({ number, chance: command.chance, retryAfterMs: command.retryAfterMs }, tx.limits);
  const most = command.why === 'busy' ? Math.min(wait, Math.max(command.retryAfterMs ?? 0, BUSY_MOST_MS)) : wait;
  const until = Math.max(callee.holdUntil ?? 0, tx.now + most);
  tx.saveWorkspace({ ...callee, strikes: callee.strikes + 1, holdUntil: until });
  return until;
}
