/**
 * Waiting for endings: for one, for all, for any, for the first few.
 *
 * Whoever waits takes what ends meanwhile: nobody is told of it again. What is promised to somebody who is about to
 * leave is waited for a moment longer, so that it is never taken by nobody.
 */
import { ErrandError } from '../core/error.ts';
import type { Ended } from '../flow/index.ts';
import type { Ending, Waiting } from './background.ts';
import { closed } from './closed.ts';
import { endingFrom, endingOf, lostEnding, takeEnding } from './ending.ts';
import type { TaskHandle } from './handle.ts';
import type { House } from './house.ts';
import type { Ear } from './waiters.ts';
import { DURATION, requireFields, SIGNAL } from './wrong.ts';

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

export function requireWaiting(waiting: Waiting): void {
  requireFields('wait', waiting, { timeoutMs: DURATION, signal: SIGNAL });
}

/** In the order of the handles; those that were there in time. Rejects at its signal, and where all is shut down. */
export async function waitFor(house: House, wait: WaitFor): Promise<(Ending | undefined)[]> {
  wait.waiting.signal?.throwIfAborted();
  const wasClosed = house.closing.aborted;
  const enough = Promise.withResolvers<true>();
  const check = (): void => {
    const there = ears.filter((ear) => ear.ending !== undefined || ear.isClosed).length;
    if (there >= Math.min(wait.first, ears.length) || ears.some((ear) => ear.isAsked)) {
      enough.resolve(true);
    }
  };
  const ears = wait.handles.map((handle) => new WaitingEar(house, handle, { ...wait, heard: check }));
  const over = overOf(house, wait.waiting);
  for (const ear of ears) {
    ear.listen();
  }
  check();
  await Promise.race([enough.promise, over.promise]);
  over.forget();
  await Promise.all(ears.map(async (ear) => ear.leave()));
  if (ears.every((ear) => ear.ending === undefined)) {
    wait.waiting.signal?.throwIfAborted();
    if (wasClosed && ears.length > 0) {
      throw closed(house);
    }
  }
  return ears.map((ear) => ear.ending);
}

/** Of one, however long it takes; what there is of it where this is closed before. Most waits are this one. */
export function untilEnded(house: House, handle: TaskHandle, orClosed: () => Promise<Ending>): Promise<Ending> {
  const run = house.running.current;
  return new Promise((resolve) => {
    const ear = new WaitingEar(house, handle, {
      heard: () => resolve(ear.ending ?? orClosed()),
      onQuestion: run === undefined ? undefined : (asking) => run.passOn(asking),
    });
    ear.listen();
  });
}

interface Hearing extends Pick<WaitFor, 'orAsked'> {
  onQuestion?: ((handle: TaskHandle) => void) | undefined;
  /** It has its ending, or is asked, or nothing comes any more. */
  heard: () => void;
}

class WaitingEar implements Ear {
  ending: Ending | undefined;
  isAsked = false;
  isClosed = false;
  readonly #house: House;
  readonly #handle: TaskHandle;
  readonly #hearing: Hearing;
  #joined: number | undefined;
  /** It takes nothing any more that was not promised to it before. */
  #isLeaving = false;
  /** It has begun to take it: nobody else is told of it from then on. */
  #isTaking = false;
  /** The ending is on its way from the store. */
  #reading: Promise<void> | undefined;

  constructor(house: House, handle: TaskHandle, hearing: Hearing) {
    this.#house = house;
    this.#handle = handle;
    this.#hearing = hearing;
    this.ending = handle.ending;
  }

