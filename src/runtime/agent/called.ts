/**
 * An agent that is called: it listens, takes its seat with its address, and beats, so that the platform knows it lives.
 *
 * The platform hands it what it has room for and follows it to the end; what it gave to a process that is gone it asks
 * the next one about, and gives again.
 */
import { VERSION } from '../../server/version.ts';
import type { Timer } from '../../core/ports/index.ts';
import type { Machine } from '../again.ts';
import { connected } from '../connect.ts';
import { placeAt } from '../place.ts';
import { attemptsAt } from './attempts.ts';
import { keyedBy } from './key.ts';
import type { Defined } from './definition.ts';
import { Faults } from './faults.ts';
import { Seat } from './seat.ts';
import type { Served, ServeOptions, StopOptions } from './serve.ts';
import { listen, type Listener, type Listening } from './serving/listen.ts';

/** A third of the time after which a seat counts as left. */
const BEAT_MS = 60_000;

export interface CalledOptions extends ServeOptions {
  listen: Listening;
}

interface Parts {
  agent: Defined;
  options: CalledOptions;
  machine: Machine;
  listener: Listener;
  faults: Faults;
}

export async function serveCalled(agent: Defined, options: CalledOptions, machine: Machine): Promise<Served> {
  const faults = new Faults(options.onFault);
  const workspace = options.workspace ?? agent.id;
  const { name, role, skills, capacity, handle } = agent;
  const listener = await listen(
    handle,
    { name, description: role, skills, version: VERSION, capacity },
    options.listen,
    {
      clock: machine.clock,
      random: () => machine.ids.random(),
      isAttempt: attemptsAt(options.url, workspace, machine.clock),
      connect: (token) => connected(keyedBy(options.url, token), workspace, machine),
      onFault: (error) => faults.say('listen', error),
    },
  );
  const called = new Called({ agent, options, machine, listener, faults }, workspace);
  try {
    await called.begin(options.signal);
    return called;
  } catch (error) {
    await called.stop({ mode: 'cancel' });
    throw error;
  }
}

class Called implements Served {
  readonly workspace: string;
  readonly ended: Promise<void>;
  readonly #parts: Parts;
  readonly #seat: Seat;
  readonly #closed = new AbortController();
  readonly #end: () => void;
  #beating: Timer | undefined;
  #isSeated = false;
  #isStopping = false;

  constructor(parts: Parts, workspace: string) {
    const { agent, options, machine, listener, faults } = parts;
    const { url, token } = options;
    this.workspace = workspace;
    this.#parts = parts;
    const place = placeAt({ url, token }, { ...machine, workspace, closed: this.#closed.signal });
    this.#seat = new Seat({ place, agent, faults, used: () => listener.active, closed: this.#closed.signal });
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.ended = promise;
    this.#end = () => resolve(undefined);
  }

  async begin(signal: AbortSignal | undefined): Promise<void> {
    const { listener } = this.#parts;
    await this.#seat.takeSurely(signal ?? this.#closed.signal, { url: listener.url, agent_card: listener.card });
    this.#isSeated = true;
    this.#beatLater();
    signal?.addEventListener('abort', () => void this.stop(), { once: true, signal: this.#closed.signal });
  }

  async stop({ mode = 'drain', drainMs }: StopOptions = {}): Promise<void> {
    if (!this.#isStopping) {
      this.#isStopping = true;
      this.#beating?.cancel();
      if (this.#isSeated) {
        await this.#seat.beat({ leaving: true });
      }
      const { listener, options } = this.#parts;
      await listener.stop({ mode, drainMs: drainMs ?? options.drainMs ?? 30_000 });
      this.#closed.abort();
      this.#end();
    }
    await this.ended;
  }

  #beatLater(): void {
    this.#beating = this.#parts.machine.clock.after(BEAT_MS, () => {
      void this.#seat.beat();
      this.#beatLater();
    });
  }
}
