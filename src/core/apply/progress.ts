/**
 * Signs of life from the callee, and the lease that each of them renews.
 *
 * Liveness is progress, not time: any word from the callee takes back a warning and starts the silence anew.
 */
import { afterSaying, type DelegationCommand, type Delegation, type Detail } from '../delegation/index.ts';
import { charge } from './budget.ts';
import { endOverspent } from './overspent.ts';
import { advance, touch, type Patch, type Work } from './work.ts';

type Of<T> = Extract<DelegationCommand, { type: T }>;

export function acknowledge(work: Work, before: Delegation, command: Of<'acknowledge'>): Delegation {
  const { answer, ...rest } = alive(before);
  // Who names a task of its own was told the answer with it.
  const kept = command.remoteTask === undefined && answer !== undefined ? { ...rest, answer } : rest;
  const detail = { ...kept, ...remoteOf(command) };
  closeCircuit(work, before);
  return advance(
    work,
    before,
    { ...sign(work, before), status: 'in_progress', detail },
    { type: 'delegation.delivered', actor: command.actor },
  );
}

export function progress(work: Work, before: Delegation, command: Of<'progress'>): Delegation {
  const said = {
    ...(command.message === undefined ? {} : { message: command.message }),
    ...(command.percent === undefined ? {} : { percent: command.percent }),
  };
  // A checkpoint alone takes nothing back of what was said.
  const isSaid = command.message !== undefined || command.percent !== undefined;
  const progressed = isSaid || command.checkpoint === undefined ? { progress: said } : {};
  const detail: Detail = { ...alive(before), ...progressed, saidUntil: afterSaying(before, work.tx.now) };
  if (command.checkpoint !== undefined) {
    detail.checkpoint = command.checkpoint;
  }
  if (command.inTool === true) {
    detail.inTool = true;
  }
  if (command.usage !== undefined) {
    detail.usage = command.usage;
  }
  const status = before.status === 'dispatched' ? 'in_progress' : before.status;
  const after = advance(
    work,
    before,
    { ...sign(work, before), status, detail },
    { type: 'delegation.progressed', actor: command.actor, data: said },
  );
  if (command.usage === undefined) {
    return after;
  }
  endOverspent(work, charge(work, after, { before: before.detail.usage, now: command.usage }));
  return work.tx.delegation({ key: after.key }) ?? after;
}

export function renew(work: Work, before: Delegation, command: Of<'renew'>): Delegation {
  const leaseUntil = work.tx.now + (command.forMs ?? work.tx.limits.leaseMs);
  if (command.anew !== true) {
    const detail = command.forMs === 0 ? { ...before.detail, handedBack: true as const } : before.detail;
    return touch(work, before, { leaseUntil, detail });
  }
  const { warnedAt: _warnedAt, ...detail } = before.detail;
  return touch(work, before, { leaseUntil, progressAt: work.tx.now, detail });
}

export function reprioritise(work: Work, before: Delegation, command: Of<'reprioritise'>): Delegation {
  const served = work.tx.workspace(before.callee)?.served[command.priority] ?? 0;
  work.freed.add(before.callee);
  return advance(
    work,
    before,
    { priority: command.priority, turn: served },
    { type: 'delegation.reprioritised', actor: command.actor, data: { priority: command.priority } },
  );
}

export function remoteOf(command: { remoteTask?: string; remoteContext?: string }): Partial<Detail> {
  return {
    ...(command.remoteTask === undefined ? {} : { remoteTask: command.remoteTask }),
    ...(command.remoteContext === undefined ? {} : { remoteContext: command.remoteContext }),
  };
}

/** It took one, so it is there: whoever waits for the probe may go. */
function closeCircuit(work: Work, taken: Delegation): void {
  const callee = work.tx.workspace(taken.callee);
  if (callee !== undefined && callee.strikes > 0) {
    work.tx.saveWorkspace({ ...callee, strikes: 0, holdUntil: null });
    work.freed.add(callee.id);
  }
}

/** Whoever has no task of its own for it remembers nothing: should it begin anew, it is given the last answer again. */
function alive({ detail }: Delegation): Detail {
  const { warnedAt: _warnedAt, inTool: _inTool, answer, ...rest } = detail;
  return detail.remoteTask === undefined && answer !== undefined ? { ...rest, answer } : rest;
}

function sign(work: Work, before: Delegation): Patch {
  return before.leaseUntil === null
    ? { progressAt: work.tx.now }
    : { progressAt: work.tx.now, leaseUntil: work.tx.now + work.tx.limits.leaseMs };
}
