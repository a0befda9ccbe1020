/**
 * A binary heap whose entries may go stale: what no longer holds is dropped when it reaches the top, and all of it
 * whenever the heap has doubled.
 *
 * Rows change their place by being pushed again; nothing is searched for. That keeps every operation logarithmic,
 * and what is kept within twice of what holds. Ranks and keys lie apart, so that an entry costs two numbers.
 */
export type Holds = (key: number, rank: number) => boolean;

const SWEPT_FROM = 64;

export class Heap {
  readonly #holds: Holds;
  #ranks: number[] = [];
  #keys: number[] = [];
  #sweepAt = SWEPT_FROM;

  constructor(holds: Holds) {
    this.#holds = holds;
  }

  get size(): number {
    return this.#keys.length;
  }

  push(key: number, rank: number): void {
    if (this.#keys.length === this.#sweepAt) {
      this.#sweep();
    }
    this.#keys.push(key);
    this.#ranks.push(rank);
    this.#rise(this.#keys.length - 1, key, rank);
  }

  /** The first entry that still holds; those before it are gone for good. */
  first(): { key: number; rank: number } | undefined {
    for (;;) {
      const [key, rank] = [this.#keys[0], this.#ranks[0]];
      if (key === undefined || rank === undefined) {
        return undefined;
      }
      if (this.#holds(key, rank)) {
        return { key, rank };
      }
      this.#drop();
    }
  }

  #rise(from: number, key: number, rank: number): void {
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (!this.#isAfter(above, key, rank)) {
        break;
      }
      this.#move(above, index);
      index = above;
    }
    this.#put(index, key, rank);
  }

  #drop(): void {
    const [key, rank] = [this.#keys.pop(), this.#ranks.pop()];
    if (key === undefined || rank === undefined || this.#keys.length === 0) {
      return;
    }
    let index = 0;
    for (;;) {
      const child = this.#earlierChild(index);
      if (child === undefined || this.#isAfter(child, key, rank)) {
        break;
      }
      this.#move(child, index);
      index = child;
    }
    this.#put(index, key, rank);
  }

  #earlierChild(index: number): number | undefined {
    const left = 2 * index + 1;
    const right = left + 1;
    if (left >= this.#keys.length) {
      return undefined;
    }
    const isLeft = right >= this.#keys.length || this.#isAfter(right, this.#key(left), this.#rank(left));
    return isLeft ? left : right;
  }

  /** In the order of their ranks they are a heap already. */
  #sweep(): void {
    const held = this.#keys
      .map((key, index) => ({ key, rank: this.#rank(index) }))
      .filter(({ key, rank }) => this.#holds(key, rank))
      .toSorted((left, right) => left.rank - right.rank || left.key - right.key);
    this.#keys = held.map(({ key }) => key);
    this.#ranks = held.map(({ rank }) => rank);
    this.#sweepAt = Math.max(SWEPT_FROM, 2 * held.length);
  }

  #isAfter(index: number, key: number, rank: number): boolean {
    const other = this.#rank(index);
    return other > rank || (other === rank && this.#key(index) > key);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#key(from), this.#rank(from));
  }

  #put(index: number, key: number, rank: number): void {
    this.#keys[index] = key;
    this.#ranks[index] = rank;
  }

  #key(index: number): number {
    return this.#keys[index] ?? Infinity;
  }

  #rank(index: number): number {
    return this.#ranks[index] ?? Infinity;
  }
}
