/**
 * The only place that translates between rows of SQLite and the words of the core.
 *
 * Rows travel as arrays, in the order of the column lists below: named rows cost twice the time to build (measured
 * with Node 24). A column list and its reader stand next to each other and change together.
 */
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { Batch, Delegation, Detail, LateResult, Request, Result } from '../../core/delegation/index.ts';
import type { Memory } from '../../core/memory/index.ts';
import { type Event, type FileRow, keyOf, type Notice } from '../../core/ports/index.ts';
import type { Attachment, Key, Message, Workspace, WorkspaceProfile } from '../../core/workspace/index.ts';

export type Row = SQLOutputValue[];
export type Values = SQLInputValue[];

export const DELEGATION = [
  'key id org caller callee origin delivery status reason error priority turn ready conversation epoch attempt owner',
  'lease_until not_before deadline_at valid_until due_at parent root depth batch created_at queued_at dispatched_at',
  'progress_at settled_at version result_length result_sha256 detail',
]
  .join(' ')
  .split(' ');

/** Those that can change after the first write, in the order of `changes`. */
export const DELEGATION_CHANGES = [
  'origin status reason error priority turn ready epoch attempt owner lease_until not_before due_at queued_at',
  'dispatched_at progress_at settled_at version result_length result_sha256 detail',
]
  .join(' ')
  .split(' ');

const NO_DETAIL: Detail = {};

export function delegationOf(row: Row): Delegation {
  return {
    key: row[0] as number,
    id: row[1] as string,
    org: row[2] as string,
    caller: row[3] as string,
    callee: row[4] as string,
    origin: row[5] as Delegation['origin'],
    delivery: row[6] as Delegation['delivery'],
    status: row[7] as Delegation['status'],
    reason: row[8] as Delegation['reason'],
    error: row[9] as string | null,
    priority: row[10] as Delegation['priority'],
    turn: row[11] as number,
    ready: row[12] === 1,
    conversation: row[13] as string | null,
    epoch: row[14] as number,
    attempt: row[15] as number,
    owner: row[16] as string | null,
    leaseUntil: row[17] as number | null,
    notBefore: row[18] as number | null,
    deadlineAt: row[19] as number,
    validUntil: row[20] as number | null,
    dueAt: row[21] as number | null,
    parent: row[22] as number | null,
    root: row[23] as number | null,
    depth: row[24] as number,
    batch: row[25] as number | null,
    createdAt: row[26] as number,
    queuedAt: row[27] as number,
    dispatchedAt: row[28] as number | null,
    progressAt: row[29] as number | null,
    settledAt: row[30] as number | null,
    version: row[31] as number,
    resultLength: row[32] as number | null,
    resultSha256: row[33] as string | null,
    detail: row[34] === null ? NO_DETAIL : (JSON.parse(row[34] as string) as Detail),
  };
}

export function delegationValues(d: Delegation): Values {
  const own = keyOf('dlg', d.id) === d.key;
  return [
    d.key,
    d.id,
    d.org,
    d.caller,
    d.callee,
    d.origin,
    d.delivery,
    d.status,
    d.reason,
    d.error,
    d.priority,
    d.turn,
    Number(d.ready),
    d.conversation,
    d.epoch,
    d.attempt,
    d.owner,
    d.leaseUntil,
    d.notBefore,
    d.deadlineAt,
    d.validUntil,
    d.dueAt,
    d.parent,
    d.root,
    d.depth,
    d.batch,
    d.createdAt,
    d.queuedAt,
    d.dispatchedAt,
    d.progressAt,
    d.settledAt,
    d.version,
    d.resultLength,
    d.resultSha256,
    detailText(d.detail),
    own ? null : d.id,
  ];
}

export function delegationChanges(d: Delegation): Values {
  return [
    d.origin,
    d.status,
    d.reason,
    d.error,
    d.priority,
    d.turn,
    Number(d.ready),
    d.epoch,
    d.attempt,
    d.owner,
    d.leaseUntil,
    d.notBefore,
    d.dueAt,
    d.queuedAt,
    d.dispatchedAt,
    d.progressAt,
    d.settledAt,
    d.version,
    d.resultLength,
    d.resultSha256,
    detailText(d.detail),
  ];
}

