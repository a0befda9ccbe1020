/**
 * Something changed: who waits looks again. A ring while nobody waits is kept for whoever comes next.
 */
import type { Clock } from '../../core/ports/index.ts';
import { pause } from '../pause.ts';

export class Bell {
  #rung = new AbortController();

  ring(): void {
    this.#rung.abort();
  }

  /** Until it rings, or so long. */
  async wait(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
    const { signal: rung } = this.#rung;
    await pause(clock, ms, signal === undefined ? rung : AbortSignal.any([rung, signal]));
    if (rung.aborted) {
      this.#rung = new AbortController();
    }
  }
}
