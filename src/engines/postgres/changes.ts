/**
 * What one batch has changed, as it will be written: each row once, in its last form.
 */
import type { Batch, Delegation, LateResult, Request, Result } from '../../core/delegation/index.ts';
import type { Memory, MemoryCount } from '../../core/memory/index.ts';
import type { Event, Notice, Turn } from '../../core/ports/index.ts';
import type { Key, Message, Workspace } from '../../core/workspace/index.ts';
import { keyOf } from '../../core/ports/index.ts';
import type { Organisation, Remembered } from './sheet.ts';

/** As it was at the last commit, if it was there; and as it is now. */
export interface Changed {
  before: Delegation | undefined;
  after: Delegation;
}

export class Changes {
  readonly delegations = new Map<number, Changed>();
  readonly foreign = new Map<string, number>();
  readonly requests = new Map<number, Request>();
  readonly replacedRequests = new Map<number, Request>();
  readonly results = new Map<number, Result>();
  readonly late: LateResult[] = [];
  readonly events: { event: Event; data: string }[] = [];
  readonly notices = new Map<number, { notice: Notice; isNew: boolean }>();
  readonly batches = new Map<number, Batch>();
  readonly seats = new Map<string, Workspace>();
  readonly organisations = new Map<string, Organisation>();
  readonly turns = new Map<string, { turn: Turn; given: number }>();
  readonly remembered = new Map<string, { caller: string; key: string; what: Remembered }>();
  readonly keys = new Map<string, Key>();
  readonly messages: Message[] = [];
  readonly pruned = new Set<number>();
  prunedNotices: { before: number; kept: number; most: number } | undefined;
  readonly memories = new Map<number, Memory>();
  readonly forgotten = new Set<number>();
  /** Whose LOCAL ones go, all of them. */
  readonly forgottenLocal = new Set<string>();
  readonly memoryCounts = new Map<string, MemoryCount>();
  /** Of whom more than the counters changed. */
  readonly profiles = new Set<string>();
  readonly #at = new Map<string, Set<number>>();

  insert(delegation: Delegation, request: Request): void {
    this.requests.set(delegation.key, request);
    this.#set({ before: undefined, after: delegation });
    if (keyOf('dlg', delegation.id) !== delegation.key) {
      this.foreign.set(delegation.id, delegation.key);
    }
  }

  update(before: Delegation | undefined, after: Delegation): void {
    const held = this.delegations.get(after.key);
    this.#set({ before: held === undefined ? before : held.before, after });
  }

  #set(changed: Changed): void {
    const { key, callee } = changed.after;
    this.delegations.set(key, changed);
    const keys = this.#at.get(callee) ?? new Set<number>();
    this.#at.set(callee, keys.add(key));
  }

  get isEmpty(): boolean {
    const { delegations, notices, batches, seats, keys, remembered, replacedRequests, pruned } = this;
    const { events, late, messages, memories, forgotten, forgottenLocal } = this;
    const rows = [delegations, notices, batches, seats, keys, remembered, replacedRequests, pruned];
    const sizes = [...rows, memories, forgotten, forgottenLocal].map(({ size }) => size);
    const lengths = [events, late, messages].map(({ length }) => length);
    return this.prunedNotices === undefined && [...sizes, ...lengths].every((size) => size === 0);
  }

  seat(before: Workspace | undefined, after: Workspace): void {
    this.seats.set(after.id, after);
    if (before === undefined || profileChanged(before, after)) {
      this.profiles.add(after.id);
    }
  }

  /** Changed ones of a callee. */
  at(callee: string): Delegation[] {
    return [...(this.#at.get(callee) ?? [])].flatMap((key) => this.delegations.get(key)?.after ?? []);
  }

  all(): Delegation[] {
    return [...this.delegations.values()].map(({ after }) => after);
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
