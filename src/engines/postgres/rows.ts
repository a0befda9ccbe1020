/**
 * The only place that translates between rows of PostgreSQL and the words of the core.
 *
 * Rows come as arrays, in the order of the column lists below, and go by the names of their columns (`binary.ts`).
 * PostgreSQL keeps no zero character, so a text that has one is kept as JSON behind a mark of its own.
 */
import type { Batch, Delegation, Detail, LateResult, Request, Result } from '../../core/delegation/index.ts';
import { filedUnder, type Memory, type MemoryHead } from '../../core/memory/index.ts';
import { type Event, type FileRow, keyOf, type Notice, type Records } from '../../core/ports/index.ts';
import type { Attachment, Key, Message, Workspace, WorkspaceProfile } from '../../core/workspace/index.ts';

export type Cell = string | number | boolean | null;
export type Row = Cell[];
/** One row to be written, by column. */
export type Values = Record<string, Cell>;

const MARK = '\u0001';

export function toText(text: string): string {
  return text.includes('\u0000') || text.startsWith(MARK) ? MARK + JSON.stringify(text) : text;
}

export function fromText(kept: string): string {
  return kept.startsWith(MARK) ? (JSON.parse(kept.slice(1)) as string) : kept;
}

function orNull(text: string | null, code: (text: string) => string): string | null {
  return text === null ? null : code(text);
}

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
    error: orNull(row[9] as string | null, fromText),
    priority: row[10] as Delegation['priority'],
    turn: row[11] as number,
    ready: row[12] === true,
    conversation: orNull(row[13] as string | null, fromText),
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
  return {
    key: d.key,
    id: d.id,
    foreign_id: keyOf('dlg', d.id) === d.key ? null : d.id,
    org: d.org,
    caller: d.caller,
    callee: d.callee,
    delivery: d.delivery,
    conversation: orNull(d.conversation, toText),
    deadline_at: d.deadlineAt,
    valid_until: d.validUntil,
    parent: d.parent,
    root: d.root,
    depth: d.depth,
    batch: d.batch,
    created_at: d.createdAt,
    ...delegationChanges(d),
  };
}

export function delegationChanges(d: Delegation): Values {
  return {
    key: d.key,
    origin: d.origin,
    status: d.status,
    reason: d.reason,
    error: orNull(d.error, toText),
    priority: d.priority,
    turn: d.turn,
    ready: d.ready,
    epoch: d.epoch,
    attempt: d.attempt,
    owner: d.owner,
    lease_until: d.leaseUntil,
    not_before: d.notBefore,
    due_at: d.dueAt,
    queued_at: d.queuedAt,
    dispatched_at: d.dispatchedAt,
    progress_at: d.progressAt,
    settled_at: d.settledAt,
    version: d.version,
    result_length: d.resultLength,
    result_sha256: d.resultSha256,
    detail: detailText(d.detail),
  };
}

function detailText(detail: Detail): string | null {
  const text = JSON.stringify(detail);
  return text === '{}' ? null : text;
}

export function requestOf(row: Row): Request {
  const task = fromText(row[1] as string);
  return row[2] === null ? { task } : { task, ...(JSON.parse(row[2] as string) as object) };
}

export function requestValues(key: number, request: Request): Values {
  const { task, ...rest } = request;
  return { key, task: toText(task), rest: Object.keys(rest).length === 0 ? null : JSON.stringify(rest) };
}

export function resultOf(row: Row): Result {
  const result: Result = { text: fromText(row[1] as string), length: row[3] as number, sha256: row[4] as string };
  if (row[2] !== null) {
    result.parts = JSON.parse(row[2] as string) as NonNullable<Result['parts']>;
  }
  return result;
}

export function resultValues(key: number, result: Result): Values {
  return {
    key,
    text: toText(result.text),
    parts: result.parts === undefined ? null : JSON.stringify(result.parts),
  };
}

export function lateOf(row: Row): LateResult {
  return {
    delegation: row[0] as number,
    at: row[1] as number,
    epoch: row[2] as number,
    what: row[3] as string,
    excerpt: fromText(row[4] as string),
    sha256: row[5] as string | null,
  };
}

export function lateValues(late: LateResult): Values {
  return { ...late, excerpt: toText(late.excerpt) };
}

export const EVENT = 'seq type at org workspace peer actor delegation delegation_id n data hash';

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

export const NOTICE = 'key id workspace kind delegation batch created_at leased_until deliveries acknowledged_at';

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
  const { key, id, workspace, kind, delegation, batch, deliveries } = notice;
  return {
    ...{ key, id, workspace, kind, delegation, batch, deliveries },
    created_at: notice.createdAt,
    leased_until: notice.leasedUntil,
    acknowledged_at: notice.acknowledgedAt,
  };
}

export const BATCH = 'key id org caller join_rule size completed failed cancelled created_at settled_at';

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
  const { key, id, org, caller, size, completed, failed, cancelled } = batch;
  return {
    ...{ key, id, org, caller, size, completed, failed, cancelled },
    join_rule: batch.join,
    created_at: batch.createdAt,
    settled_at: batch.settledAt,
  };
}

