/**
 * The law's view of SQLite inside one transaction.
 *
 * Delegations, notices and events are written through at once, so that the next command of the batch finds them by
 * any index. What many commands of a batch change again and again (a callee's counters, an organisation's head of
 * the log) is kept aside and written once, by `flush`, before the commit.
 */
import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type {
  Limits,
  Delegation,
  LaneKey,
  LateResult,
  Priority,
  Ref,
  Request,
  Result,
  Batch,
} from '../../core/delegation/index.ts';
import { headOf, type Memory, type MemoryCount, type MemoryHead } from '../../core/memory/index.ts';
import { chainText, formId, keyOf, type Event, type Happening, type IdKind, type Ids } from '../../core/ports/index.ts';
import type { Notice, Transaction, Turn } from '../../core/ports/index.ts';
import { workspaceDueAt, type Key, type Message, type Workspace } from '../../core/workspace/index.ts';
import type { Cache, Seat } from './cache.ts';
import { fileMemory, forgetMemory } from './memories.ts';
import * as rows from './rows.ts';
import type { Row } from './rows.ts';
import type { Statements } from './statements.ts';

export interface Place {
  db: DatabaseSync;
  statements: Statements;
  ids: Ids;
  limits: Limits;
  owner: string;
  seats: Cache<string, Seat>;
  /** Rows as of the last commit, so that what was written a moment ago is not read again. */
  recent: Cache<number, Delegation>;
}

interface Organisation {
  queued: number;
  head: string;
}

/** A seat as this batch sees it, and as it was found. */
interface Held {
  workspace: Workspace;
  chains: rows.Chains;
  before: Seat | undefined;
}

export class SqliteTransaction implements Transaction {
  readonly now: number;
  readonly limits: Limits;
  readonly owner: string;
  readonly events: Event[] = [];
  /** The earliest clockwork that this batch wrote. */
  dueAt: number | null = null;
  readonly #place: Place;
  readonly #sql: Statements;
  readonly #organisations = new Map<string, Organisation>();
  readonly #seats = new Map<string, Held>();
  /** Rows this batch has read or written, so that none is read twice. */
  readonly #delegations = new Map<number, Delegation>();
  #seq: number;

  constructor(place: Place, moment: { now: number; lastSeq: number }) {
    this.#place = place;
    this.#sql = place.statements;
    this.now = moment.now;
    this.#seq = moment.lastSeq;
    this.limits = place.limits;
    this.owner = place.owner;
  }

  get lastSeq(): number {
    return this.#seq;
  }

  mint(kind: IdKind): { key: number; id: string } {
    const key = this.#place.ids.key();
    return { key, id: formId(kind, key, this.#place.ids.random()) };
  }

  random(): string {
    return this.#place.ids.random();
  }

  delegation(ref: Ref): Delegation | undefined {
    const key = ref.key ?? keyOf('dlg', ref.id ?? '');
    if (key !== undefined) {
      const found = this.#delegations.get(key) ?? this.#recent(key) ?? this.#read(this.#sql.delegationByKey.get(key));
      if (found !== undefined && (ref.id === undefined || found.id === ref.id)) {
        return found;
      }
    }
    return ref.id === undefined ? undefined : this.#read(this.#sql.delegationByForeignId.get(ref.id));
  }

  #recent(key: number): Delegation | undefined {
    const found = this.#place.recent.get(key);
    if (found !== undefined) {
      this.#delegations.set(key, found);
    }
    return found;
  }

  /** What the batch already holds is newer than, or the same as, what the statement found. */
  #read(row: unknown): Delegation | undefined {
    if (row === undefined) {
      return undefined;
    }
    const found = rows.delegationOf(row as Row);
    const held = this.#delegations.get(found.key);
    if (held !== undefined) {
      return held;
    }
    this.#delegations.set(found.key, found);
    return found;
  }

  insertDelegation(delegation: Delegation, request: Request): void {
    const made = this.#chain(delegation.caller, 'made', delegation.key);
    const taken = this.#chain(delegation.callee, 'taken', delegation.key);
    this.#sql.insertDelegation.run(...rows.delegationValues(delegation), made, taken);
    this.#sql.insertRequest.run(...rows.requestValues(delegation.key, request));
    this.#hold(delegation);
  }

  updateDelegation(before: Delegation, after: Delegation): void {
    const { changes } = this.#sql.updateDelegation.run(...rows.delegationChanges(after), before.key, before.version);
    if (changes !== 1) {
      throw new Error(`D6: ${before.id} is no longer at version ${before.version}.`);
    }
    this.#hold(after);
  }

