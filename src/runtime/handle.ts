/**
 * One delegation in the hands of its caller.
 *
 * It listens only while somebody waits for something of it, and then over the one connection that all of them share.
 * What it is told by an event it looks up before it believes it: the ending is read from where it is kept.
 */
import type { Status } from '../core/delegation/index.ts';
import { collect, collected, look, unknownEnding, type Seen } from './ending.ts';
import type { Ending, Handle, Standing, Step } from './errand.ts';
import type { LoggedEvent } from './follow.ts';
import { pause } from './pause.ts';
import { ask, pathOf, type Place } from './place.ts';
import { stepsOf } from './steps.ts';
import type { Taken } from './taken.ts';
import type { Ear, Watcher } from './watcher.ts';

/** What all handles share. */
export interface Shared {
  place: Place;
  watcher: Watcher;
  taken: Taken;
  /** Batches that somebody waits for. */
  awaited: Set<string>;
}

/** An event after which it stands so; of an ending the event says which. */
const STANDS: Readonly<Record<string, Status>> = {
  'delegation.queued': 'queued',
  'delegation.dispatched': 'dispatched',
  'delegation.delivered': 'in_progress',
  'delegation.asked': 'input_required',
  'delegation.answered': 'queued',
  'delegation.returned': 'queued',
};

export class DelegationHandle implements Handle, Ear {
  readonly id: string;
  readonly takesEnding = true;
  readonly #shared: Shared;
  readonly #isTold: boolean;
  #to: string;
  #status: Status;
  #ending: Ending | undefined;
  /** It is here, and is about to be collected: whoever stops waiting now has it all the same. */
  #taking: Ending | undefined;
  #done: PromiseWithResolvers<Ending> | undefined;
  /** Those who wait for a while: told the ending, or that it asks something. */
  #waiting: Set<(ending: Ending | undefined) => void> | undefined;
  #leave: (() => void) | undefined;

  /** `isTold`: its ending has a notice of its own; that of one in a batch has none. */
  constructor(shared: Shared, { id, to, status }: Standing, isTold = true) {
    this.#shared = shared;
    this.#isTold = isTold;
    this.id = id;
    this.#to = to;
    this.#status = status;
  }

  get to(): string {
    return this.#to;
  }

  get status(): Status {
    return this.#status;
  }

  get done(): Promise<Ending> {
    if (this.#done === undefined) {
      this.#done = Promise.withResolvers();
      if (this.#ending === undefined) {
        this.#listen();
      } else {
        this.#done.resolve(this.#ending);
      }
    }
    return this.#done.promise;
  }

  get events(): AsyncIterable<Step> {
    const { place, watcher } = this.#shared;
    return { [Symbol.asyncIterator]: () => stepsOf(place, watcher, this.id) };
  }

  async refresh(): Promise<Status> {
    this.#note(await look(this.#shared.place, this.id, 'patient'));
    return this.#status;
  }

  async wait({ timeoutMs, signal }: { timeoutMs?: number; signal?: AbortSignal } = {}): Promise<Ending | undefined> {
    signal?.throwIfAborted();
    if (this.#ending !== undefined) {
      return this.#ending;
    }
    const { clock, closed } = this.#shared.place;
    const over = new AbortController();
    const stop = AbortSignal.any([over.signal, closed, ...(signal === undefined ? [] : [signal])]);
    const { promise, resolve } = Promise.withResolvers<Ending | undefined>();
    this.#waiting ??= new Set();
    this.#waiting.add(resolve);
    this.#listen();
    const time = timeoutMs === undefined ? untilAborted(stop) : pause(clock, timeoutMs, stop);
    void time.then(() => resolve(this.#taking));
    try {
      const ending = await promise;
      if (ending === undefined) {
        signal?.throwIfAborted();
      }
      return ending;
    } finally {
      over.abort();
      this.#waiting?.delete(resolve);
      this.#rest();
    }
  }

  async question(): Promise<string | undefined> {
    const { place } = this.#shared;
    const seen = await look(place, this.id, 'patient');
    this.#note(seen);
    if (seen.question !== undefined) {
      await collect(place, pathOf(place, this.id), 'patient');
    }
    return seen.question;
  }

  async answer(text: string): Promise<Status> {
    return this.#act('/answer', { text });
  }

  async cancel(reason?: string): Promise<Status> {
    return this.#act('/cancel', reason === undefined ? {} : { reason });
  }

  toJSON(): Standing {
    return { id: this.id, to: this.#to, status: this.#status };
  }

  hear(event: LoggedEvent): void {
    if (this.#ending !== undefined) {
      return;
    }
    this.#status = STANDS[event.type] ?? this.#status;
    if (event.type === 'delegation.settled') {
      this.#shared.watcher.lookAt(this);
    } else if (event.type === 'delegation.asked') {
      this.#tell(undefined);
    }
  }

  async look(): Promise<void> {
    const { place } = this.#shared;
    if (this.#ending !== undefined || place.closed.aborted) {
      return;
    }
    try {
      const seen = await look(place, this.id, 'stubborn');
      // Nobody who has stopped waiting takes an ending with them: it is still to be told.
      if (seen.ending === undefined || this.#leave === undefined) {
        this.#note(seen);
      } else {
        this.#to = seen.to;
        await this.#take(seen.ending);
      }
    } catch (error) {
      if (!place.closed.aborted) {
        this.#settle(unknownEnding(this.id, error));
      }
    }
  }

  refuse(error: unknown): void {
    this.#settle(unknownEnding(this.id, error));
  }

  /** What waits for `done` stays unanswered: it goes on, and nobody here will know. */
  close(): void {
    this.#tell(this.#taking);
  }

  async #act(verb: string, body: object): Promise<Status> {
    const { place } = this.#shared;
    const call = { method: 'POST', path: pathOf(place, this.id, verb), body } as const;
    this.#status = (await ask<{ status: Status }>(place, call, 'patient')).status;
    return this.#status;
  }

  #listen(): void {
    if (this.#leave === undefined) {
      this.#leave = this.#shared.watcher.join(this);
    } else {
      this.#shared.watcher.lookAt(this);
    }
  }

  /** Nobody waits any more. */
  #rest(): void {
    if (this.#done === undefined && this.#waiting?.size === 0) {
      this.#leave?.();
      this.#leave = undefined;
    }
  }

  #note({ status, to, ending }: Seen): void {
    this.#to = to;
    this.#status = status;
    if (status === 'input_required') {
      this.#tell(undefined);
    } else if (ending !== undefined && this.#leave !== undefined) {
      this.#shared.watcher.lookAt(this);
    }
  }

  #tell(ending: Ending | undefined): void {
    for (const tell of this.#waiting ?? []) {
      tell(ending);
    }
  }

  /** It is here, and whole: from now on nobody has to be told of it. */
  async #take(ending: Ending): Promise<void> {
    const { place, taken } = this.#shared;
    this.#taking = ending;
    taken.add(this.id);
    if (!this.#isTold || (await collected(place, pathOf(place, this.id)))) {
      this.#settle(ending);
    }
  }

  #settle(ending: Ending): void {
    if (this.#ending === undefined) {
      this.#ending = ending;
      this.#status = ending.status;
      this.#done?.resolve(ending);
      this.#tell(ending);
      this.#leave?.();
      this.#leave = undefined;
    }
  }
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  signal.addEventListener('abort', () => resolve(undefined), { once: true });
  if (signal.aborted) {
    resolve(undefined);
  }
  return promise;
}
