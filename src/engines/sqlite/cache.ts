/**
 * What was written lately, as of the last commit. This process is the only writer (E8), so it is what is there.
 *
 * A callee's seat and a delegation under way are read by every command that touches them; without this each batch
 * would read and parse them again. Bounded: kept in two halves, and when the newer one is full the older one goes whole,
 * because taking out one entry after another is what makes a map slow.
 */
import type { Workspace } from '../../core/workspace/index.ts';
import type { Chains } from './rows.ts';

export interface Seat {
  workspace: Workspace;
  chains: Chains;
}

export class Cache<K, V> {
  readonly #half: number;
  #newer = new Map<K, V>();
  #older = new Map<K, V>();

  constructor(most: number) {
    this.#half = Math.ceil(most / 2);
  }

  get(key: K): V | undefined {
    return this.#newer.get(key) ?? this.#older.get(key);
  }

  set(key: K, value: V): void {
    if (this.#newer.size >= this.#half) {
      this.#older = this.#newer;
      this.#newer = new Map();
    }
    this.#newer.set(key, value);
  }

  delete(key: K): void {
    this.#newer.delete(key);
    this.#older.delete(key);
  }
}
