/**
 * An agent that serves: takes its seat, gets work, and leaves again without taking anything with it.
 *
 * It never gives up by itself: the platform may be away at the start, restart, or be replaced. Leaving comes first in
 * stopping, so that what is delegated from then on waits instead of being handed to somebody who goes.
 */
import { DeskError } from '../../tools/index.ts';
import type { Machine } from '../again.ts';
import { connected } from '../connect.ts';
import { pause } from '../pause.ts';
import { placeAt, type Place } from '../place.ts';
import type { PlatformAt } from '../platform.ts';
import { Bell } from './bell.ts';
import type { Defined } from './definition.ts';
import type { Listening } from './serving/listen.ts';
import { Faults } from './faults.ts';
import { Fetching } from './fetching.ts';
import { Hands } from './hands.ts';
import { keyedBy } from './key.ts';
import { Seat } from './seat.ts';

export interface ServeOptions extends PlatformAt {
  /** Its seat, where that is not called like the agent. */
  workspace?: string | undefined;
  /** Stops it, in order. */
  signal?: AbortSignal | undefined;
  /** How long what runs may take to its end when it stops. */
  drainMs?: number | undefined;
  /** What is wrong, once, until it was well in between; a warning of the process, where nobody asks. */
  onFault?: ((fault: Error) => void) | undefined;
  /** It is called, at this address, instead of fetching its work. */
  listen?: Listening | undefined;
}

export interface StopOptions {
  /** `drain`: what runs may come to its end; `cancel`: it is told to stop, and given back. */
  mode?: 'drain' | 'cancel';
  drainMs?: number;
}

export interface Served {
  readonly workspace: string;
  /** Settles when it has stopped. */
  readonly ended: Promise<void>;
  stop(options?: StopOptions): Promise<void>;
}

const DRAIN_MS = 30_000;
/** For handlers that were told to stop. */
const GRACE_MS = 2000;
const FAREWELLS = 4;
const FAREWELL_MS = 250;
const GIVE_BACK_WITHIN_MS = 5000;

export async function serve(agent: Defined, options: ServeOptions, machine: Machine): Promise<Served> {
  if (!URL.canParse(options.url) || !/^https?:$/u.test(new URL(options.url).protocol)) {
    const fix = 'It begins with http:// or https://.';
    throw new DeskError({ code: 'invalid_request', message: `${options.url} is not the address of a platform`, fix });
  }
  options.signal?.throwIfAborted();
  const serving = new Serving(agent, options, machine);
  await serving.begin(options.signal);
  return serving;
}

class Serving implements Served {
  readonly workspace: string;
  readonly ended: Promise<void>;
  readonly #place: Place;
  readonly #drainMs: number;
  readonly #faults: Faults;
  readonly #bell = new Bell();
  readonly #hands: Hands;
  readonly #seat: Seat;
  readonly #fetching: Fetching;
  readonly #closed = new AbortController();
  readonly #hurry = new AbortController();
  readonly #end: () => void;
  #fetched: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(agent: Defined, options: ServeOptions, machine: Machine) {
    const { url, token, workspace = agent.id, drainMs = DRAIN_MS, onFault } = options;
    this.workspace = workspace;
    this.#drainMs = drainMs;
    this.#faults = new Faults(onFault);
    this.#place = placeAt({ url, token }, { ...machine, workspace, closed: this.#closed.signal });
    const [place, faults, bell] = [this.#place, this.#faults, this.#bell];
    this.#hands = new Hands({
      ...{ place, faults, handle: agent.handle, capacity: agent.capacity },
      connect: (keyNow) => connected(keyedBy(url, keyNow), workspace, machine),
      onChange: () => bell.ring(),
    });
    const used = (): number => this.#hands.used;
    this.#seat = new Seat({ place, agent, faults, used, closed: this.#closed.signal });
    this.#fetching = new Fetching({
      ...{ place, faults, bell, hands: this.#hands },
      register: async () => this.#seat.take(this.#closed.signal),
      beat: async () => this.#seat.beat(),
    });
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.ended = promise;
    this.#end = () => resolve(undefined);
  }

  async begin(signal: AbortSignal | undefined): Promise<void> {
    await this.#seat.takeSurely(signal ?? this.#closed.signal);
    this.#fetched = this.#fetching.run();
    signal?.addEventListener('abort', () => void this.stop(), { once: true, signal: this.#closed.signal });
    if (signal?.aborted === true) {
      void this.stop();
    }
  }

  async stop({ mode = 'drain', drainMs = this.#drainMs }: StopOptions = {}): Promise<void> {
    if (mode === 'cancel') {
      this.#hurry.abort();
    }
    if (!this.#isStopping) {
      this.#isStopping = true;
      await this.#stop(drainMs);
      this.#end();
    }
    await this.ended;
  }

  async #stop(drainMs: number): Promise<void> {
    await this.#leave();
    await this.#drained(drainMs, this.#hurry.signal);
    this.#hands.stop('stopping');
    await this.#drained(GRACE_MS);
    await this.#hands.giveBack(GIVE_BACK_WITHIN_MS);
    this.#hands.close();
    this.#closed.abort();
  }

  /**
   * The platform ends the fetch that waits; one that came there after the farewell is told so by the next one. What it
   * brought at the last moment is still carried out.
   */
  async #leave(): Promise<void> {
    this.#fetching.leave();
    const { clock } = this.#place;
    const over = new AbortController();
    const fetched = this.#fetched.then(() => over.abort());
    for (let farewells = 0; farewells < FAREWELLS && !over.signal.aborted; farewells += 1) {
      await this.#seat.beat({ leaving: true });
      await pause(clock, FAREWELL_MS, over.signal);
    }
    if (!over.signal.aborted) {
      // What it may have been given, the platform takes back.
      this.#fetching.breakOff();
      await fetched;
      await this.#seat.beat({ leaving: true });
    }
  }

  /** Until nothing runs any more, or so long. */
  async #drained(ms: number, hurry?: AbortSignal): Promise<void> {
    const { clock } = this.#place;
    const over = new AbortController();
    const timer = clock.after(ms, () => over.abort());
    const signal = hurry === undefined ? over.signal : AbortSignal.any([over.signal, hurry]);
    while (this.#hands.used > 0 && !signal.aborted) {
      await this.#bell.wait(clock, ms, signal);
    }
    timer.cancel();
  }
}
