/**
 * The tables of the memory engine: maps, and the indexes that keep claims and lists fast.
 *
 * Every write is noted with what was there before, so that a batch that throws leaves nothing behind (E2). What a
 * batch takes out leaves the indexes when the next one begins: by then it is known that it stays out.
 */
import { ByKey } from '../../core/by-key.ts';
import type { Batch, Delegation, LateResult, Request, Result } from '../../core/delegation/index.ts';
import { isSettled } from '../../core/delegation/index.ts';
import { type Memory, termsOf } from '../../core/memory/index.ts';
import { type Elsewhere, type FileRow, keyOf, type Notice } from '../../core/ports/index.ts';
import { type Key, type Message, type Workspace, workspaceDueAt } from '../../core/workspace/index.ts';
import { Ended } from './ended.ts';
import { Heap } from './heap.ts';
import { Log } from './log.ts';
import { Trail } from './trail.ts';
import { Undo } from './undo.ts';

export interface Remembered {
  hash: string;
  delegation: number | null;
  batch: number | null;
}

/** A memory, and what it is found by. */
export interface Filed {
  memory: Memory;
  terms: ReadonlySet<string>;
}

/** How much is kept, by number. */
export interface Bounds {
  /** Delegations that are settled and told. */
  settledMost?: number | undefined;
  /** Lines of the log. */
  eventsMost?: number | undefined;
}

export class Tables {
  readonly delegations = new ByKey<Delegation>();
  readonly foreign = new Map<string, number>();
  readonly requests = new ByKey<Request>();
  readonly results = new ByKey<Result>();
  readonly late = new ByKey<LateResult[]>();
  readonly batches = new ByKey<Batch>();
  readonly notices = new ByKey<Notice>();
  readonly workspaces = new Map<string, Workspace>();
  readonly remembered = new Map<string, Remembered>();
  readonly turns = new Map<string, number>();
  readonly keys = new Map<string, Key>();
  readonly queued = new Map<string, number>();
  readonly log = new Log();
  readonly secrets = new Map<string, string>();
  readonly messages = new Map<number, Message>();
  readonly files = new Map<string, FileRow>();
  readonly fileParts = new Map<string, Uint8Array[]>();
  readonly memories = new Map<number, Filed>();

  /** Per callee and band, what waits and is ready, by turn. */
  readonly queues = new Map<string, Heap>();
  readonly due = new Heap((key, rank) => this.delegations.get(key)?.dueAt === rank);
  readonly dueWorkspaces = new Map<string, number>();
  readonly order = new Trail();
  readonly noticeOrder = new Trail();
  readonly parties = new Map<string, Trail>();
  readonly live = new ByKey<true>();
  readonly childrenOf = new Map<number, Set<number>>();
  readonly liveUnder = new Map<number, Set<number>>();
  readonly lanes = new Map<string, Set<number>>();
  readonly batchMembers = new Map<number, Set<number>>();
  readonly inboxes = new Map<string, Set<number>>();
  /** The notices of what a delegation asked; that of its ending has its own key. */
  readonly questions = new Map<number, Set<number>>();
  /** The idempotency key of a delegation or a batch, as it is remembered by. */
  readonly names = new ByKey<string>();

  /** The greatest that was ever given, so that keys grow whichever process gives them (E5). */
  lastKey = 0;

  readonly undo = new Undo();
  readonly #ended = new Ended(this);
  readonly #isThere = (key: number): boolean => this.delegations.has(key);
  readonly #listeners = new Map<string, (news: Elsewhere) => void>();
  #term: { owner: string; until: number } | undefined;
  #bounds: Bounds = {};
  /** Where the log was when the batch began. */
  #seq = 0;
  /** Rows that this batch has written, and taken out. */
  #written: number[] = [];
  #dropped: Delegation[] = [];
  #droppedNotices = 0;

  /** Those who share these tables hear of each other's commits. */
  listen(owner: string, heard: (news: Elsewhere) => void): void {
    this.#listeners.set(owner, heard);
  }

