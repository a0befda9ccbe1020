/**
 * How the tasks stood after the last commit, read from the store with every commit and kept outside of it: whatever
 * kind of store that is, and whoever has it open.
 */
import type { Delegation } from '../../../src/core/delegation/index.ts';
import { holdsSlot, isSettled } from '../../../src/core/delegation/index.ts';
import type { Commit, Engine } from '../../../src/core/ports/index.ts';

const PAGE = 10_000;

export class Rows {
  readonly #rows = new Map<number, Delegation>();
  readonly #keys = new Map<string, number>();
  readonly #live = new Set<number>();
  readonly #children = new Map<number, number[]>();
  /** Those that were ever handed over. */
  readonly begun = new Set<number>();
  /** Those that go on, and said with the last commit that they had used more. */
  spenders: Delegation[] = [];

  get(key: number | null): Delegation | undefined {
    return this.#rows.get(key ?? -1);
  }

  byId(id: string): Delegation | undefined {
    return this.get(this.#keys.get(id) ?? null);
  }

  get all(): Delegation[] {
    return [...this.#rows.values()];
  }

  get live(): Delegation[] {
    return [...this.#live].flatMap((key) => this.get(key) ?? []);
  }

  childrenOf(key: number): Delegation[] {
    return (this.#children.get(key) ?? []).flatMap((child) => this.get(child) ?? []);
  }

  /** It, and everything under it. */
  tree(key: number): Delegation[] {
    const row = this.get(key);
    const below = this.childrenOf(key).flatMap((child) => this.tree(child.key));
    return row === undefined ? below : [row, ...below];
  }

  /** Those that hold a slot, by the seat whose slot it is. */
  holding(): Map<string, Delegation[]> {
    return Map.groupBy(
      this.live.filter(({ status }) => holdsSlot(status)),
      ({ callee }) => callee,
    );
  }

  /** What a commit changed. */
  async follow(engine: Engine, { events }: Commit): Promise<void> {
    this.spenders = [];
    for (const { type, delegation } of events) {
      if (type === 'delegation.dispatched') {
        this.begun.add(delegation ?? -1);
      }
    }
    for (const key of new Set(events.flatMap(({ delegation }) => delegation ?? []))) {
      const row = await engine.delegation({ key });
      if (row !== undefined) {
        if (!isSettled(row.status) && tokensOf(row) > tokensOf(this.get(key))) {
          this.spenders.push(row);
        }
        this.#set(row);
      }
    }
  }

  /** What a store that was opened again has otherwise than it was written. */
  async differences(engine: Engine): Promise<string[]> {
    const found = new Map((await engine.delegations({ limit: PAGE })).map((row) => [row.key, row]));
    return this.all.flatMap((row) => {
      const now = found.get(row.key);
      if (now === undefined) {
        return [`${row.id} is gone`];
      }
      return now.version === row.version && now.status === row.status
        ? []
        : [`${row.id} was ${row.status} (${row.version}), and is ${now.status} (${now.version})`];
    });
  }

  #set(row: Delegation): void {
    if (!this.#rows.has(row.key)) {
      this.#keys.set(row.id, row.key);
      if (row.parent !== null) {
        this.#children.set(row.parent, [...(this.#children.get(row.parent) ?? []), row.key]);
      }
    }
    this.#rows.set(row.key, { ...row });
    if (isSettled(row.status)) {
      this.#live.delete(row.key);
    } else {
      this.#live.add(row.key);
    }
  }
}

export function tokensOf(row: Delegation | undefined): number {
  return row?.detail.usage?.inputTokens ?? 0;
}
