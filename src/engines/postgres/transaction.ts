/**
 * The law's view of PostgreSQL inside one batch: a sheet of what is known, and over it what the batch has changed.
 *
 * Nothing is written here. A read of what is not known throws a `Miss` and the whole batch is run again when it is;
 * when it is through, `write.ts` sends all of it and `fold` makes it part of what is known.
 */
import { hash } from 'node:crypto';
import {
  isSettled,
  type Batch,
  type Delegation,
  type LaneKey,
  type LateResult,
  type Limits,
  type Priority,
  type Ref,
  type Request,
  type Result,
} from '../../core/delegation/index.ts';
import { headOf, type Memory, type MemoryCount, type MemoryHead } from '../../core/memory/index.ts';
import { chainText, formId, keyOf, type Event, type Happening, type IdKind, type Ids } from '../../core/ports/index.ts';
import type { Handover, Notice, Transaction, Turn } from '../../core/ports/index.ts';
import { workspaceDueAt, type Key, type Message, type Workspace } from '../../core/workspace/index.ts';
import { Changes } from './changes.ts';
import { missing } from './miss.ts';
import { byTurn, laneName, queueName, turnName, type Organisation, type Remembered, type Sheet } from './sheet.ts';

export interface Place {
  ids: Ids;
  limits: Limits;
  owner: string;
}

export interface Moment {
  now: number;
  lastSeq: number;
  lastKey: number;
}

export class PostgresTransaction implements Transaction {
  readonly now: number;
  readonly limits: Limits;
  readonly owner: string;
  readonly events: Event[] = [];
  readonly changes = new Changes();
  /** The earliest clockwork that this batch wrote. */
  dueAt: number | null = null;
  readonly #ids: Ids;
  readonly #sheet: Sheet;
  #seq: number;
  #key: number;

  constructor(place: Place, sheet: Sheet, moment: Moment) {
    this.#ids = place.ids;
    this.#sheet = sheet;
    this.#seq = moment.lastSeq;
    this.#key = moment.lastKey;
    place.ids.above(moment.lastKey);
    this.now = moment.now;
    this.limits = place.limits;
    this.owner = place.owner;
  }

  get lastSeq(): number {
    return this.#seq;
  }

  get lastKey(): number {
    return this.#key;
  }

  /** With what is known of it: most are handed over in the commit that accepted them. */
  handover(delegation: Delegation): Handover {
    const callee = this.changes.seats.get(delegation.callee) ?? this.#sheet.seats.get(delegation.callee) ?? undefined;
    return { delegation, callee, request: this.changes.requests.get(delegation.key) };
  }

  mint(kind: IdKind): { key: number; id: string } {
    const key = this.#ids.key();
    this.#key = key;
    return { key, id: formId(kind, key, this.#ids.random()) };
  }

  random(): string {
    return this.#ids.random();
  }

  delegation(ref: Ref): Delegation | undefined {
    const key = ref.key ?? keyOf('dlg', ref.id ?? '');
    const own = key === undefined ? undefined : this.#delegation(key);
    if (own !== undefined && (ref.id === undefined || own.id === ref.id)) {
      return own;
    }
    return ref.id === undefined ? undefined : this.#foreign(ref.id);
  }

  #delegation(key: number): Delegation | undefined {
    const held = this.changes.delegations.get(key)?.after ?? this.#sheet.delegations.get(key);
    if (held === undefined) {
      throw missing('delegations', key);
    }
    return held ?? undefined;
  }

  #foreign(id: string): Delegation | undefined {
    const changed = this.changes.foreign.get(id);
    const key = changed ?? this.#sheet.foreign.get(id);
    if (key === undefined) {
      throw missing('foreign', id);
    }
    return key === null ? undefined : this.#delegation(key);
  }

  insertDelegation(delegation: Delegation, request: Request): void {
    this.changes.insert(delegation, request);
    this.#note(delegation.dueAt);
  }

  updateDelegation(before: Delegation, after: Delegation): void {
    const held = this.#delegation(before.key);
    if (held === undefined || held.version !== before.version || isSettled(held.status)) {
      throw new Error(`D3: ${before.id} is settled, or no longer at version ${before.version}.`);
    }
    this.changes.update(this.#sheet.delegations.get(before.key) ?? undefined, after);
    this.#note(after.dueAt);
  }

  #note(dueAt: number | null): void {
    if (dueAt !== null && (this.dueAt === null || dueAt < this.dueAt)) {
      this.dueAt = dueAt;
    }
  }

  replaceRequest(key: number, request: Request): void {
    this.changes.replacedRequests.set(key, request);
  }

  insertResult(key: number, result: Result): void {
    if (this.changes.results.has(key)) {
      throw new Error(`D2: delegation ${key} has its result already.`);
    }
    this.changes.results.set(key, result);
  }

