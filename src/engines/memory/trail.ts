/**
 * Keys in the order of their making, the oldest first. Those whose rows have gone are left where they stand until
 * they are more than half of it, so that letting one go costs the same however long the trail is.
 */
export class Trail {
  #keys: number[] = [];
  #gone = 0;

  append(key: number): void {
    this.#keys.push(key);
  }

  /** Takes back the last `append`. */
  pop(): void {
    this.#keys.pop();
  }

  /** One of its rows is not there any more; true when none is left. */
  forget(isThere: (key: number) => boolean): boolean {
    this.#gone += 1;
    if (this.#gone * 2 > this.#keys.length) {
      this.#keys = this.#keys.filter(isThere);
      this.#gone = 0;
    }
    return this.#keys.length === 0;
  }

  *oldestFirst(): IterableIterator<number> {
    yield* this.#keys;
  }

  *newestFirst(): IterableIterator<number> {
    for (let index = this.#keys.length - 1; index >= 0; index -= 1) {
      yield this.#keys[index] ?? 0;
    }
  }
}
