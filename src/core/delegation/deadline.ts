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
  const moments = alarms(delegation, limits).map((alarm) => alarm.at);
  return moments.length === 0 ? null : Math.min(...moments);
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

/** In the order of their weight. */
function alarms(delegation: Delegation, limits: Limits): Alarm[] {
  switch (delegation.status) {
    case 'pending':
    case 'queued':
      return waitingAlarms(delegation);
    case 'dispatched':
    case 'in_progress':
      return runningAlarms(delegation, limits);
    case 'input_required':
      return [{ command: 'expire', at: delegation.deadlineAt }];
    default:
      return [];
  }
}

function waitingAlarms(delegation: Delegation): Alarm[] {
  const found: Alarm[] = [{ command: 'expire', at: delegation.deadlineAt }];
  const worthUntil = worthStartingUntil(delegation);
  if (worthUntil !== null) {
    found.push({ command: 'expire', at: worthUntil });
  }
  if (delegation.notBefore !== null) {
    found.push({ command: 'release', at: delegation.notBefore });
  }
  return found;
}

function runningAlarms(delegation: Delegation, limits: Limits): Alarm[] {
  const found: Alarm[] = [{ command: 'expire', at: delegation.deadlineAt }];
  if (delegation.origin === 'self') {
    return found;
  }
  const { cancel, warnedAt, inTool } = delegation.detail;
  if (cancel !== undefined) {
    found.push({ command: 'abandon', at: cancel.until });
  }
  if (delegation.leaseUntil !== null) {
    found.push({ command: 'rescue', at: delegation.leaseUntil });
  }
  if (warnedAt === undefined) {
    const silence = inTool === true ? limits.stallInToolMs : limits.stallMs;
    found.push({ command: 'warn', at: (delegation.progressAt ?? delegation.createdAt) + silence });
  } else {
    found.push({ command: 'stall', at: warnedAt + limits.stallGraceMs });
  }
  return found;
}
