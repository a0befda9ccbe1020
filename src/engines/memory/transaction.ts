/**
 * The law's view of the memory tables inside one batch. Same verbs, same order as the SQL engines.
 */
import type {
  Batch,
  Delegation,
  LaneKey,
  LateResult,
  Limits,
  Priority,
  Ref,
  Request,
  Result,
} from '../../core/delegation/index.ts';
import { isSettled } from '../../core/delegation/index.ts';
import { headOf, type Memory, type MemoryCount, type MemoryHead } from '../../core/memory/index.ts';
import { formId, keyOf, type Event, type Happening, type IdKind, type Ids } from '../../core/ports/index.ts';
import type { Notice, Transaction, Turn } from '../../core/ports/index.ts';
import type { Key, Message, Workspace } from '../../core/workspace/index.ts';
import { laneName, type Remembered, type Tables } from './tables.ts';

export interface Place {
  tables: Tables;
  ids: Ids;
  limits: Limits;
  owner: string;
}

export class MemoryTransaction implements Transaction {
  readonly now: number;
  readonly limits: Limits;
  readonly owner: string;
  readonly events: Event[] = [];
  /** The earliest clockwork that this batch wrote. */
  dueAt: number | null = null;
  readonly #place: Place;
  readonly #tables: Tables;

  constructor(place: Place, now: number) {
    this.#place = place;
    this.#tables = place.tables;
    this.now = now;
    this.limits = place.limits;
    this.owner = place.owner;
  }

