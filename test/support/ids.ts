/**
 * Chance and identity from a seed: the same seed gives the same keys, ids and draws. Implements the port of the core.
 */
import { ID_LETTERS, RANDOM_LENGTH, type Ids } from '../../src/core/ports/index.ts';

export class SeededIds implements Ids {
  #key: number;
  #state: number;

  constructor(seed = 1, firstKey = 1_000_000) {
    this.#state = seed >>> 0;
    this.#key = firstKey;
  }

  key(): number {
    this.#key += 1;
    return this.#key;
  }

  above(key: number): void {
    this.#key = Math.max(this.#key, key);
  }

  random(): string {
    return Array.from({ length: RANDOM_LENGTH }, () => ID_LETTERS.charAt(Math.floor(this.chance() * 32))).join('');
  }

  /** mulberry32: 32 bits of state, good enough to shuffle a test and small enough to read. */
  chance(): number {
    this.#state = (this.#state + 0x6d_2b_79_f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}
