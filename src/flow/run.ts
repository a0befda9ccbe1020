/**
 * One delivery under way in this process, under the epoch it was dispatched with, until it is told to stop.
 *
 * Its signal is made when somebody listens: most deliveries to a function are over before anybody would.
 */
import type { Delegation } from '../core/delegation/index.ts';
import type { StopReason } from '../core/ports/index.ts';

export class Run {
  readonly key: number;
  readonly epoch: number;
  progressedAt = 0;
  #stopped: StopReason | undefined;
  #abort: AbortController | undefined;

  constructor({ key, epoch }: Pick<Delegation, 'key' | 'epoch'>) {
    this.key = key;
    this.epoch = epoch;
  }

  /** Why it was told to stop; the first reason counts. */
  get stopped(): StopReason | undefined {
    return this.#stopped;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#stopped !== undefined) {
        this.#abort.abort(this.#stopped);
      }
    }
    return this.#abort.signal;
  }

  stop(why: StopReason): void {
    this.#stopped ??= why;
    this.#abort?.abort(why);
  }
}
