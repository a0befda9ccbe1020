/**
 * What is known of the store as of the last commit: single rows, and the beginnings of lists.
 *
 * It stays true for as long as nobody else writes; the counter in the one row that every commit takes says whether
 * somebody did. Then it is thrown away, and so it is when it has grown too large: everything in it can be read again.
 */
import type { Batch, Delegation, LaneKey, Priority } from '../../core/delegation/index.ts';
import type { MemoryCount, MemoryHead } from '../../core/memory/index.ts';
import type { Notice, Turn } from '../../core/ports/index.ts';
import type { Key, Workspace } from '../../core/workspace/index.ts';
import { nameOf } from './needs.ts';

const DELEGATIONS_MAX = 20_000;
const SEATS_MAX = 20_000;

export interface Organisation {
  queued: number;
  head: string;
}

export interface Remembered {
  hash: string;
  delegation: number | null;
  batch: number | null;
}

/** The first of a list in its order; whether that is all of it. */
export interface Beginning<T> {
  rows: T[];
  isWhole: boolean;
  /** How many were asked for. */
  asked: number;
}

/** Null stands for what is known not to be there. */
export class Sheet {
  readonly delegations = new Map<number, Delegation | null>();
  readonly foreign = new Map<string, number | null>();
  readonly seats = new Map<string, Workspace | null>();
  readonly organisations = new Map<string, Organisation>();
  readonly turns = new Map<string, number>();
  readonly batches = new Map<number, Batch | null>();
  readonly remembered = new Map<string, Remembered | null>();
  readonly notices = new Map<number, Notice | null>();
  readonly keys = new Map<string, Key | null>();
  /** By callee and band. */
  readonly queues = new Map<string, Beginning<Delegation>>();
  /** Lists that are known for one batch only. */
  readonly lanes = new Map<string, Delegation[]>();
  readonly children = new Map<number, Delegation[]>();
  readonly under = new Map<number, number>();
  readonly liveAt = new Map<string, Delegation[]>();
  readonly inboxes = new Map<string, Notice[]>();
  readonly keyCounts = new Map<string, number>();
  readonly late = new Map<number, number>();
  readonly oldest = new Map<number, Old[]>();
  readonly memories = new Map<number, MemoryHead | null>();
  readonly memoryCounts = new Map<string, MemoryCount>();

  get isFull(): boolean {
    return this.delegations.size > DELEGATIONS_MAX || this.seats.size > SEATS_MAX;
  }

  forgetLists(): void {
    for (const map of [this.lanes, this.children, this.under, this.liveAt, this.inboxes, this.keyCounts, this.late]) {
      map.clear();
    }
    this.oldest.clear();
    this.memories.clear();
    this.remembered.clear();
  }
}

/** A row at the old end, as the pruner sees it. */
export interface Old {
  key: number;
  settledAt: number | null;
  isUntold: boolean;
}

export function queueName(callee: string, priority: Priority): string {
  return `${priority}:${callee}`;
}

export function laneName(lane: LaneKey): string {
  return nameOf([lane.callee, lane.caller, lane.conversation]);
}

export function turnName(turn: Turn): string {
  return nameOf([turn.callee, turn.caller, turn.priority]);
}

export function byTurn(left: Delegation, right: Delegation): number {
  return left.turn - right.turn || left.key - right.key;
}
