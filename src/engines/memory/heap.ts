/**
 * A binary heap whose entries may go stale: what no longer belongs is dropped when it reaches the top.
 *
 * Rows change their place by being pushed again; nothing is searched for. That keeps every operation logarithmic.
 */
export interface Entry {
  rank: number;
  key: number;
}

export class Heap {
  readonly #entries: Entry[] = [];

  push(entry: Entry): void {
    const entries = this.#entries;
    let index = entries.push(entry) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (!isBefore(entry, at(entries, above))) {
        break;
      }
      entries[index] = at(entries, above);
      index = above;
    }
    entries[index] = entry;
  }

  /** The first entry that still holds; those before it are gone for good. */
  first(holds: (entry: Entry) => boolean): Entry | undefined {
    for (;;) {
      const top = this.#entries[0];
      if (top === undefined || holds(top)) {
        return top;
      }
      this.#drop();
    }
  }

  /** Every entry that holds, in no order. */
  *live(holds: (entry: Entry) => boolean): IterableIterator<Entry> {
    for (const entry of this.#entries) {
      if (holds(entry)) {
        yield entry;
      }
    }
  }

  #drop(): void {
    const entries = this.#entries;
    const last = entries.pop();
    if (last === undefined || entries.length === 0) {
      return;
    }
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= entries.length) {
        break;
      }
      const right = left + 1;
      const child = right < entries.length && isBefore(at(entries, right), at(entries, left)) ? right : left;
      if (!isBefore(at(entries, child), last)) {
        break;
      }
      entries[index] = at(entries, child);
      index = child;
    }
    entries[index] = last;
  }
}

function isBefore(left: Entry, right: Entry): boolean {
  return left.rank < right.rank || (left.rank === right.rank && left.key < right.key);
}

function at(entries: Entry[], index: number): Entry {
  const entry = entries[index];
  if (entry === undefined) {
    throw new RangeError(`The heap has no entry ${index}.`);
  }
  return entry;
}