  /** Before it looks, so that nothing ends between the two. */
  listen(): void {
    if (this.ending !== undefined) {
      this.#hearing.heard();
      return;
    }
    if (this.#house.closing.aborted) {
      // The store may be gone: nothing is read of it any more.
      this.closed();
      return;
    }
    const { isFresh } = this.#handle;
    this.#join();
    this.#handle.whenAdmitted((admitted) => {
      if (admitted.kind === 'rejected') {
        this.#has({ ...lostEnding(this.#handle.id, this.#handle.to, admitted.message), reason: 'rejected' });
      } else if (!isFresh || admitted.kind === 'known') {
        this.#join();
        this.#reading ??= this.#read(async () => this.#look());
      }
    });
  }

  async leave(): Promise<void> {
    this.#isLeaving = true;
    // Nothing may be promised between the look and the leaving.
    while (this.#joined !== undefined && this.#house.waiters.isPromised(this.#joined)) {
      await this.#house.waiters.free(this.#joined);
    }
    this.#leave();
    await this.#reading;
  }

  settled(isCollected: boolean, ended?: Ended): void {
    this.#joined = undefined;
    // The last of a batch takes the notice of all: that is looked up.
    if (ended === undefined || ended.delegation.batch !== null) {
      this.#reading = this.#read(async () => this.#take(isCollected));
    } else {
      this.#has(endingFrom(ended.delegation, ended.result));
    }
  }

  asked(): void {
    this.#handle.seen('input_required');
    if (this.#hearing.orAsked === true) {
      this.isAsked = true;
      this.#hearing.heard();
    } else {
      this.#hearing.onQuestion?.(this.#handle);
    }
  }

  closed(): void {
    this.isClosed = true;
    this.#hearing.heard();
  }

  #join(): void {
    const { key } = this.#handle;
    if (key !== this.#joined && !this.#isLeaving) {
      this.#leave();
      this.#joined = key;
      if (key !== undefined) {
        this.#house.waiters.join(key, this);
      }
    }
  }

  #leave(): void {
    if (this.#joined !== undefined) {
      this.#house.waiters.leave(this.#joined, this);
      this.#joined = undefined;
    }
  }

  async #look(): Promise<void> {
    if (this.isClosed) {
      return;
    }
    if (this.#isTaking) {
      await this.#take(false);
      return;
    }
    const row = await this.#handle.row();
    if (this.#isLeaving) {
      return;
    }
    if (row === undefined) {
      this.#has(this.#lost('it is not kept any more'));
    } else if (row.status === 'input_required') {
      this.asked();
    } else if (row.settledAt !== null && this.#joined !== undefined) {
      // Once it is taken nobody else is told of it: also who is about to leave stays until it is there.
      await this.#read(async () => this.#take(false));
    }
  }

  async #take(isCollected: boolean): Promise<void> {
    const { key = -1 } = this.#handle;
    this.#isTaking = true;
    const ending = await (isCollected ? endingOf(this.#house, key) : takeEnding(this.#house, key));
    this.#has(ending ?? this.#lost('it is not kept any more'));
  }

  /** Never rejects: whoever waits is told that it cannot be read. */
  async #read(read: () => Promise<void>): Promise<void> {
    try {
      await read();
    } catch (error) {
      await this.#readLater(read, error);
    }
  }

  /** A store that is away is waited for; what is not taken by then is told at the next start. */
  async #readLater(read: () => Promise<void>, error: unknown): Promise<void> {
    const { closing, line } = this.#house;
    if (closing.aborted) {
      // There is no store any more.
      this.closed();
      return;
    }
    if (!(error instanceof ErrandError && error.code === 'unavailable')) {
      line.onFault(error);
      this.#has(this.#lost(`its ending cannot be read: ${String(error)}`));
      return;
    }
    await pauseForStore(this.#house);
    if (closing.aborted) {
      this.closed();
    } else {
      await this.#read(read);
    }
  }

  #lost(why: string): Ending {
    return lostEnding(this.#handle.id, this.#handle.to, why);
  }

  #has(ending: Ending): void {
    this.#leave();
    this.ending = this.#handle.settle(ending);
    this.#hearing.heard();
  }
}

/** For a store that is away; until this is closed at the latest. */
export async function pauseForStore(house: House): Promise<void> {
  const over = overOf(house, { timeoutMs: LOOK_AGAIN_MS, signal: house.closing });
  await (house.closing.aborted ? undefined : over.promise);
  over.forget();
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
