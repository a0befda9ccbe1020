/**
 * Waiting for endings: for one, for all, for any, for the first few.
 *
 * Whoever waits takes what ends meanwhile: nobody is told of it again. What is promised to somebody who is about to
 * leave is waited for a moment longer, so that it is never taken by nobody.
 */
import { ErrandError } from '../core/error.ts';
import type { Ending, Waiting } from './background.ts';
import { endingOf, lostEnding, takeEnding } from './ending.ts';
import type { TaskHandle } from './handle.ts';
import type { House } from './house.ts';

const LOOK_AGAIN_MS = 500;

export interface WaitFor {
  handles: readonly TaskHandle[];
  /** So many of them are enough. */
  first: number;
  waiting: Waiting;
  /** A question ends the wait as well; otherwise it is for `onQuestion`. */
  orAsked?: boolean;
  onQuestion?: (handle: TaskHandle) => void;
}

/** In the order of the handles; those that were there in time. Rejects at its signal, and at nothing else. */
export async function waitFor(house: House, wait: WaitFor): Promise<(Ending | undefined)[]> {
  wait.waiting.signal?.throwIfAborted();
  const ears = wait.handles.map((handle) => new WaitingEar(house, handle, wait));
  const enough = Promise.withResolvers<true>();
  const check = (): void => {
    const there = ears.filter((ear) => ear.ending !== undefined || ear.isClosed).length;
    if (there >= Math.min(wait.first, ears.length) || ears.some((ear) => ear.isAsked)) {
      enough.resolve(true);
    }
  };
  const over = overOf(house, wait.waiting);
  for (const ear of ears) {
    void ear.listen(check);
  }
  check();
  await Promise.race([enough.promise, over.promise]);
  over.forget();
  await Promise.all(ears.map(async (ear) => ear.leave()));
  if (ears.every((ear) => ear.ending === undefined)) {
    wait.waiting.signal?.throwIfAborted();
  }
  return ears.map((ear) => ear.ending);
}

class WaitingEar {
  ending: Ending | undefined;
  isAsked = false;
  isClosed = false;
  readonly #house: House;
  readonly #handle: TaskHandle;
  readonly #wait: WaitFor;
  #leave: (() => void) | undefined;
  #check = (): void => {};
  /** The ending is on its way from the store. */
  #reading: Promise<void> | undefined;

  constructor(house: House, handle: TaskHandle, wait: WaitFor) {
    this.#house = house;
    this.#handle = handle;
    this.#wait = wait;
    this.ending = handle.ending;
  }

  /** Before it looks, so that nothing ends between the two. Never rejects. */
  async listen(check: () => void): Promise<void> {
    this.#check = check;
    if (this.ending !== undefined) {
      return;
    }
    if (this.#house.closing.aborted) {
      // The store may be gone: nothing is read of it any more.
      this.#close();
      return;
    }
    const isFresh = this.#handle.isFresh;
    this.#join();
    const admitted = await this.#handle.accepted;
    if (admitted.kind === 'rejected') {
      this.#has({ ...lostEnding(this.#handle.id, this.#handle.to, admitted.message), reason: 'rejected' });
    } else if (!isFresh || admitted.kind === 'known') {
      this.#join();
      await this.#look();
    }
  }

  async leave(): Promise<void> {
    const { key } = this.#handle;
    if (key !== undefined && this.ending === undefined) {
      await this.#house.waiters.free(key);
      await this.#reading;
    }
    this.#leave?.();
  }

  #join(): void {
    const { key } = this.#handle;
    this.#leave?.();
    this.#leave =
      key === undefined
        ? undefined
        : this.#house.waiters.join(key, {
            settled: (isCollected) => this.#read(isCollected),
            asked: () => this.#heardQuestion(),
            closed: () => this.#close(),
          });
  }

  async #look(): Promise<void> {
    const row = await this.#handle.row();
    if (row === undefined) {
      this.#has(lostEnding(this.#handle.id, this.#handle.to, 'it is not kept any more'));
    } else if (row.status === 'input_required') {
      this.#heardQuestion();
    } else if (row.settledAt !== null && this.#reading === undefined) {
      this.#read(false);
    }
  }

  #read(isCollected: boolean): void {
    this.#reading = this.#take(isCollected);
  }

  async #take(isCollected: boolean): Promise<void> {
    const { key = -1, id, to } = this.#handle;
    try {
      const ending = await (isCollected ? endingOf(this.#house, key) : takeEnding(this.#house, key));
      this.#has(ending ?? lostEnding(id, to, 'it is not kept any more'));
    } catch (error) {
      await this.#takeLater(isCollected, error);
    }
  }

  /** A store that is away is waited for; what is not taken by then is told at the next start. */
  async #takeLater(isCollected: boolean, error: unknown): Promise<void> {
    const { closing, line } = this.#house;
    const { id, to } = this.#handle;
    if (!(error instanceof ErrandError && error.code === 'unavailable')) {
      line.onFault(error);
      this.#has(lostEnding(id, to, `its ending cannot be read: ${String(error)}`));
      return;
    }
    const over = overOf(this.#house, { timeoutMs: LOOK_AGAIN_MS, signal: closing });
    await (closing.aborted ? undefined : over.promise);
    over.forget();
    if (closing.aborted) {
      this.#close();
    } else {
      await this.#take(isCollected);
    }
  }

  #has(ending: Ending): void {
    this.ending = this.#handle.settle(ending);
    this.#check();
  }

  #heardQuestion(): void {
    this.#handle.seen('input_required');
    if (this.#wait.orAsked === true) {
      this.isAsked = true;
      this.#check();
    } else {
      this.#wait.onQuestion?.(this.#handle);
    }
  }

  #close(): void {
    this.isClosed = true;
    this.#check();
  }
}

function overOf({ clock }: House, { timeoutMs, signal }: Waiting) {
  const { promise, resolve } = Promise.withResolvers<true>();
  const isOver = (): void => resolve(true);
  const timer = timeoutMs === undefined ? undefined : clock.after(timeoutMs, isOver);
  signal?.addEventListener('abort', isOver, { once: true });
  return {
    promise,
    forget(): void {
      timer?.cancel();
      signal?.removeEventListener('abort', isOver);
    },
  };
}
