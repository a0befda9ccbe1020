/**
 * The steps of one attempt on their way to the platform: one each second, the last one kept, nobody waits for it.
 */
import type { Clock, Timer } from '../../core/ports/index.ts';
import { boundedProgress, type Progress } from '../../core/progress.ts';

const EVERY_MS = 1000;

export class ProgressLine {
  readonly #clock: Clock;
  readonly #send: (step: Progress) => Promise<void>;
  #kept: Progress | undefined;
  #timer: Timer | undefined;
  #isOver = false;

  /** `send` never rejects. */
  constructor(clock: Clock, send: (step: Progress) => Promise<void>) {
    this.#clock = clock;
    this.#send = send;
  }

  say(step: Progress): void {
    if (this.#isOver) {
      return;
    }
    this.#kept = boundedProgress(step);
    if (this.#timer === undefined) {
      this.#sendKept();
    }
  }

  end(): void {
    this.#isOver = true;
    this.#kept = undefined;
    this.#timer?.cancel();
  }

  #sendKept(): void {
    const step = this.#kept;
    this.#kept = undefined;
    if (step !== undefined) {
      void this.#send(step);
    }
    this.#timer = step === undefined || this.#isOver ? undefined : this.#clock.after(EVERY_MS, () => this.#sendKept());
  }
}
