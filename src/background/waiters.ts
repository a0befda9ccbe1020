/**
 * Who in this process waits for which ending, so that it is handed to them with the very commit that settles it and
 * nobody is told of it a second time.
 *
 * It is asked when an outcome is brought home: whoever is on the list then has the ending, and stays until it is there.
 */
import type { Event } from '../core/ports/index.ts';
import type { Line } from '../flow/index.ts';

export interface Ear {
  /** It has its ending: `collected`, where nobody else has to be told of it any more. */
  settled(isCollected: boolean): void;
  asked(): void;
  /** Nothing comes any more. */
  closed(): void;
}

/** As many as turns can have in hand while they are written. */
const TAKEN_MOST = 10_000;

export class Waiters {
  readonly #ears = new Map<number, Set<Ear>>();
  /** Their outcome is on its way to the store, and was promised to whoever waits; with those who want to know. */
  readonly #promised = new Map<number, (() => void)[]>();
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
      this.#promised.set(key, []);
    }
    return isAwaited;
  }

  /** The commit is made, or refused: nothing is promised any more. */
  kept(key: number): void {
    const waiting = this.#promised.get(key) ?? [];
    this.#promised.delete(key);
    for (const tell of waiting) {
      tell();
    }
  }

  /** Returns how to leave. */
  join(key: number, ear: Ear): () => void {
    if (this.#isClosed) {
      ear.closed();
      return () => {};
    }
    const ears = this.#ears.get(key);
    if (ears === undefined) {
      this.#ears.set(key, new Set([ear]));
    } else {
      ears.add(ear);
    }
    return () => {
      const held = this.#ears.get(key);
      if (held?.delete(ear) === true && held.size === 0) {
        this.#ears.delete(key);
      }
    };
  }

  /** Before somebody leaves: what was promised to them comes in a moment. */
  async free(key: number): Promise<void> {
    const waiting = this.#promised.get(key);
    if (waiting !== undefined) {
      await new Promise<void>((resolve) => waiting.push(resolve));
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

  isTaken(key: number): boolean {
    return this.#taken.has(key);
  }

  close(): void {
    this.#isClosed = true;
    const all = [...this.#ears.values()];
    this.#ears.clear();
    for (const ear of all.flatMap((ears) => [...ears])) {
      ear.closed();
    }
  }

  #hear({ type, delegation, data }: Event): void {
    const ears = delegation === null ? undefined : this.#ears.get(delegation);
    if (ears === undefined || delegation === null) {
      return;
    }
    if (type === 'delegation.settled') {
      this.#ears.delete(delegation);
      for (const ear of ears) {
        ear.settled(data['collected'] === true);
      }
    } else if (type === 'delegation.asked') {
      for (const ear of [...ears]) {
        ear.asked();
      }
    }
  }
}
