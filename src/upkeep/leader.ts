/**
 * Of the processes that share a store one looks after what time does; the store says which, for a term at a time.
 *
 * It saves work and protects nothing: whatever upkeep asks for is decided by the law against the row, so two that
 * lead for a moment only ask twice. A leader that stands still loses the term with the time, and another takes it.
 */
import type { Timer } from '../core/ports/index.ts';
import type { Line } from '../flow/index.ts';

const TERM_MS = 3000;
const EVERY_MS = 1000;

export class Leader {
  readonly #line: Line;
  readonly #onTerm: () => void;
  #until = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(line: Line, onTerm: () => void) {
    this.#line = line;
    this.#onTerm = onTerm;
  }

  get isLeading(): boolean {
    return this.#line.clock.now() < this.#until;
  }

  /** A store that one process has open is led by it, always. */
  async start(): Promise<void> {
    if (this.#line.engine.exclusive) {
      this.#until = Number.POSITIVE_INFINITY;
    } else {
      await this.#stand();
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#until = Number.NEGATIVE_INFINITY;
    this.#timer?.cancel();
  }

  async #stand(): Promise<void> {
    const { engine, clock, onFault } = this.#line;
    const was = this.isLeading;
    const from = clock.now();
    try {
      this.#until = (await engine.lead(TERM_MS)) ? from + TERM_MS : Number.NEGATIVE_INFINITY;
    } catch (error) {
      // The term that it has runs out by itself.
      onFault(error);
    }
    if (this.#stopped) {
      this.#until = Number.NEGATIVE_INFINITY;
      return;
    }
    this.#timer = clock.after(EVERY_MS, () => void this.#stand());
    if (this.isLeading && !was) {
      this.#onTerm();
    }
  }
}