  #hold(delegation: Delegation): void {
    this.#delegations.set(delegation.key, delegation);
    this.#note(delegation.dueAt);
  }

  #note(dueAt: number | null): void {
    if (dueAt !== null && (this.dueAt === null || dueAt < this.dueAt)) {
      this.dueAt = dueAt;
    }
  }

  replaceRequest(key: number, request: Request): void {
    this.#sql.replaceRequest.run(...rows.requestValues(key, request));
  }

  insertResult(key: number, result: Result): void {
    this.#sql.insertResult.run(...rows.resultValues(key, result));
  }

  countLate(key: number): number {
    return numberOf(this.#sql.countLate.get(key));
  }

  insertLate(late: LateResult): void {
    this.#sql.insertLate.run(late.delegation, late.at, late.epoch, late.what, late.excerpt, late.sha256);
  }

  firstQueued(callee: string, priority: Priority): Delegation | undefined {
    return this.#read(this.#sql.firstQueued.get(callee, priority));
  }

  firstInLane(lane: LaneKey, apart: number): Delegation | undefined {
    return this.#read(this.#sql.firstInLane.get(lane.callee, lane.caller, lane.conversation, apart));
  }

  turnGiven(turn: Turn): number {
    return numberOf(this.#sql.turnGiven.get(turn.callee, turn.caller, turn.priority));
  }

  setTurn(turn: Turn, given: number): void {
    this.#sql.saveTurn.run(turn.callee, turn.caller, turn.priority, given);
  }

  liveChildren(parent: number): Delegation[] {
    return this.#readAll(this.#sql.liveChildren.all(parent));
  }

  countLiveUnder(root: number): number {
    return numberOf(this.#sql.countLiveUnder.get(root));
  }

  liveAt(callee: string, most: number): Delegation[] {
    return this.#readAll(this.#sql.liveAt.all(callee, most));
  }

  #readAll(found: unknown[]): Delegation[] {
    return found.map((row) => this.#read(row)).filter((delegation) => delegation !== undefined);
  }

  workspace(id: string): Workspace | undefined {
    return this.#seat(id)?.workspace;
  }

  #seat(id: string): Held | undefined {
    const held = this.#seats.get(id);
    if (held !== undefined) {
      return held;
    }
    const before = this.#place.seats.get(id) ?? this.#loadSeat(id);
    if (before === undefined) {
      return undefined;
    }
    const seat: Held = { workspace: before.workspace, chains: before.chains, before };
    this.#seats.set(id, seat);
    return seat;
  }

  #loadSeat(id: string): Seat | undefined {
    const row = this.#sql.workspaceById.get(id) as Row | undefined;
    return row === undefined ? undefined : { workspace: rows.workspaceOf(row), chains: rows.chainsOf(row) };
  }

  saveWorkspace(workspace: Workspace): void {
    const seat = this.#seat(workspace.id);
    if (seat === undefined) {
      this.#seats.set(workspace.id, { workspace, chains: rows.NO_CHAINS, before: undefined });
    } else {
      seat.workspace = workspace;
    }
  }

  /** Puts a row at the end of one of a seat's chains; answers with the one before it. */
  #chain(id: string, name: keyof rows.Chains, last: number): number | null {
    const seat = this.#seat(id);
    if (seat === undefined) {
      return null;
    }
    const before = seat.chains[name];
    seat.chains = { ...seat.chains, [name]: last };
    return before;
  }

  #organisation(org: string): Organisation {
    let held = this.#organisations.get(org);
    if (held === undefined) {
      const row = this.#sql.organisation.get(org) as Row | undefined;
      held = row === undefined ? { queued: 0, head: '' } : { queued: row[0] as number, head: row[1] as string };
      this.#organisations.set(org, held);
    }
    return held;
  }

  queuedIn(org: string): number {
    return this.#organisation(org).queued;
  }

  addQueued(org: string, delta: number): void {
    this.#organisation(org).queued += delta;
  }

  batch(key: number): Batch | undefined {
    const row = this.#sql.batchByKey.get(key) as Row | undefined;
    return row === undefined ? undefined : rows.batchOf(row);
  }

  saveBatch(batch: Batch): void {
    this.#sql.saveBatch.run(...rows.batchValues(batch));
  }

  remembered(caller: string, key: string) {
    const row = this.#sql.remembered.get(caller, key) as Row | undefined;
    return row === undefined
      ? undefined
      : { hash: row[0] as string, delegation: row[1] as number | null, batch: row[2] as number | null };
  }

  remember(caller: string, key: string, what: { hash: string; delegation: number | null; batch: number | null }): void {
    this.#sql.remember.run(caller, key, what.hash, what.delegation, what.batch);
  }

  notice(key: number): Notice | undefined {
    const row = this.#sql.noticeByKey.get(key) as Row | undefined;
    return row === undefined ? undefined : rows.noticeOf(row);
  }

  freeNotices(workspace: string, most: number, tries = Number.MAX_SAFE_INTEGER): Notice[] {
    const free = this.#sql.freeNotices.all(workspace, this.now, tries, most) as unknown as Row[];
    return free.map((row) => rows.noticeOf(row));
  }

  insertNotice(notice: Notice): void {
    this.#sql.insertNotice.run(...rows.noticeValues(notice));
  }

  updateNotice(notice: Notice): void {
    this.#sql.updateNotice.run(notice.leasedUntil, notice.deliveries, notice.acknowledgedAt, notice.key);
  }

  key(id: string): Key | undefined {
    const row = this.#sql.keyById.get(id) as Row | undefined;
    return row === undefined ? undefined : rows.keyRowOf(row);
  }

  saveKey(key: Key): void {
    this.#sql.saveKey.run(...rows.keyValues(key));
  }

  countKeys(workspace: string): number {
    return numberOf(this.#sql.countKeys.get(workspace));
  }

  append(happening: Happening): void {
    this.#seq += 1;
    const organisation = this.#organisation(happening.org);
    const event: Event = { ...happening, seq: this.#seq, at: this.now, hash: '' };
    const data = JSON.stringify(event.data);
    event.hash = hash('sha256', chainText(organisation.head, event, data), 'base64url');
    organisation.head = event.hash;
    const own = this.#chain(event.workspace, 'logged', event.seq);
    const peer = event.peer === null ? null : this.#chain(event.peer, 'logged', event.seq);
    this.#sql.insertEvent.run(...rows.eventValues(event, data, { own, peer }));
    this.events.push(event);
  }

  /** From the oldest on and never past one that stays, so that no chain is ever cut in the middle (E10). */
  prune(before: number, most: number): number {
    this.#sql.pruneNotices.run(before, this.now - this.limits.noticeKeptMs, most);
    let pruned = 0;
    for (const [key, settledAt, isUntold] of this.#sql.oldest.all(most) as unknown as Row[]) {
      if (settledAt === null || (settledAt as number) >= before || isUntold === 1) {
        break;
      }
      for (const name of ['pruneDelegation', 'pruneRequest', 'pruneResult', 'pruneLate', 'pruneRemembered'] as const) {
        this.#sql[name].run(key as number);
      }
      this.#delegations.delete(key as number);
      this.#place.recent.delete(key as number);
      pruned += 1;
    }
    return pruned;
  }

  insertMessage(message: Message): void {
    this.#sql.insertMessage.run(...rows.messageValues(message));
    for (const { file } of message.attachments) {
      if (file !== null) {
        this.#sql.useFile.run(message.key, file);
      }
    }
  }

  memory(key: number): MemoryHead | undefined {
    const row = this.#sql.memoryByKey.get(key) as Row | undefined;
    return row === undefined ? undefined : headOf(rows.memoryOf(row));
  }

  insertMemory(memory: Memory): void {
    fileMemory(this.#sql, memory);
  }

  forgetMemory({ key }: MemoryHead): void {
    forgetMemory(this.#sql, key);
  }

  forgetLocal(workspace: string): void {
    for (const [key] of this.#sql.localKeys.all(workspace) as unknown as Row[]) {
      forgetMemory(this.#sql, key as number);
    }
  }

  countMemories(workspace: string): MemoryCount {
    const [all, local] = this.#sql.countMemories.get(workspace) as unknown as number[];
    return { all: all ?? 0, local: local ?? 0 };
  }

  /** Writes what was kept aside; the last thing before the commit. */
  flush(): void {
    for (const [org, { queued, head }] of this.#organisations) {
      this.#sql.saveOrganisation.run(org, queued, head);
    }
    for (const { workspace, chains, before } of this.#seats.values()) {
      const isSame = workspace === before?.workspace;
      if (!isSame || chains !== before.chains) {
        const dueAt = workspaceDueAt(workspace, this.limits.presenceMs);
        this.#sql.saveSlot.run(...rows.slotValues(workspace, chains, dueAt));
        this.#note(dueAt);
      }
      if (!isSame && (before === undefined || profileChanged(before.workspace, workspace))) {
        this.#sql.saveWorkspace.run(...rows.workspaceValues(workspace));
      }
    }
  }

  /** After the commit, and only then, others may see what changed. */
  publish(): void {
    for (const [id, { workspace, chains }] of this.#seats) {
      this.#place.seats.set(id, { workspace, chains });
    }
    for (const [key, delegation] of this.#delegations) {
      this.#place.recent.set(key, delegation);
    }
  }
}

function profileChanged(before: Workspace, now: Workspace): boolean {
  return (
    now.version !== before.version ||
    now.seenAt !== before.seenAt ||
    now.carrier !== before.carrier ||
    now.presence !== before.presence
  );
}

function numberOf(row: unknown): number {
  return ((row as Row | undefined)?.[0] as number | undefined) ?? 0;
}