  countLate(key: number): number {
    const kept = known(this.#sheet.late, key, () => missing('late', key));
    return kept + this.changes.late.filter((late) => late.delegation === key).length;
  }

  insertLate(late: LateResult): void {
    this.changes.late.push(late);
  }

  firstQueued(callee: string, priority: Priority): Delegation | undefined {
    const { rows, isWhole } = known(this.#sheet.queues, queueName(callee, priority), () => missing('queues', callee));
    const waits = ({ status, ready, priority: band }: Delegation) => status === 'queued' && ready && band === priority;
    const added = this.changes.at(callee).filter(waits);
    const first = rows.find(({ key }) => !this.changes.delegations.has(key));
    if (first === undefined && !isWhole) {
      throw missing('queues', callee);
    }
    return [...added, ...(first === undefined ? [] : [first])].toSorted(byTurn)[0];
  }

  firstInLane(lane: LaneKey, apart: number): Delegation | undefined {
    const rows = known(this.#sheet.lanes, laneName(lane), () => missing('lanes', lane));
    const inLane = (one: Delegation) => one.caller === lane.caller && one.conversation === lane.conversation;
    return this.#merged(rows, this.changes.at(lane.callee).filter(inLane)).find(({ key }) => key !== apart);
  }

  /** Alive, oldest first: what was found and not changed since, and what was changed. */
  #merged(found: readonly Delegation[], changed: readonly Delegation[]): Delegation[] {
    return [...found.filter(({ key }) => !this.changes.delegations.has(key)), ...changed]
      .filter(({ status }) => !isSettled(status))
      .toSorted((left, right) => left.key - right.key);
  }

  turnGiven(turn: Turn): number {
    const name = turnName(turn);
    return this.changes.turns.get(name)?.given ?? known(this.#sheet.turns, name, () => missing('turns', turn));
  }

  setTurn(turn: Turn, given: number): void {
    this.changes.turns.set(turnName(turn), { turn, given });
  }

  liveChildren(parent: number): Delegation[] {
    const rows = known(this.#sheet.children, parent, () => missing('children', parent));
    return this.#merged(
      rows,
      this.changes.all().filter((one) => one.parent === parent),
    );
  }

  countLiveUnder(root: number): number {
    const kept = known(this.#sheet.under, root, () => missing('under', root));
    let count = kept;
    for (const { before, after } of this.changes.delegations.values()) {
      if (after.root === root) {
        count += Number(!isSettled(after.status)) - Number(before !== undefined && !isSettled(before.status));
      }
    }
    return count;
  }

  liveAt(callee: string, most: number): Delegation[] {
    const rows = known(this.#sheet.liveAt, callee, () => missing('liveAt', callee));
    return this.#merged(rows, this.changes.at(callee)).slice(0, most);
  }

  workspace(id: string): Workspace | undefined {
    return this.changes.seats.get(id) ?? known(this.#sheet.seats, id, () => missing('seats', id)) ?? undefined;
  }

  saveWorkspace(workspace: Workspace): void {
    this.changes.seat(this.#sheet.seats.get(workspace.id) ?? undefined, workspace);
    this.#note(workspaceDueAt(workspace, this.limits.presenceMs));
  }

  #organisation(org: string): Organisation {
    let held = this.changes.organisations.get(org);
    if (held === undefined) {
      held = { ...known(this.#sheet.organisations, org, () => missing('organisations', org)) };
      this.changes.organisations.set(org, held);
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
    return this.changes.batches.get(key) ?? known(this.#sheet.batches, key, () => missing('batches', key)) ?? undefined;
  }

  saveBatch(batch: Batch): void {
    this.changes.batches.set(batch.key, batch);
  }

  remembered(caller: string, key: string): Remembered | undefined {
    const name = JSON.stringify([caller, key]);
    const changed = this.changes.remembered.get(name)?.what;
    return changed ?? known(this.#sheet.remembered, name, () => missing('remembered', { caller, key })) ?? undefined;
  }

  remember(caller: string, key: string, what: Remembered): void {
    this.changes.remembered.set(JSON.stringify([caller, key]), { caller, key, what });
  }

  notice(key: number): Notice | undefined {
    const changed = this.changes.notices.get(key)?.notice;
    return changed ?? known(this.#sheet.notices, key, () => missing('notices', key)) ?? undefined;
  }

  freeNotices(workspace: string, most: number, tries = Infinity): Notice[] {
    const rows = known(this.#sheet.inboxes, workspace, () => missing('inboxes', workspace));
    const changed = [...this.changes.notices.values()].map(({ notice }) => notice);
    const isFree = (one: Notice) =>
      one.workspace === workspace &&
      one.acknowledgedAt === null &&
      one.deliveries < tries &&
      (one.leasedUntil === null || one.leasedUntil <= this.now);
    return [...rows.filter(({ key }) => !this.changes.notices.has(key)), ...changed]
      .filter(isFree)
      .toSorted((left, right) => left.key - right.key)
      .slice(0, most);
  }

  insertNotice(notice: Notice): void {
    this.changes.notices.set(notice.key, { notice, isNew: true });
  }

  updateNotice(notice: Notice): void {
    const isNew = this.changes.notices.get(notice.key)?.isNew ?? false;
    this.changes.notices.set(notice.key, { notice, isNew });
  }

  key(id: string): Key | undefined {
    return this.changes.keys.get(id) ?? known(this.#sheet.keys, id, () => missing('keys', id)) ?? undefined;
  }

  saveKey(key: Key): void {
    this.changes.keys.set(key.id, key);
  }

  countKeys(workspace: string): number {
    let count = known(this.#sheet.keyCounts, workspace, () => missing('keyCounts', workspace));
    for (const key of this.changes.keys.values()) {
      const before = this.#sheet.keys.get(key.id) ?? undefined;
      const isLive = (one: Key | undefined) => one?.workspace === workspace && one.revokedAt === null;
      count += Number(isLive(key)) - Number(isLive(before));
    }
    return count;
  }

  append(happening: Happening): void {
    this.#seq += 1;
    const organisation = this.#organisation(happening.org);
    const line = { ...happening, seq: this.#seq, at: this.now };
    const data = JSON.stringify(happening.data);
    const digest = hash('sha256', chainText(organisation.head, line, data), 'base64url');
    organisation.head = digest;
    const event = { ...line, hash: digest };
    this.changes.events.push({ event, data });
    this.events.push(event);
  }

  insertMessage(message: Message): void {
    this.changes.messages.push(message);
  }

  /** From the oldest on and never past one that stays (E10); the list was fetched for this batch. */
  prune(before: number, most: number): number {
    this.changes.prunedNotices = { before, kept: this.now - this.limits.noticeKeptMs, most };
    let pruned = 0;
    for (const { key, settledAt, isUntold } of known(this.#sheet.oldest, most, () => missing('oldest', most))) {
      if (settledAt === null || settledAt >= before || isUntold || this.changes.delegations.has(key)) {
        break;
      }
      this.changes.pruned.add(key);
      pruned += 1;
    }
    return pruned;
  }

  memory(key: number): MemoryHead | undefined {
    const made = this.changes.memories.get(key);
    const held =
      (made === undefined ? undefined : headOf(made)) ??
      known(this.#sheet.memories, key, () => missing('memories', key)) ??
      undefined;
    const isGone =
      this.changes.forgotten.has(key) ||
      (held?.scope === 'LOCAL' && made === undefined && this.changes.forgottenLocal.has(held.workspace));
    return isGone ? undefined : held;
  }

  insertMemory(memory: Memory): void {
    this.changes.memories.set(memory.key, memory);
    this.#countMemory(memory, 1);
  }

  forgetMemory(memory: MemoryHead): void {
    if (!this.changes.memories.delete(memory.key)) {
      this.changes.forgotten.add(memory.key);
    }
    this.#countMemory(memory, -1);
  }

  /** Those of this batch are taken back, those before it deleted: neither sees the other in the one statement. */
  forgetLocal(workspace: string): void {
    for (const memory of this.changes.memories.values()) {
      if (memory.workspace === workspace && memory.scope === 'LOCAL') {
        this.changes.memories.delete(memory.key);
      }
    }
    this.changes.forgottenLocal.add(workspace);
    const { all, local } = this.countMemories(workspace);
    this.changes.memoryCounts.set(workspace, { all: all - local, local: 0 });
  }

  countMemories(workspace: string): MemoryCount {
    const changed = this.changes.memoryCounts.get(workspace);
    return changed ?? known(this.#sheet.memoryCounts, workspace, () => missing('memoryCounts', workspace));
  }

  /** The count comes from the law before a memory does; one that is not known stays so. */
  #countMemory({ workspace, scope }: MemoryHead, more: number): void {
    const { changes } = this;
    const count = changes.memoryCounts.get(workspace) ?? this.#sheet.memoryCounts.get(workspace);
    if (count !== undefined) {
      const local = count.local + (scope === 'LOCAL' ? more : 0);
      changes.memoryCounts.set(workspace, { all: count.all + more, local });
    }
  }
}

function known<Name, Value>(map: ReadonlyMap<Name, Value>, name: Name, miss: () => Error): Value {
  const value = map.get(name);
  if (value === undefined) {
    throw miss();
  }
  return value;
}