  leave(owner: string): void {
    this.#listeners.delete(owner);
    if (this.#term?.owner === owner) {
      this.#term = undefined;
    }
  }

  tell(from: string, news: Elsewhere): void {
    for (const [owner, heard] of this.#listeners) {
      if (owner !== from) {
        heard(news);
      }
    }
  }

  lead(owner: string, now: number, forMs: number): boolean {
    if (this.#term === undefined || this.#term.owner === owner || this.#term.until <= now) {
      this.#term = { owner, until: now + forMs };
    }
    return this.#term.owner === owner;
  }

  bound(bounds: Bounds): void {
    this.#bounds = bounds;
  }

  begin(): void {
    this.#ended.keepNewest(this.#bounds.settledMost);
    this.log.keepNewest(this.#bounds.eventsMost);
    for (const row of this.#dropped) {
      this.#leaveTrails(row);
    }
    for (; this.#droppedNotices > 0; this.#droppedNotices -= 1) {
      this.noticeOrder.forget((key) => this.notices.has(key));
    }
    this.#dropped = [];
    this.#written = [];
    this.#seq = this.log.lastSeq;
    this.undo.begin();
  }

  rollback(): void {
    this.log.cutBack(this.#seq);
    this.#ended.cutBack();
    this.undo.rollback();
    this.#dropped = [];
    this.#droppedNotices = 0;
    // When the rows are what they were: the heaps may have dropped them meanwhile.
    for (const key of this.#written) {
      this.#push(this.delegations.get(key));
    }
  }

  insertDelegation(delegation: Delegation, request: Request): void {
    const { key, caller, callee, batch, parent } = delegation;
    this.undo.insert(this.delegations, key, delegation);
    this.undo.insert(this.requests, key, request);
    if (keyOf('dlg', delegation.id) !== key) {
      this.undo.set(this.foreign, delegation.id, key);
    }
    this.undo.append(this.order, key);
    this.undo.append(this.#trailOf(caller), key);
    this.undo.append(this.#trailOf(callee), key);
    if (batch !== null) {
      this.undo.join(this.batchMembers, batch, key);
    }
    if (parent !== null) {
      this.undo.join(this.childrenOf, parent, key);
    }
    this.#enliven(delegation);
    this.#push(delegation);
  }

  updateDelegation(after: Delegation): void {
    this.undo.set(this.delegations, after.key, after);
    this.#written.push(after.key);
    if (isSettled(after.status)) {
      this.#bury(after);
      this.#ended.add(after);
    } else {
      this.#push(after);
    }
  }

  #enliven(delegation: Delegation): void {
    const { key, root, conversation } = delegation;
    this.undo.set(this.live, key, true);
    if (root !== null) {
      this.undo.join(this.liveUnder, root, key);
    }
    if (conversation !== null) {
      this.undo.join(this.lanes, laneName(delegation), key);
    }
  }

  #bury(delegation: Delegation): void {
    const { key, root, conversation } = delegation;
    this.undo.set(this.live, key, undefined);
    if (root !== null) {
      this.undo.part(this.liveUnder, root, key);
    }
    if (conversation !== null) {
      this.undo.part(this.lanes, laneName(delegation), key);
    }
  }

  /** Takes a settled one out with all that hangs from it; a batch goes with the last of its members. */
  dropDelegation(delegation: Delegation): void {
    const { key, id, parent, batch } = delegation;
    const { undo } = this;
    for (const map of [this.delegations, this.requests, this.results, this.late]) {
      undo.set<number, unknown>(map, key, undefined);
    }
    undo.set(this.foreign, id, undefined);
    this.#forget(key);
    for (const question of this.questions.get(key) ?? []) {
      this.dropNotice(question);
    }
    if (parent !== null) {
      undo.part(this.childrenOf, parent, key);
    }
    if (batch !== null) {
      undo.part(this.batchMembers, batch, key);
      if (!this.batchMembers.has(batch)) {
        undo.set(this.batches, batch, undefined);
        this.#forget(batch);
      }
    }
    this.#dropped.push(delegation);
  }

  /** Of a delegation, or of a batch. */
  #forget(key: number): void {
    this.dropNotice(key);
    const name = this.names.get(key);
    if (name !== undefined) {
      this.undo.set(this.remembered, name, undefined);
      this.undo.set(this.names, key, undefined);
    }
  }

  #leaveTrails({ caller, callee }: Delegation): void {
    this.order.forget(this.#isThere);
    for (const party of [caller, callee]) {
      if (this.parties.get(party)?.forget(this.#isThere) === true) {
        this.parties.delete(party);
      }
    }
  }

  #trailOf(party: string): Trail {
    let trail = this.parties.get(party);
    if (trail === undefined) {
      trail = new Trail();
      this.parties.set(party, trail);
    }
    return trail;
  }

  /** Pushed again on every change; what is stale is dropped by the heaps. */
  #push(delegation: Delegation | undefined): void {
    if (delegation?.status === 'queued' && delegation.ready) {
      this.queue(delegation.callee, delegation.priority).push(delegation.key, delegation.turn);
    }
    if (delegation !== undefined && delegation.dueAt !== null) {
      this.due.push(delegation.key, delegation.dueAt);
    }
  }