function detailText(detail: Detail): string | null {
  return Object.keys(detail).length === 0 ? null : JSON.stringify(detail);
}

export function requestOf(row: Row): Request {
  return row[2] === null
    ? { task: row[1] as string }
    : { task: row[1] as string, ...(JSON.parse(row[2] as string) as object) };
}

export function requestValues(key: number, request: Request): Values {
  const { task, ...rest } = request;
  return [key, task, Object.keys(rest).length === 0 ? null : JSON.stringify(rest)];
}

export function resultOf(row: Row): Result {
  const result: Result = { text: row[1] as string, length: row[3] as number, sha256: row[4] as string };
  if (row[2] !== null) {
    result.parts = JSON.parse(row[2] as string) as NonNullable<Result['parts']>;
  }
  return result;
}

export function resultValues(key: number, result: Result): Values {
  return [key, result.text, result.parts === undefined ? null : JSON.stringify(result.parts)];
}

export function lateOf(row: Row): LateResult {
  return {
    delegation: row[0] as number,
    at: row[1] as number,
    epoch: row[2] as number,
    what: row[3] as string,
    excerpt: row[4] as string,
    sha256: row[5] as string | null,
  };
}

export function eventOf(row: Row): Event {
  return {
    seq: row[0] as number,
    type: row[1] as Event['type'],
    at: row[2] as number,
    org: row[3] as string,
    workspace: row[4] as string,
    peer: row[5] as string | null,
    actor: row[6] as string,
    delegation: row[7] as number | null,
    delegationId: row[8] as string | null,
    n: row[9] as number | null,
    data: JSON.parse(row[10] as string) as Record<string, unknown>,
    hash: row[11] as string,
  };
}

/** With the line before it in the log of either side. */
export function eventValues(event: Event, data: string, before: { own: number | null; peer: number | null }): Values {
  const { seq, type, at, org, workspace, peer, actor, delegation, delegationId, n, hash } = event;
  return [seq, type, at, org, workspace, peer, actor, delegation, delegationId, n, data, hash, before.own, before.peer];
}

export function noticeOf(row: Row): Notice {
  return {
    key: row[0] as number,
    id: row[1] as string,
    workspace: row[2] as string,
    kind: row[3] as Notice['kind'],
    delegation: row[4] as number | null,
    batch: row[5] as number | null,
    createdAt: row[6] as number,
    leasedUntil: row[7] as number | null,
    deliveries: row[8] as number,
    acknowledgedAt: row[9] as number | null,
  };
}

export function noticeValues(notice: Notice): Values {
  return [
    notice.key,
    notice.id,
    notice.workspace,
    notice.kind,
    notice.delegation,
    notice.batch,
    notice.createdAt,
    notice.leasedUntil,
    notice.deliveries,
    notice.acknowledgedAt,
  ];
}

export function batchOf(row: Row): Batch {
  return {
    key: row[0] as number,
    id: row[1] as string,
    org: row[2] as string,
    caller: row[3] as string,
    join: row[4] as Batch['join'],
    size: row[5] as number,
    completed: row[6] as number,
    failed: row[7] as number,
    cancelled: row[8] as number,
    createdAt: row[9] as number,
    settledAt: row[10] as number | null,
  };
}

export function batchValues(batch: Batch): Values {
  return [
    batch.key,
    batch.id,
    batch.org,
    batch.caller,
    batch.join,
    batch.size,
    batch.completed,
    batch.failed,
    batch.cancelled,
    batch.createdAt,
    batch.settledAt,
  ];
}

/** The ends of the chains that belong to a seat. */
export interface Chains {
  made: number | null;
  taken: number | null;
  logged: number | null;
}

export const NO_CHAINS: Chains = { made: null, taken: null, logged: null };

export const SEAT =
  'id org parent state presence seen_at activity profile created_at version running queued strikes hold_until served durations made taken logged'.split(
    ' ',
  );

