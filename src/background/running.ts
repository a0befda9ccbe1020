/**
 * Which function is at work where something is said: what it delegates is its child, and what it waits for frees its slot.
 *
 * A function begins outside of whatever delegated it, and its own frame is the only one that is made for it: the usual
 * `run` of the storage makes two and copies what was there before, which was three hundredths of a delegation (measured).
 */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import type { Run } from './run.ts';

export class Running {
  readonly #storage = new AsyncLocalStorage<Run>();
  readonly #outside = new AsyncResource('errand.function');

  get current(): Run | undefined {
    return this.#storage.getStore();
  }

  begin<T>(run: Run, call: (run: Run) => T): T {
    return this.#outside.runInAsyncScope(() => {
      this.#storage.enterWith(run);
      return call(run);
    });
  }

  /** Said by a function, from wherever: it may have handed its context on. */
  within<T>(run: Run, call: () => T): T {
    return this.#storage.run(run, call);
  }
}
