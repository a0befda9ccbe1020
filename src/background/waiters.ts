/**
 * Who in this process waits for which ending, so that it is handed to them with the very commit that settles it and
 * nobody is told of it a second time.
 *
 * It is asked when an outcome is brought home: whoever is on the list then has the ending, and stays until it is there.
 */
import { ByKey } from '../core/by-key.ts';
import type { Event } from '../core/ports/index.ts';
import type { Ended, Line } from '../flow/index.ts';

export interface Ear {
  /** It has its ending: collected, where nobody else has to be told of it; and here, where it was brought along. */
  settled(isCollected: boolean, ended?: Ended): void;
  asked(): void;
  /** Nothing comes any more. */
  closed(): void;
}

/** An outcome on its way to the store, which was promised to whoever waits. */
interface Promised {
  isWritten: boolean;
  /** Those who want to leave, once it is known what came of it. */
  leaving: (() => void)[] | undefined;
}

/** As many as turns can have in hand while they are written. */
const TAKEN_MOST = 10_000;

export class Waiters {
  readonly #ears = new ByKey<readonly Ear[]>();
  readonly #promised = new ByKey<Promised>();
  readonly #taken = new Set<number>();
  #isClosed = false;

  /** Wires it to the line; returns how to leave. */
  listenTo(line: Line): () => void {
    line.awaited = this;
    return line.hub.onAll((event) => this.#hear(event));
  }

  /** Whoever waits now has the ending with the commit that writes it. */
  promise(key: number): boolean {
    const isAwaited = this.#ears.has(key);
    if (isAwaited) {
      this.#promised.set(key, { isWritten: false, leaving: undefined });
    }
    return isAwaited;
  }

  /** The commit is made, or refused: nothing is promised any more. */
  kept(key: number, ended?: Ended): void {
    const promised = this.#promised.get(key);
    this.#promised.delete(key);
    if (ended !== undefined || promised?.isWritten === true) {
      this.#settle(key, true, ended);
    }
    for (const leave of promised?.leaving ?? []) {
      leave();
    }
  }

  join(key: number, ear: Ear): void {
    if (this.#isClosed) {
      ear.closed();
      return;
    }
    const others = this.#ears.get(key);
    this.#ears.set(key, others === undefined ? [ear] : [...others, ear]);
  }

  leave(key: number, ear: Ear): void {
    const left = this.#ears.get(key)?.filter((one) => one !== ear) ?? [];
    if (left.length > 0) {
      this.#ears.set(key, left);
    } else {
      this.#ears.delete(key);
    }
  }

  isPromised(key: number): boolean {
    return this.#promised.has(key);
  }

  /** Before somebody leaves: what was promised to them comes in a moment. */
  async free(key: number): Promise<void> {
    const promised = this.#promised.get(key);
    if (promised !== undefined) {
      promised.leaving ??= [];
      const { leaving } = promised;
      await new Promise<void>((resolve) => leaving.push(resolve));
    }
  }

  /** By the key of the task, or of the notice of its question. It is written down as well, a moment later. */
  take(key: number): void {
    this.#taken.add(key);
    if (this.#taken.size > TAKEN_MOST) {
      const [oldest = key] = this.#taken;
      this.#taken.delete(oldest);
    }
  }

  /** It was not taken after all: others are told. */
  giveBack(key: number): void {
    this.#taken.delete(key);
  }

  isTaken(key: number): boolean {
    return this.#taken.has(key);
  }

  close(): void {
    this.#isClosed = true;
    const all = [...this.#ears.values()].flat();
    this.#ears.clear();
    for (const ear of all) {
      ear.closed();
    }
  }

  #hear({ type, delegation, data }: Event): void {
    if (delegation !== null && type === 'delegation.settled') {
      const isCollected = data['collected'] === true;
      const promised = isCollected ? this.#promised.get(delegation) : undefined;
      if (promised === undefined) {
        this.#settle(delegation, isCollected);
      } else {
        // Whoever wrote it brings it along in a moment.
        promised.isWritten = true;
      }
    } else if (delegation !== null && type === 'delegation.asked') {
      for (const ear of this.#ears.get(delegation) ?? []) {
        ear.asked();
      }
    }
  }

  #settle(key: number, isCollected: boolean, ended?: Ended): void {
    const ears = this.#ears.get(key);
    if (ears !== undefined) {
      this.#ears.delete(key);
      for (const ear of ears) {
        ear.settled(isCollected, ended);
      }
    }
  }
}
