/**
 * What the law may read and write while it carries out one command. Synchronous: nothing waits inside a transaction.
 *
 * An engine whose storage answers later (PostgreSQL) loads ahead and runs the command again on a miss; the law is
 * pure, so running it twice is harmless. What is written through it becomes visible to the next command of the same
 * batch at once, and to everybody else with the commit (law 2).
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
} from '../delegation/index.ts';
import type { Memory, MemoryCount, MemoryHead } from '../memory/index.ts';
import type { Key, Message, Workspace } from '../workspace/index.ts';
import type { Happening } from './event.ts';
import type { IdKind } from './ids.ts';
import type { Notice } from './notice.ts';

export interface Turn {
  callee: string;
  caller: string;
  priority: Priority;
}

export interface Transaction {
  readonly now: number;
  readonly limits: Limits;
  /** This process: the one that will hand over what a commit dispatched. */
  readonly owner: string;
  /** A new key and the id that carries it. */
  mint(kind: IdKind): { key: number; id: string };
  /** The random part of an id whose key is given. */
  random(): string;

  delegation(ref: Ref): Delegation | undefined;
  insertDelegation(delegation: Delegation, request: Request): void;
  updateDelegation(before: Delegation, after: Delegation): void;
  /** What was asked is replaced only where an agent's own record is adopted. */
  replaceRequest(key: number, request: Request): void;
  insertResult(key: number, result: Result): void;
  countLate(key: number): number;
  insertLate(late: LateResult): void;

  /** The first of a band that waits at a callee and is held back by nothing of its own. */
  firstQueued(callee: string, priority: Priority): Delegation | undefined;
  /** The oldest one alive in a lane, the given one aside. */
  firstInLane(lane: LaneKey, apart: number): Delegation | undefined;
  turnGiven(turn: Turn): number;
  setTurn(turn: Turn, given: number): void;
  liveChildren(parent: number): Delegation[];
  countLiveUnder(root: number): number;
  /** Alive at a callee, for a removal; at most `most`. */
  liveAt(callee: string, most: number): Delegation[];

  workspace(id: string): Workspace | undefined;
  saveWorkspace(workspace: Workspace): void;
  queuedIn(org: string): number;
  addQueued(org: string, delta: number): void;

  batch(key: number): Batch | undefined;
  saveBatch(batch: Batch): void;

  remembered(
    caller: string,
    key: string,
  ): { hash: string; delegation: number | null; batch: number | null } | undefined;
  remember(caller: string, key: string, what: { hash: string; delegation: number | null; batch: number | null }): void;

  notice(key: number): Notice | undefined;
  /** Oldest first; with `tries`, only those that were delivered less often. */
  freeNotices(workspace: string, most: number, tries?: number): Notice[];
  insertNotice(notice: Notice): void;
  updateNotice(notice: Notice): void;

  key(id: string): Key | undefined;
  saveKey(key: Key): void;
  countKeys(workspace: string): number;

  append(happening: Happening): void;
  prune(before: number, most: number): number;

  /** The files that it names are used from now on, those of them that are there. */
  insertMessage(message: Message): void;
  memory(key: number): MemoryHead | undefined;
  insertMemory(memory: Memory): void;
  forgetMemory(memory: MemoryHead): void;
  /** All LOCAL ones of a workspace. */
  forgetLocal(workspace: string): void;
  countMemories(workspace: string): MemoryCount;
}
