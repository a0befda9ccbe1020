/**
 * Lets the oracle look at the store after each commit, while nobody writes.
 *
 * Commits of several platforms may run into each other, where the store takes its time; then the oracle looks when
 * all of them are through, and takes them in the order of the log.
 */
import type { Command, Commit, Engine } from '../../src/core/ports/index.ts';

export interface Entry {
  commit: Commit;
  commands: readonly Command[];
}

export interface Watcher {
  /** After every commit, with what it said; the store is quiet meanwhile. */
  onCommits(entries: readonly Entry[], engine: Engine): Promise<void>;
}

export class Books {
  readonly #watcher: Watcher;
  #open = 0;
  #entries: Entry[] = [];
  #waiting: (() => void)[] = [];
  #isLooking = false;

  constructor(watcher: Watcher) {
    this.#watcher = watcher;
  }

  async commit(engine: Engine, commands: readonly Command[]): Promise<Commit> {
    while (this.#isLooking) {
      await this.#looked();
    }
    this.#open += 1;
    let commit: Commit;
    try {
      commit = await engine.apply(commands);
      this.#entries.push({ commit, commands });
    } finally {
      this.#open -= 1;
    }
    await (this.#open === 0 ? this.#look(engine) : this.#looked());
    return commit;
  }

  async #look(engine: Engine): Promise<void> {
    this.#isLooking = true;
    const entries = this.#entries.toSorted((left, right) => firstSeq(left) - firstSeq(right));
    this.#entries = [];
    await this.#watcher.onCommits(entries, engine);
    this.#isLooking = false;
    for (const goOn of this.#waiting.splice(0)) {
      goOn();
    }
  }

  async #looked(): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.push(() => resolve()));
  }
}

function firstSeq({ commit }: Entry): number {
  return commit.events[0]?.seq ?? Number.POSITIVE_INFINITY;
}