  mint(kind: IdKind): { key: number; id: string } {
    const { ids, tables } = this.#place;
    ids.above(tables.lastKey);
    const key = ids.key();
    tables.lastKey = key;
    return { key, id: formId(kind, key, this.#place.ids.random()) };
  }

  random(): string {
    return this.#place.ids.random();
  }

  delegation(ref: Ref): Delegation | undefined {
    return findDelegation(this.#tables, ref);
  }

  insertDelegation(delegation: Delegation, request: Request): void {
    if (this.#tables.delegations.has(delegation.key)) {
      throw new Error(`D1: the key of ${delegation.id} is taken.`);
    }
    this.#tables.insertDelegation(delegation, request);
    this.#note(delegation.dueAt);
  }

  updateDelegation(before: Delegation, after: Delegation): void {
    const held = this.#tables.delegations.get(before.key);
    if (held === undefined || held.version !== before.version || isSettled(held.status)) {
      throw new Error(`D3: ${before.id} is settled, or no longer at version ${before.version}.`);
    }
    this.#tables.updateDelegation(after);
    this.#note(after.dueAt);
  }

  #note(dueAt: number | null): void {
    if (dueAt !== null && (this.dueAt === null || dueAt < this.dueAt)) {
      this.dueAt = dueAt;
    }
  }

  replaceRequest(key: number, request: Request): void {
    this.#tables.undo.set(this.#tables.requests, key, request);
  }

  insertResult(key: number, result: Result): void {
    if (this.#tables.results.has(key)) {
      throw new Error(`D2: delegation ${key} has its result already.`);
    }
    this.#tables.undo.set(this.#tables.results, key, result);
  }

  countLate(key: number): number {
    return this.#tables.late.get(key)?.length ?? 0;
  }

  insertLate(late: LateResult): void {
    const known = this.#tables.late.get(late.delegation) ?? [];
    this.#tables.undo.set(this.#tables.late, late.delegation, [...known, late]);
  }

  firstQueued(callee: string, priority: Priority): Delegation | undefined {
    const top = this.#tables.queue(callee, priority).first();
    return top === undefined ? undefined : this.#tables.delegations.get(top.key);
  }

  firstInLane(lane: LaneKey, apart: number): Delegation | undefined {
    let oldest: number | undefined;
    for (const key of this.#tables.lanes.get(laneName(lane)) ?? []) {
      if (key !== apart && (oldest === undefined || key < oldest)) {
        oldest = key;
      }
    }
    return oldest === undefined ? undefined : this.#tables.delegations.get(oldest);
  }

  turnGiven(turn: Turn): number {
    return this.#tables.turns.get(turnName(turn)) ?? 0;
  }

  setTurn(turn: Turn, given: number): void {
    this.#tables.undo.set(this.#tables.turns, turnName(turn), given);
  }

  liveChildren(parent: number): Delegation[] {
    return this.#rows(this.#tables.childrenOf.get(parent) ?? []).filter(({ status }) => !isSettled(status));
  }

  countLiveUnder(root: number): number {
    return this.#tables.liveUnder.get(root)?.size ?? 0;
  }

  liveAt(callee: string, most: number): Delegation[] {
    return this.#rows(this.#tables.live.keys())
      .filter((delegation) => delegation.callee === callee)
      .slice(0, most);
  }

  #rows(keys: Iterable<number>): Delegation[] {
    return [...keys]
      .toSorted((left, right) => left - right)
      .map((key) => this.#tables.delegations.get(key))
      .filter((delegation) => delegation !== undefined);
  }

  workspace(id: string): Workspace | undefined {
    return this.#tables.workspaces.get(id);
  }

  saveWorkspace(workspace: Workspace): void {
    this.#tables.saveWorkspace(workspace, this.limits.presenceMs);
    this.#note(this.#tables.dueWorkspaces.get(workspace.id) ?? null);
  }

  queuedIn(org: string): number {
    return this.#tables.queued.get(org) ?? 0;
  }

  addQueued(org: string, delta: number): void {
    this.#tables.undo.set(this.#tables.queued, org, this.queuedIn(org) + delta);
  }

  batch(key: number): Batch | undefined {
    return this.#tables.batches.get(key);
  }

  saveBatch(batch: Batch): void {
    this.#tables.saveBatch(batch);
  }

  remembered(caller: string, key: string): Remembered | undefined {
    return this.#tables.remembered.get(JSON.stringify([caller, key]));
  }

  remember(caller: string, key: string, what: Remembered): void {
    this.#tables.remember(JSON.stringify([caller, key]), what);
  }

  notice(key: number): Notice | undefined {
    return this.#tables.notices.get(key);
  }

  freeNotices(workspace: string, most: number, tries = Infinity): Notice[] {
    const free: Notice[] = [];
    for (const key of [...(this.#tables.inboxes.get(workspace) ?? [])].toSorted((left, right) => left - right)) {
      const notice = this.#tables.notices.get(key);
      const isFree = notice !== undefined && (notice.leasedUntil === null || notice.leasedUntil <= this.now);
      if (isFree && notice.deliveries < tries) {
        free.push(notice);
      }
      if (free.length === most) {
        break;
      }
    }
    return free;
  }

  insertNotice(notice: Notice): void {
    this.#tables.saveNotice(notice);
  }

  updateNotice(notice: Notice): void {
    this.#tables.saveNotice(notice);
  }

  key(id: string): Key | undefined {
    return this.#tables.keys.get(id);
  }

  saveKey(key: Key): void {
    this.#tables.undo.set(this.#tables.keys, key.id, key);
  }

  countKeys(workspace: string): number {
    return [...this.#tables.keys.values()].filter((key) => key.workspace === workspace && key.revokedAt === null)
      .length;
  }

  append(happening: Happening): void {
    this.events.push(this.#tables.log.append(happening, this.now));
  }

  /** From the oldest on and never past one that stays, as in the engines whose chains need it (E10). */
  prune(before: number, most: number): number {
    this.#pruneNotices(before);
    let pruned = 0;
    for (const key of this.#tables.order.oldestFirst()) {
      const row = this.#tables.delegations.get(key);
      if (row === undefined) {
        continue;
      }
      if (pruned === most || row.settledAt === null || row.settledAt >= before || this.#tables.isUntold(row)) {
        break;
      }
      this.#tables.dropDelegation(row);
      pruned += 1;
    }
    return pruned;
  }

  insertMessage(message: Message): void {
    this.#tables.undo.set(this.#tables.messages, message.key, message);
    for (const { file } of message.attachments) {
      const held = file === null ? undefined : this.#tables.files.get(file);
      if (held !== undefined) {
        this.#tables.undo.set(this.#tables.files, held.id, { ...held, usedBy: message.key });
      }
    }
  }

  memory(key: number): MemoryHead | undefined {
    const filed = this.#tables.memories.get(key);
    return filed === undefined ? undefined : headOf(filed.memory);
  }

  insertMemory(memory: Memory): void {
    this.#tables.insertMemory(memory);
  }

  forgetMemory(memory: MemoryHead): void {
    this.#tables.undo.set(this.#tables.memories, memory.key, undefined);
  }

  forgetLocal(workspace: string): void {
    for (const memory of this.#memoriesOf(workspace).filter(({ scope }) => scope === 'LOCAL')) {
      this.forgetMemory(memory);
    }
  }

  countMemories(workspace: string): MemoryCount {
    const all = this.#memoriesOf(workspace);
    return { all: all.length, local: all.filter(({ scope }) => scope === 'LOCAL').length };
  }

  #memoriesOf(workspace: string): MemoryHead[] {
    return [...this.#tables.memories.values()].map(({ memory }) => memory).filter((one) => one.workspace === workspace);
  }

  #pruneNotices(before: number): void {
    const kept = this.now - this.limits.noticeKeptMs;
    for (const key of this.#tables.noticeOrder.oldestFirst()) {
      const notice = this.#tables.notices.get(key);
      if (notice === undefined) {
        continue;
      }
      if (notice.createdAt >= before) {
        break;
      }
      if (notice.acknowledgedAt !== null || notice.createdAt < kept) {
        this.#tables.dropNotice(notice.key);
      }
    }
  }
}

export function findDelegation(tables: Tables, ref: Ref): Delegation | undefined {
  const key = ref.key ?? keyOf('dlg', ref.id ?? '');
  const own = key === undefined ? undefined : tables.delegations.get(key);
  if (own !== undefined && (ref.id === undefined || own.id === ref.id)) {
    return own;
  }
  const foreign = ref.id === undefined ? undefined : tables.foreign.get(ref.id);
  return foreign === undefined ? undefined : tables.delegations.get(foreign);
}

function turnName(turn: Turn): string {
  return JSON.stringify([turn.callee, turn.caller, turn.priority]);
}
