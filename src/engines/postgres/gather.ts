/**
 * Reads of single rows that are asked for in one turn of the event loop go out as one statement.
 *
 * After a commit of 64 commands 64 callers ask at once for what became of theirs. A read still begins after it was
 * asked for, so it sees every commit that was answered before (E6).
 */
import type { Clock } from '../../core/ports/index.ts';

export class Gather<Key extends string | number, Value> {
  readonly #clock: Pick<Clock, 'soon'>;
  readonly #read: (keys: Key[]) => Promise<Map<Key, Value>>;
  readonly #asked = new Set<Key>();
  #found: Promise<Map<Key, Value>> | undefined;

  constructor(clock: Pick<Clock, 'soon'>, read: (keys: Key[]) => Promise<Map<Key, Value>>) {
    this.#clock = clock;
    this.#read = read;
  }

  async one(key: Key): Promise<Value | undefined> {
    this.#asked.add(key);
    this.#found ??= this.#next();
    return (await this.#found).get(key);
  }

  async #next(): Promise<Map<Key, Value>> {
    await new Promise<void>((resolve) => this.#clock.soon(resolve));
    const keys = [...this.#asked];
    this.#asked.clear();
    this.#found = undefined;
    return this.#read(keys);
  }
}
