/**
 * Which settled delegations go where only the newest are kept: the longest settled first, never one that somebody
 * still has to be told of, and none whose children live.
 *
 * One that may not go yet stands aside until what keeps it has changed, and then waits its turn as if it had just
 * ended. So each is looked at once, and once more for each such change, however many there are.
 */
import { isSettled, type Delegation } from '../../core/delegation/index.ts';
import type { Tables } from './tables.ts';

export class Ended {
  readonly #tables: Tables;
  #keys: number[] = [];
  /** Where the oldest stands in `keys`; what is before it has gone. */
  #first = 0;
  /** How many there were when the batch began. */
  #begun = 0;
  readonly #aside = new Set<number>();
  #isBounded = false;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  add({ key, parent }: Delegation): void {
    if (this.#isBounded) {
      this.#keys.push(key);
      this.lookAgain(parent === null ? [] : [parent]);
    }
  }

  /** What kept these may have changed. */
  lookAgain(keys: Iterable<number>): void {
    if (this.#aside.size > 0) {
      for (const key of keys) {
        if (this.#aside.has(key)) {
          this.#keys.push(key);
        }
      }
    }
  }

  /** Between two batches. */
  keepNewest(most = Infinity): void {
    this.#isBounded = Number.isFinite(most);
    while (this.#keys.length - this.#first > most) {
      this.#look(this.#keys[this.#first] ?? 0);
      this.#first += 1;
    }
    if (this.#first * 2 > this.#keys.length) {
      this.#keys = this.#keys.slice(this.#first);
      this.#first = 0;
    }
    this.#begun = this.#keys.length;
  }

  cutBack(): void {
    this.#keys.length = this.#begun;
  }

  #look(key: number): void {
    const row = this.#tables.delegations.get(key);
    this.#aside.delete(key);
    if (row === undefined || !isSettled(row.status)) {
      return;
    }
    if (this.#tables.isUntold(row) || this.#hasLiveChild(key)) {
      this.#aside.add(key);
    } else {
      this.#tables.dropDelegation(row);
    }
  }

  #hasLiveChild(key: number): boolean {
    const children = this.#tables.childrenOf.get(key);
    return children !== undefined && [...children].some((child) => this.#tables.live.has(child));
  }
}