  queue(callee: string, priority: number): Heap {
    const name = `${priority} ${callee}`;
    let queue = this.queues.get(name);
    if (queue === undefined) {
      queue = new Heap((key, rank) => {
        const waiting = this.delegations.get(key);
        return waiting?.status === 'queued' && waiting.ready && waiting.turn === rank && waiting.priority === priority;
      });
      this.queues.set(name, queue);
    }
    return queue;
  }

  /** Its ending, or that of its batch, is not acknowledged yet (E10). */
  isUntold({ key, batch }: Delegation): boolean {
    const runs = batch !== null && this.batches.get(batch)?.settledAt === null;
    return runs || this.notices.get(batch ?? key)?.acknowledgedAt === null;
  }

  saveBatch(batch: Batch): void {
    this.undo.set(this.batches, batch.key, batch);
    if (batch.settledAt !== null) {
      this.#ended.lookAgain(this.batchMembers.get(batch.key) ?? []);
    }
  }

  remember(name: string, what: Remembered): void {
    const of = what.delegation ?? what.batch;
    this.undo.set(this.remembered, name, what);
    if (of !== null) {
      this.undo.set(this.names, of, name);
    }
  }

  saveNotice(notice: Notice): void {
    const { key, kind, workspace, delegation, batch, acknowledgedAt } = notice;
    if (!this.notices.has(key)) {
      this.undo.append(this.noticeOrder, key);
    }
    this.undo.set(this.notices, key, notice);
    if (acknowledgedAt === null) {
      this.undo.join(this.inboxes, workspace, key);
      if (kind === 'asked' && delegation !== null) {
        this.undo.join(this.questions, delegation, key);
      }
      return;
    }
    this.undo.part(this.inboxes, workspace, key);
    this.#ended.lookAgain(batch === null ? [delegation ?? key] : (this.batchMembers.get(batch) ?? []));
  }

  dropNotice(key: number): void {
    const notice = this.notices.get(key);
    if (notice !== undefined) {
      this.undo.set(this.notices, key, undefined);
      this.#droppedNotices += 1;
      this.undo.part(this.inboxes, notice.workspace, key);
      if (notice.delegation !== null) {
        this.undo.part(this.questions, notice.delegation, key);
      }
    }
  }

  insertMemory(memory: Memory): void {
    this.undo.insert(this.memories, memory.key, { memory, terms: new Set(termsOf(memory.content)) });
  }

  saveWorkspace(workspace: Workspace, presenceMs: number): void {
    this.undo.set(this.workspaces, workspace.id, workspace);
    const dueAt = workspaceDueAt(workspace, presenceMs) ?? undefined;
    if (dueAt !== this.dueWorkspaces.get(workspace.id)) {
      this.undo.set(this.dueWorkspaces, workspace.id, dueAt);
    }
  }
}

export function laneName(lane: { callee: string; caller: string; conversation: string | null }): string {
  return JSON.stringify([lane.callee, lane.caller, lane.conversation]);
}