export const SEAT =
  'id org parent state presence seen_at activity profile created_at version running queued strikes hold_until served durations'.split(
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

export function workspaceValues(w: Workspace): Values {
  const { name, role, parent, tier, person, carrier, url, program, card, capacity } = w;
  const { roles, allowedActions, grants, denials } = w;
  const reached = { carrier, url, program, card, capacity };
  const profile = { name, role, tier, person, ...reached, roles, allowedActions, grants, denials };
  return {
    ...{ id: w.id, org: w.org, parent, state: w.state, presence: w.presence, version: w.version },
    seen_at: w.seenAt,
    activity: JSON.stringify(w.activity),
    profile: JSON.stringify(profile),
    created_at: w.createdAt,
  };
}

export function slotValues(w: Workspace, dueAt: number | null): Values {
  return {
    ...{ id: w.id, running: w.running, queued: w.queued, strikes: w.strikes },
    hold_until: w.holdUntil,
    due_at: dueAt,
    served: JSON.stringify(w.served),
    durations: JSON.stringify(w.durations),
  };
}

export const KEY = 'id org workspace name hash prefix created_at expires_at revoked_at';

export function keyRowOf(row: Row): Key {
  return {
    id: row[0] as string,
    org: row[1] as string,
    workspace: row[2] as string | null,
    name: fromText(row[3] as string),
    hash: row[4] as string,
    prefix: row[5] as string,
    createdAt: row[6] as number,
    expiresAt: row[7] as number | null,
    revokedAt: row[8] as number | null,
  };
}

export function keyValues(key: Key): Values {
  const { id, org, workspace, hash, prefix } = key;
  return {
    ...{ id, org, workspace, hash, prefix },
    name: toText(key.name),
    created_at: key.createdAt,
    expires_at: key.expiresAt,
    revoked_at: key.revokedAt,
  };
}

export function eventValues(event: Event, data: string): Values {
  const { seq, type, at, org, workspace, peer, actor, delegation, delegationId, n, hash } = event;
  return { seq, type, at, org, workspace, peer, actor, delegation, delegation_id: delegationId, n, data, hash };
}

export const MESSAGE = 'key id org workspace sender text attachments delegation created_at';

export function messageOf(row: Row): Message {
  return {
    key: row[0] as number,
    id: row[1] as string,
    org: row[2] as string,
    workspace: row[3] as string,
    from: row[4] as Message['from'],
    text: fromText(row[5] as string),
    attachments: row[6] === null ? [] : (JSON.parse(row[6] as string) as Attachment[]),
    delegation: row[7] as number | null,
    createdAt: row[8] as number,
  };
}

export function messageValues(message: Message): Values {
  const { key, id, org, workspace, from, text, attachments, delegation } = message;
  return {
    ...{ key, id, org, workspace, delegation, sender: from, text: toText(text) },
    attachments: attachments.length === 0 ? null : JSON.stringify(attachments),
    created_at: message.createdAt,
  };
}

export function fileUses({ key, attachments }: Message): Values[] {
  const ids = new Set(attachments.flatMap(({ file }) => file ?? []));
  return [...ids].map((id) => ({ id, used_by: key }));
}

export const FILE = 'id org workspace name mime_type size sha256 used_by created_at';

export function fileOf(row: Row): FileRow {
  return {
    id: row[0] as string,
    org: row[1] as string,
    workspace: row[2] as string,
    name: fromText(row[3] as string),
    mimeType: row[4] as string,
    size: row[5] as number,
    sha256: row[6] as string | null,
    usedBy: row[7] as number | null,
    createdAt: row[8] as number,
  };
}

export function fileValues(file: FileRow): Values {
  const { id, org, workspace, name, size, sha256 } = file;
  return {
    ...{ id, org, workspace, size, sha256, name: toText(name) },
    mime_type: file.mimeType,
    used_by: file.usedBy,
    created_at: file.createdAt,
  };
}

/** From its digits, as the archive reads it. */
export function partOf(row: Row): Records['part'] {
  const bytes = Buffer.from(row[3] as string, 'hex').toString('base64');
  return { file: row[0] as string, org: row[1] as string, place: row[2] as number, bytes };
}

export function partValues({ file, org, place, bytes }: Records['part']): Values {
  return { file, org, place, bytes: Buffer.from(bytes, 'base64').toString('hex') };
}

export const MEMORY_HEAD = 'key id org workspace scope namespace length sha256 created_at';
export const MEMORY = `${MEMORY_HEAD} content`;

export function memoryHeadOf(row: Row): MemoryHead {
  return {
    key: row[0] as number,
    id: row[1] as string,
    org: row[2] as string,
    workspace: row[3] as string,
    scope: row[4] as MemoryHead['scope'],
    namespace: fromText(row[5] as string),
    length: row[6] as number,
    sha256: row[7] as string,
    createdAt: row[8] as number,
  };
}

export function memoryOf(row: Row): Memory {
  return { ...memoryHeadOf(row), content: fromText(row[9] as string) };
}

/** With what it is found by, a space between any two. */
export function memoryValues(memory: Memory): Values {
  const { key, id, org, workspace, scope, length, sha256 } = memory;
  return {
    ...{ key, id, org, workspace, scope, length, sha256 },
    namespace: toText(memory.namespace),
    content: toText(memory.content),
    created_at: memory.createdAt,
    terms: filedUnder(memory).join(' '),
  };
}
