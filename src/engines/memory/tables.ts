/**
 * The tables of the memory engine: maps, and the indexes that keep claims and lists fast.
 *
 * Every write leaves its inverse on the undo list, so that a batch that throws leaves nothing behind (E2).
 */
import type { Batch, Delegation, LateResult, Request, Result } from '../../core/delegation/index.ts';
import { isSettled } from '../../core/delegation/index.ts';
import { type Memory, termsOf } from '../../core/memory/index.ts';
import { type Elsewhere, type Event, type FileRow, keyOf, type Notice } from '../../core/ports/index.ts';
import { type Key, type Message, type Workspace, workspaceDueAt } from '../../core/workspace/index.ts';
import { Heap } from './heap.ts';

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

export class Tables {
  readonly delegations = new Map<number, Delegation>();
  readonly foreign = new Map<string, number>();
  readonly requests = new Map<number, Request>();
  readonly results = new Map<number, Result>();
  readonly late = new Map<number, LateResult[]>();
  readonly batches = new Map<number, Batch>();
  readonly notices = new Map<number, Notice>();
  readonly workspaces = new Map<string, Workspace>();
  readonly remembered = new Map<string, Remembered>();
  readonly turns = new Map<string, number>();
  readonly keys = new Map<string, Key>();
  readonly heads = new Map<string, string>();
  readonly queued = new Map<string, number>();
  readonly events: Event[] = [];
  readonly secrets = new Map<string, string>();
  readonly messages = new Map<number, Message>();
  readonly files = new Map<string, FileRow>();
  readonly fileParts = new Map<string, Uint8Array[]>();
  readonly memories = new Map<number, Filed>();

  /** Per callee and band, what waits and is ready, by turn. */
  readonly queues = new Map<string, Heap>();
  readonly due = new Heap();
  readonly dueWorkspaces = new Map<string, number>();
  /** Keys in the order of their making; the newest last. */
  readonly order: number[] = [];
  readonly parties = new Map<string, number[]>();
  readonly live = new Set<number>();
  readonly childrenOf = new Map<number, Set<number>>();
  readonly liveUnder = new Map<number, Set<number>>();
  readonly lanes = new Map<string, Set<number>>();
  readonly batchMembers = new Map<number, number[]>();
  readonly inboxes = new Map<string, Set<number>>();

  /** The greatest that was ever given, so that keys grow whichever process gives them (E5). */
  lastKey = 0;

  readonly #listeners = new Map<string, (news: Elsewhere) => void>();
  #term: { owner: string; until: number } | undefined;
  #undo: (() => void)[] = [];

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

  begin(): void {
    this.#undo = [];
  }

  rollback(): void {
    for (const undo of this.#undo.toReversed()) {
      undo();
    }
    this.#undo = [];
  }

  /** A map entry, with its inverse. */
  set<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
    const before = map.get(key);
    this.#undo.push(() => put(map, key, before));
    put(map, key, value);
  }

  append<T>(list: T[], value: T): void {
    this.#undo.push(() => list.pop());
    list.push(value);
  }

  include<T>(set: Set<T>, value: T, isIn: boolean): void {
    const was = set.has(value);
    this.#undo.push(() => mark(set, value, was));
    mark(set, value, isIn);
  }

  saveDelegation(after: Delegation): void {
    const fresh = !this.delegations.has(after.key);
    // Undone last, when the row is what it was: the heaps may have dropped it meanwhile.
    this.#undo.push(() => this.#push(after.key));
    this.set(this.delegations, after.key, after);
    if (fresh) {
      this.#enter(after);
    }
    this.#index(after);
  }

  #enter(delegation: Delegation): void {
    const { key } = delegation;
    if (keyOf('dlg', delegation.id) !== key) {
      this.set(this.foreign, delegation.id, key);
    }
    this.append(this.order, key);
    this.append(listOf(this.parties, delegation.caller), key);
    this.append(listOf(this.parties, delegation.callee), key);
    if (delegation.batch !== null) {
      this.append(listOf(this.batchMembers, delegation.batch), key);
    }
    if (delegation.parent !== null) {
      this.include(setOf(this.childrenOf, delegation.parent), key, true);
    }
  }

  #index(delegation: Delegation): void {
    const { key } = delegation;
    const live = !isSettled(delegation.status);
    this.include(this.live, key, live);
    if (delegation.root !== null) {
      this.include(setOf(this.liveUnder, delegation.root), key, live);
    }
    if (delegation.conversation !== null) {
      this.include(setOf(this.lanes, laneName(delegation)), key, live);
    }
    this.#push(key);
  }

  /** Pushed again on every change; what is stale is dropped at the top. */
  #push(key: number): void {
    const delegation = this.delegations.get(key);
    if (delegation === undefined) {
      return;
    }
    if (delegation.status === 'queued' && delegation.ready) {
      this.queue(delegation.callee, delegation.priority).push({ rank: delegation.turn, key });
    }
    if (delegation.dueAt !== null) {
      this.due.push({ rank: delegation.dueAt, key });
    }
  }

  queue(callee: string, priority: number): Heap {
    const name = `${priority} ${callee}`;
    const known = this.queues.get(name) ?? new Heap();
    this.queues.set(name, known);
    return known;
  }

  saveNotice(notice: Notice): void {
    this.set(this.notices, notice.key, notice);
    const pending = notice.acknowledgedAt === null;
    this.include(setOf(this.inboxes, notice.workspace), notice.key, pending);
  }

  dropNotice(notice: Notice): void {
    this.set(this.notices, notice.key, undefined);
    this.include(setOf(this.inboxes, notice.workspace), notice.key, false);
  }

  insertMemory(memory: Memory): void {
    this.set(this.memories, memory.key, { memory, terms: new Set(termsOf(memory.content)) });
  }

  saveWorkspace(workspace: Workspace, presenceMs: number): void {
    this.set(this.workspaces, workspace.id, workspace);
    this.set(this.dueWorkspaces, workspace.id, workspaceDueAt(workspace, presenceMs) ?? undefined);
  }
}

export function laneName(lane: { callee: string; caller: string; conversation: string | null }): string {
  return JSON.stringify([lane.callee, lane.caller, lane.conversation]);
}

export function listOf<K, V>(map: Map<K, V[]>, key: K): V[] {
  const known = map.get(key) ?? [];
  map.set(key, known);
  return known;
}

export function setOf<K, V>(map: Map<K, Set<V>>, key: K): Set<V> {
  const known = map.get(key) ?? new Set<V>();
  map.set(key, known);
  return known;
}

function put<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) {
    map.delete(key);
  } else {
    map.set(key, value);
  }
}

function mark<T>(set: Set<T>, value: T, isIn: boolean): void {
  if (isIn) {
    set.add(value);
  } else {
    set.delete(value);
  }
}
