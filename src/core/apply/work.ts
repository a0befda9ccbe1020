/**
 * What one batch of commands has in common: the transaction, and the work that leaves the process because of it.
 *
 * `advance` is the only way a row changes: it counts the event, moves the clockwork and the callee's counters, and
 * writes row and event together (law 2, D9, D12).
 */
import { dueAt, holdsSlot, isSettled, type Delegation } from '../delegation/index.ts';
import type { EventType, Handover, Stop, Transaction } from '../ports/index.ts';
import type { Workspace } from '../workspace/index.ts';

export interface Work {
  readonly tx: Transaction;
  readonly handovers: Handover[];
  readonly stops: Stop[];
  /** Callees whose slots or queues changed: `apply` hands on before the command is through (D16). */
  readonly freed: Set<string>;
  /** Cancelled delegations whose children are cancelled before the command is through. */
  readonly bereft: Delegation[];
}

export interface Said {
  type: EventType;
  actor: string;
  data?: Record<string, unknown> | undefined;
  learned?: Learned | undefined;
}

/** What the callee's seat learns from an ending: its pace, and that it is there. */
export type Learned = Pick<Workspace, 'durations' | 'strikes' | 'holdUntil'>;

export type Patch = Partial<Omit<Delegation, 'key' | 'id' | 'version' | 'dueAt'>>;

/** Changes a delegation and says so in the log. */
export function advance(work: Work, before: Delegation, patch: Patch, said: Said): Delegation {
  const after = patched(work, before, patch, before.version + 1);
  work.tx.updateDelegation(before, after);
  count(work, before, after, said.learned);
  sayDelegation(work, after, said);
  return after;
}

/** Changes what nobody outside sees, such as a lease; no event, the version stays. */
export function touch(work: Work, before: Delegation, patch: Patch): Delegation {
  const after = patched(work, before, patch, before.version);
  work.tx.updateDelegation(before, after);
  count(work, before, after);
  return after;
}

function patched(work: Work, before: Delegation, patch: Patch, version: number): Delegation {
  const after: Delegation = { ...before, ...patch, version };
  after.dueAt = dueAt(after, work.tx.limits);
  return after;
}

export function sayDelegation(work: Work, delegation: Delegation, said: Said, n: number = delegation.version): void {
  const byCallee = CALLEE_EVENTS.has(said.type);
  work.tx.append({
    type: said.type,
    org: delegation.org,
    workspace: byCallee ? delegation.callee : delegation.caller,
    peer: byCallee ? delegation.caller : delegation.callee,
    actor: said.actor,
    delegation: delegation.key,
    delegationId: delegation.id,
    n,
    data: said.data ?? NO_DATA,
  });
}

export function sayWorkspace(work: Work, workspace: Workspace, said: Said & { peer?: string | null }): void {
  work.tx.append({
    type: said.type,
    org: workspace.org,
    workspace: workspace.id,
    peer: said.peer ?? null,
    actor: said.actor,
    delegation: null,
    delegationId: null,
    n: null,
    data: said.data ?? NO_DATA,
  });
}

const NO_DATA: Record<string, unknown> = Object.freeze({});

/** These happen at the callee; the others are the caller's. */
const CALLEE_EVENTS: ReadonlySet<EventType> = new Set<EventType>([
  'delegation.dispatched',
  'delegation.delivered',
  'delegation.progressed',
  'delegation.returned',
  'delegation.warned',
]);

/** A slot at the callee; an agent that delivers by itself takes none of ours (D9). */
export function takesSlot(delegation: Delegation): boolean {
  return holdsSlot(delegation.status) && delegation.origin !== 'self';
}

/** Counts against the bounds of the queue, whatever it waits for; what has begun and rests does not. */
function isWaiting({ status, origin, detail }: Delegation): boolean {
  return (status === 'queued' || (status === 'pending' && detail.rests !== true)) && origin !== 'self';
}

/** Brings the callee's counters, and the organisation's, in line with the row. */
export function count(work: Work, before: Delegation | undefined, after: Delegation, learned?: Learned): void {
  const running = Number(takesSlot(after)) - Number(before !== undefined && takesSlot(before));
  const queued = Number(isWaiting(after)) - Number(before !== undefined && isWaiting(before));
  if (running === 0 && queued === 0) {
    return;
  }
  const callee = work.tx.workspace(after.callee);
  if (callee !== undefined) {
    const counted = { ...callee, running: callee.running + running, queued: callee.queued + queued };
    work.tx.saveWorkspace(learned === undefined ? counted : Object.assign(counted, learned));
  }
  if (queued !== 0) {
    work.tx.addQueued(after.org, queued);
  }
}

export function isLive(delegation: Delegation): boolean {
  return !isSettled(delegation.status);
}
