/**
 * Keeps the right to work on everything an agent holds: one timer and one call for all of it, at a third of a lease.
 *
 * The answer says of each whether to go on, to stop because it was cancelled, or to let go because somebody else has it.
 */
import type { Timer } from '../../core/ports/index.ts';
import type { Place } from '../place.ts';
import type { Faults } from './faults.ts';
import type { Run } from './run.ts';
import { codeOf, say, type Renewed } from './wire.ts';

const AT_ONCE = 1000;
const WITHIN_MS = 10_000;
/** The seat was removed, its key revoked, or the platform is another one: its work is not its work any more. */
const NO_SEAT: ReadonlySet<string> = new Set(['not_found', 'unauthenticated', 'forbidden']);

export class Leases {
  readonly #place: Place;
  readonly #held: () => Run[];
  readonly #faults: Faults;
  #timer: Timer | undefined;
  #renewing: Promise<void> | undefined;

  constructor(place: Place, { held, faults }: { held: () => Run[]; faults: Faults }) {
    this.#place = place;
    this.#held = held;
    this.#faults = faults;
  }

  /** Something is held: from here on it is renewed, until nothing is. */
  wind(): void {
    if (this.#timer === undefined && this.#renewing === undefined) {
      this.#windAgain();
    }
  }

  /** Now; who asks while it is under way hears of the same. */
  async renew(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#renewing ??= this.#renewAll().finally(() => {
      this.#renewing = undefined;
      this.#windAgain();
    });
    await this.#renewing;
  }

  close(): void {
    this.#timer?.cancel();
  }

  async #renewAll(): Promise<void> {
    for (const runs of chunksOf(this.#held())) {
      await this.#renewSome(runs);
    }
  }

  async #renewSome(runs: readonly Run[]): Promise<void> {
    const { own, closed } = this.#place;
    const body = { assignments: runs.map(({ id, epoch }) => ({ delegation_id: id, epoch })) };
    const call = { method: 'POST', path: `${own}/assignments/renew`, body } as const;
    try {
      const renewed = await say<Renewed[]>(this.#place, call, { signal: closed, withinMs: WITHIN_MS });
      this.#faults.over('renew');
      for (const [index, said] of renewed.entries()) {
        runs[index]?.renewed(said);
      }
    } catch (error) {
      if (!closed.aborted && codeOf(error) !== 'unreachable') {
        this.#faults.say('renew', error);
      }
      if (NO_SEAT.has(codeOf(error) ?? '')) {
        for (const run of runs) {
          run.silence();
        }
      }
    }
  }

  #windAgain(): void {
    const leases = this.#held().map(({ leaseMs }) => leaseMs);
    const { clock, closed } = this.#place;
    this.#timer =
      leases.length === 0 || closed.aborted ? undefined : clock.after(Math.min(...leases) / 3, () => void this.renew());
  }
}

function* chunksOf(runs: readonly Run[]): Generator<Run[]> {
  for (let from = 0; from < runs.length; from += AT_ONCE) {
    yield runs.slice(from, from + AT_ONCE);
  }
}
