/**
 * Notices that nothing was heard for a while, at the cost of one timer however much is heard.
 *
 * A connection can be gone without either side being told: a cable, a sleeping machine, a wall that forgot it.
 */
import type { Clock, Timer } from '../core/ports/index.ts';

export class Silence {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #tell: () => void;
  #wasHeard = true;
  #timer: Timer | undefined;

  constructor(clock: Clock, ms: number, tell: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#tell = tell;
    this.#again();
  }

  heard(): void {
    this.#wasHeard = true;
  }

  end(): void {
    this.#timer?.cancel();
  }

  #again(): void {
    this.#timer = this.#clock.after(this.#ms, () => {
      if (this.#wasHeard) {
        this.#wasHeard = false;
        this.#again();
      } else {
        this.#tell();
      }
    });
  }
}