export function workspaceOf(row: Row): Workspace {
  const profile = JSON.parse(row[7] as string) as WorkspaceProfile & { person: boolean };
  return {
    ...profile,
    // Seats that were written before there were programs have none.
    program: profile.program ?? null,
    id: row[0] as string,
    org: row[1] as string,
    parent: row[2] as string | null,
    state: row[3] as Workspace['state'],
    presence: row[4] as Workspace['presence'],
    seenAt: row[5] as number | null,
    activity: JSON.parse(row[6] as string) as Workspace['activity'],
    createdAt: row[8] as number,
    version: row[9] as number,
    running: row[10] as number,
    queued: row[11] as number,
    strikes: row[12] as number,
    holdUntil: row[13] as number | null,
    served: JSON.parse(row[14] as string) as Workspace['served'],
    durations: JSON.parse(row[15] as string) as number[],
  };
}

export function chainsOf(row: Row): Chains {
  return { made: row[16] as number | null, taken: row[17] as number | null, logged: row[18] as number | null };
}

export function workspaceValues(w: Workspace): Values {
  const { name, role, parent, tier, person, carrier, url, program, card, capacity } = w;
  const { roles, allowedActions, grants, denials } = w;
  const reached = { carrier, url, program, card, capacity };
  const profile = { name, role, tier, person, ...reached, roles, allowedActions, grants, denials };
  const activity = JSON.stringify(w.activity);
  return [
    w.id,
    w.org,
    parent,
    w.state,
    w.presence,
    w.seenAt,
    activity,
    JSON.stringify(profile),
    w.createdAt,
    w.version,
  ];
}

export function slotValues(w: Workspace, chains: Chains, dueAt: number | null): Values {
  const served = JSON.stringify(w.served);
  const durations = JSON.stringify(w.durations);
  const { made, taken, logged } = chains;
  return [w.id, w.running, w.queued, w.strikes, w.holdUntil, dueAt, served, durations, made, taken, logged];
}

export function keyRowOf(row: Row): Key {
  return {
    id: row[0] as string,
    org: row[1] as string,
    workspace: row[2] as string | null,
    name: row[3] as string,
    hash: row[4] as string,
    prefix: row[5] as string,
    createdAt: row[6] as number,
    expiresAt: row[7] as number | null,
    revokedAt: row[8] as number | null,
  };
}

export function keyValues(key: Key): Values {
  return [key.id, key.org, key.workspace, key.name, key.hash, key.prefix, key.createdAt, key.expiresAt, key.revokedAt];
}

export const MESSAGE = 'key, id, org, workspace, sender, text, attachments, delegation, created_at';

export function messageOf(row: Row): Message {
  return {
    key: row[0] as number,
    id: row[1] as string,
    org: row[2] as string,
    workspace: row[3] as string,
    from: row[4] as Message['from'],
    text: row[5] as string,
    attachments: row[6] === null ? [] : (JSON.parse(row[6] as string) as Attachment[]),
    delegation: row[7] as number | null,
    createdAt: row[8] as number,
  };
}

export function messageValues({ attachments, ...m }: Message): Values {
  const attached = attachments.length === 0 ? null : JSON.stringify(attachments);
  return [m.key, m.id, m.org, m.workspace, m.from, m.text, attached, m.delegation, m.createdAt];
}

export const FILE = 'id, org, workspace, name, mime_type, size, sha256, used_by, created_at';

export function fileOf(row: Row): FileRow {
  return {
    id: row[0] as string,
    org: row[1] as string,
    workspace: row[2] as string,
    name: row[3] as string,
    mimeType: row[4] as string,
    size: row[5] as number,
    sha256: row[6] as string | null,
    usedBy: row[7] as number | null,
    createdAt: row[8] as number,
  };
}

export function fileValues(f: FileRow): Values {
  return [f.id, f.org, f.workspace, f.name, f.mimeType, f.size, f.sha256, f.usedBy, f.createdAt];
}

export const MEMORY = 'key, id, org, workspace, scope, namespace, content, length, sha256, created_at';

export function memoryOf(row: Row): Memory {
  return {
    key: row[0] as number,
    id: row[1] as string,
    org: row[2] as string,
    workspace: row[3] as string,
    scope: row[4] as Memory['scope'],
    namespace: row[5] as string,
    content: row[6] as string,
    length: row[7] as number,
    sha256: row[8] as string,
    createdAt: row[9] as number,
  };
}

export function memoryValues(memory: Memory): Values {
  const { key, id, org, workspace, scope, namespace, content, length, sha256, createdAt } = memory;
  return [key, id, org, workspace, scope, namespace, content, length, sha256, createdAt];
}
