/**
 * Everything an agent holds: what its handler works on, what waits for an answer, and how many slots are left.
 *
 * A run that was overtaken keeps its slot until its handler has let go of it: so many handlers and no more are at work,
 * whatever the platform thinks. What runs for a while is listened for, so that a cancel reaches it within a second.
 */
import type { Timer } from '../../core/ports/index.ts';
import type { LoggedEvent } from '../follow.ts';
import type { Place } from '../place.ts';
import { Watcher } from '../watcher.ts';
import type { Faults } from './faults.ts';
import { Leases } from './leases.ts';
import { Run, type Surroundings } from './run.ts';
import type { StopReason } from './stopped.ts';
import { codeOf, say, type Given } from './wire.ts';

const SUSPENDED_MAX = 1000;
/** What is over sooner is not listened for. */
const LISTEN_AFTER_MS = 300;

interface Ear {
  timer: Timer;
  leave?: () => void;
}

export interface HandsParts extends Pick<Surroundings, 'handle' | 'connect'> {
  place: Place;
  capacity: number;
  faults: Faults;
  /** A slot became free, or nothing is held any more. */
  onChange: () => void;
}

export class Hands {
  readonly #parts: HandsParts;
  readonly #leases: Leases;
  readonly #watcher: Watcher;
  readonly #runs = new Set<Run>();
  /** The one of each task that counts. */
  readonly #byId = new Map<string, Run>();
  readonly #ears = new Map<Run, Ear>();

  constructor(parts: HandsParts) {
    this.#parts = parts;
    this.#watcher = new Watcher(parts.place);
    this.#leases = new Leases(parts.place, { held: () => this.#leased(), faults: parts.faults });
  }

  get used(): number {
    return [...this.#runs].filter((run) => run.takesSlot).length;
  }

  get free(): number {
    return Math.max(0, this.#parts.capacity - this.used);
  }

  take(given: Given, skewMs: number): void {
    const before = this.#byId.get(given.delegation_id);
    if (before !== undefined && before.mayResume(given)) {
      before.resume(given);
      this.#leases.wind();
      return;
    }
    before?.silence();
    const run = new Run(this.#around(skewMs), given);
    this.#runs.add(run);
    this.#byId.set(run.id, run);
    const { clock } = this.#parts.place;
    this.#ears.set(run, { timer: clock.after(LISTEN_AFTER_MS, () => this.#listenFor(run)) });
    this.#leases.wind();
    void run.start();
  }

  /** What waits for an answer is left as it is: the platform has the question, and the next process answers by it. */
  stop(why: StopReason): void {
    for (const run of this.#runs) {
      if (run.isSuspended) {
        run.silence(why);
      } else {
        run.stop(why);
      }
    }
  }

  async giveBack(withinMs: number): Promise<void> {
    await Promise.all([...this.#runs].map(async (run) => run.giveBack(withinMs)));
  }

  close(): void {
    this.#leases.close();
    for (const run of this.#runs) {
      this.#leave(run);
      run.silence('stopping');
    }
  }

  #around(skewMs: number): Surroundings {
    const { place, handle, connect, faults } = this.#parts;
    return {
      ...{ place, handle, connect, skewMs },
      maySuspend: () => [...this.#runs].filter((run) => run.isSuspended).length < SUSPENDED_MAX,
      onChange: (run) => this.#changed(run),
      onFault: (error) => faults.say('result', error),
    };
  }

  #changed(run: Run): void {
    if (run.isOver) {
      this.#runs.delete(run);
      this.#leave(run);
      if (this.#byId.get(run.id) === run) {
        this.#byId.delete(run.id);
      }
    }
    this.#parts.onChange();
  }

  #leave(run: Run): void {
    const ear = this.#ears.get(run);
    this.#ears.delete(run);
    ear?.timer.cancel();
    ear?.leave?.();
  }

  #leased(): Run[] {
    return [...this.#runs].filter((run) => run.takesSlot && !run.isSilenced);
  }

  #listenFor(run: Run): void {
    const ear = this.#ears.get(run);
    if (ear !== undefined) {
      ear.leave = this.#watcher.join({
        id: run.id,
        takesEnding: false,
        hear: (event) => hear(run, event),
        look: async () => this.#look(run),
        refuse: (error) => {
          this.#parts.faults.say('stream', error);
          void this.#leases.renew();
        },
        close() {},
      });
    }
  }

  /** What may have been missed before the stream was open. */
  async #look(run: Run): Promise<void> {
    if (!run.isSuspended) {
      await this.#leases.renew();
      return;
    }
    const { place } = this.#parts;
    const path = `${place.own}/delegations/${encodeURIComponent(run.id)}`;
    try {
      const call = { method: 'GET', path, query: { view: 'brief' } } as const;
      const { status } = await say<{ status: string }>(place, call, { signal: place.closed });
      if (ENDINGS.has(status) && run.isSuspended) {
        run.silence(status === 'cancelled' ? 'cancelled' : 'overtaken');
      }
    } catch (error) {
      if (codeOf(error) === 'not_found') {
        run.silence();
      }
      // Else the platform is away again, and looked at again when it is back.
    }
  }
}

const ENDINGS: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled']);

function hear(run: Run, { type, data }: LoggedEvent): void {
  if (type === 'delegation.cancel_requested') {
    run.cancel();
  } else if (type === 'delegation.settled') {
    run.settled(data);
  } else if (type === 'delegation.returned' && data['why'] === 'lease_lost') {
    run.returned();
  }
}
