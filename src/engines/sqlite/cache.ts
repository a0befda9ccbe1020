/**
 * What was written lately, as of the last commit. This process is the only writer (E8), so it is what is there.
 *
 * A callee's seat and a delegation under way are read by every command that touches them; without this each batch
 * would read and parse them again. Bounded, the longest unwritten out first.
 */
import type { Workspace } from '../../core/workspace/index.ts';
import type { Chains } from './rows.ts';

export interface Seat {
  workspace: Workspace;
  chains: Chains;
}

export class Cache<K, V> {
  readonly #entries = new Map<K, V>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#most) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) {
        this.#entries.delete(oldest);
      }
    }
  }

  delete(key: K): void {
    this.#entries.delete(key);
  }
}
