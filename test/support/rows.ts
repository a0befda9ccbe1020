/**
 * Rows for tests of the core: one that is right in every field, with what the test is about laid over it.
 */
import type { Delegation, Result } from '../../src/core/delegation/index.ts';
import { blankProfile, type Workspace } from '../../src/core/workspace/index.ts';

export const NOW = Date.UTC(2026, 0, 5, 9);

export function delegationRow(patch: Partial<Delegation> = {}): Delegation {
  return {
    key: 7,
    id: 'dlg_7',
    org: 'acme',
    caller: 'lead',
    callee: 'writer',
    origin: 'delegate',
    delivery: 'at_least_once',
    status: 'queued',
    reason: null,
    error: null,
    priority: 50,
    turn: 0,
    ready: true,
    conversation: null,
    epoch: 0,
    attempt: 0,
    owner: null,
    leaseUntil: null,
    notBefore: null,
    deadlineAt: NOW + 3_600_000,
    validUntil: null,
    dueAt: NOW + 3_600_000,
    parent: null,
    root: null,
    depth: 1,
    batch: null,
    createdAt: NOW,
    queuedAt: NOW,
    dispatchedAt: null,
    progressAt: null,
    settledAt: null,
    version: 1,
    resultLength: null,
    resultSha256: null,
    detail: {},
    ...patch,
  };
}

/** One that holds a slot and a lease. */
export function runningRow(patch: Partial<Delegation> = {}): Delegation {
  return delegationRow({
    status: 'in_progress',
    ready: false,
    epoch: 1,
    attempt: 1,
    owner: 'platform',
    leaseUntil: NOW + 30_000,
    dispatchedAt: NOW,
    progressAt: NOW,
    version: 3,
    ...patch,
  });
}

export function workspaceRow(patch: Partial<Workspace> = {}): Workspace {
  return {
    ...blankProfile('Writer'),
    id: 'writer',
    org: 'acme',
    person: false,
    carrier: 'in_process',
    state: 'active',
    presence: 'unknown',
    seenAt: null,
    running: 0,
    queued: 0,
    strikes: 0,
    holdUntil: null,
    served: {},
    durations: [],
    activity: { tasks: 0, current: null, errorRate: 0, uptimeSeconds: 0 },
    createdAt: NOW,
    version: 1,
    ...patch,
  };
}

export const RESULT: Result = { text: 'done', length: 4, sha256: 'ab'.repeat(32) };
