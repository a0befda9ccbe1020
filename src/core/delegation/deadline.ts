/**
 * What time alone does to a delegation, and when.
 *
 * `dueAt` is kept in the row and indexed, so that one cheap look finds everything that is due; `overdue` then says
 * which command the moment calls for. The deadline comes first: whatever else is late, it bounds everything (D11).
 */
import type { DelegationCommandType } from './command.ts';
import type { Delegation } from './delegation.ts';
import type { Limits } from './limits.ts';

export type Timed = Extract<DelegationCommandType, 'release' | 'expire' | 'abandon' | 'stall' | 'warn' | 'rescue'>;

interface Alarm {
  command: Timed;
  at: number;
}

export interface Moment {
  now: number;
  limits: Limits;
}

/** The earliest moment at which `overdue` would find something; null when nothing is left to happen. */
export function dueAt(delegation: Delegation, limits: Limits): number | null {
  let earliest: number | null = null;
  tell(delegation, limits, (_command, at) => {
    earliest = earliest === null || at < earliest ? at : earliest;
  });
  return earliest;
}

/** The one command this moment calls for, the weightiest first. */
export function overdue(delegation: Delegation, moment: Moment): Timed | undefined {
  return alarms(delegation, moment.limits).find((alarm) => alarm.at <= moment.now)?.command;
}

export function isOverdue(delegation: Delegation, command: Timed, moment: Moment): boolean {
  return alarms(delegation, moment.limits).some((alarm) => alarm.command === command && alarm.at <= moment.now);
}

/** How long it may wait for its start; null for ever. What the callee has begun only goes on, however long ago. */
export function worthStartingUntil({ validUntil, detail }: Delegation): number | null {
  const hasBegun = detail.answer !== undefined || detail.remoteTask !== undefined || detail.outcomeUnknown === true;
  return hasBegun ? null : validUntil;
}

function alarms(delegation: Delegation, limits: Limits): Alarm[] {
  const found: Alarm[] = [];
  tell(delegation, limits, (command, at) => void found.push({ command, at }));
  return found;
}

type Ring = (command: Timed, at: number) => void;

/** In the order of their weight. A call for each and no list, because every change of a row asks for the earliest. */
function tell(delegation: Delegation, limits: Limits, ring: Ring): void {
  switch (delegation.status) {
    case 'pending':
    case 'queued':
      tellWaiting(delegation, ring);
      break;
    case 'dispatched':
    case 'in_progress':
      tellRunning(delegation, limits, ring);
      break;
    case 'input_required':
      ring('expire', delegation.deadlineAt);
      break;
    default:
      break;
  }
}

function tellWaiting(delegation: Delegation, ring: Ring): void {
  ring('expire', delegation.deadlineAt);
  const worthUntil = worthStartingUntil(delegation);
  if (worthUntil !== null) {
    ring('expire', worthUntil);
  }
  if (delegation.notBefore !== null) {
    ring('release', delegation.notBefore);
  }
}

function tellRunning(delegation: Delegation, limits: Limits, ring: Ring): void {
  ring('expire', delegation.deadlineAt);
  if (delegation.origin === 'self') {
    return;
  }
  const { cancel, warnedAt, inTool } = delegation.detail;
  if (cancel !== undefined) {
    ring('abandon', cancel.until);
  }
  if (delegation.leaseUntil !== null) {
    ring('rescue', delegation.leaseUntil);
  }
  if (warnedAt === undefined) {
    const silence = inTool === true ? limits.stallInToolMs : limits.stallMs;
    ring('warn', (delegation.progressAt ?? delegation.createdAt) + silence);
  } else {
    ring('stall', warnedAt + limits.stallGraceMs);
  }
}
