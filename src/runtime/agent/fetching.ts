/**
 * Gets work: one fetch at a time, for as many tasks as there are free slots, waiting at the platform until one comes.
 *
 * A fetch that waits is never called off for a slot that became free meanwhile: what it may just have been given would
 * be lost. It goes on; what it brings is followed at once by the next, for all the slots that are free then. Whatever is
 * wrong is said once, and tried again with growing pauses, for as long as the agent serves.
 */
import { bodyOf, DeskError } from '../../tools/index.ts';
import { againMs } from '../again.ts';
import { pause } from '../pause.ts';
import type { Place } from '../place.ts';
import type { Bell } from './bell.ts';
import type { Faults } from './faults.ts';
import type { Hands } from './hands.ts';
import { answerTo, codeOf, skewOf, type Given } from './wire.ts';

const WAIT_MOST_MS = 150_000;
const WAIT_LEAST_MS = 20_000;
/** Whoever answered nothing for so long was waited for. */
const LONG_MS = 5000;
/** So many waits that came to their end, until a longer one is tried again. */
const WAITS_UNTIL_LONGER = 10;
const MOST_AT_ONCE = 100;
/** An answer is on its way for this long, at most. */
const WAY_MS = 20_000;
const BEAT_MS = 60_000;
/** An empty answer that comes sooner was no wait: whoever gives it would be asked without end. */
const NO_WAIT_MS = 500;

export interface FetchingParts {
  place: Place;
  hands: Hands;
  faults: Faults;
  bell: Bell;
  /** Takes its seat again: the platform does not know it. */
  register: () => Promise<void>;
  beat: () => Promise<void>;
}

export class Fetching {
  readonly #parts: FetchingParts;
  readonly #over = new AbortController();
  readonly #leaving = new AbortController();
  #waitMs = WAIT_MOST_MS;
  #waitsWhole = 0;
  #tries = 0;

  constructor(parts: FetchingParts) {
    this.#parts = parts;
  }

  /** Until it leaves. Never rejects. */
  async run(): Promise<void> {
    while (!this.#leaving.signal.aborted) {
      const { free } = this.#parts.hands;
      await (free === 0 ? this.#untilFree() : this.#fetchOnce(Math.min(free, MOST_AT_ONCE)));
    }
  }

  /** No fetch begins any more; the one that waits is ended by the platform, which is told that the agent goes. */
  leave(): void {
    this.#leaving.abort();
  }

  /** For a platform that does not end it. */
  breakOff(): void {
    this.#over.abort();
  }

  /** While it fetches, that is a sign of life; while it has its hands full, it gives one. */
  async #untilFree(): Promise<void> {
    const { bell, hands, place, beat } = this.#parts;
    await bell.wait(place.clock, BEAT_MS, this.#leaving.signal);
    if (hands.free === 0 && !this.#leaving.signal.aborted) {
      await beat();
    }
  }

  async #fetchOnce(most: number): Promise<void> {
    const { place, hands, faults } = this.#parts;
    const { clock } = place;
    const beganAt = clock.now();
    const query = { wait: Math.round(this.#waitMs / 1000), max: most };
    const call = { method: 'GET', path: `${place.own}/assignments`, query } as const;
    try {
      const saying = { signal: this.#over.signal, withinMs: this.#waitMs + WAY_MS };
      const answer = await answerTo(place, call, saying);
      const given = listOf(bodyOf<unknown>(answer));
      this.#tries = 0;
      faults.over('fetch');
      const skewMs = skewOf(answer, clock.now());
      for (const one of given) {
        hands.take(one, skewMs);
      }
      await this.#waited(given.length, clock.now() - beganAt);
    } catch (error) {
      if (!this.#over.signal.aborted) {
        await this.#failed(error, clock.now() - beganAt);
      }
    }
  }

  async #waited(count: number, ms: number): Promise<void> {
    if (count === 0 && ms < NO_WAIT_MS && !this.#leaving.signal.aborted) {
      this.#tries += 1;
      await this.#pause(undefined);
    } else if (count === 0 && ms >= this.#waitMs * 0.9) {
      this.#waitsWhole += 1;
      if (this.#waitsWhole >= WAITS_UNTIL_LONGER) {
        this.#waitsWhole = 0;
        this.#waitMs = Math.min(WAIT_MOST_MS, this.#waitMs * 1.5);
      }
    }
  }

  async #failed(error: unknown, ms: number): Promise<void> {
    const code = codeOf(error);
    if (code === 'not_found') {
      await this.#registerAgain();
      return;
    }
    if (code === 'unreachable' && ms >= LONG_MS) {
      // It was waiting when it was cut: something on the way has no patience for so long a wait, which is no fault.
      this.#waitsWhole = 0;
      this.#waitMs = Math.max(WAIT_LEAST_MS, this.#waitMs / 2);
      this.#tries = 1;
    } else {
      this.#tries += 1;
      this.#parts.faults.say('fetch', error);
    }
    await this.#pause(error);
  }

  async #registerAgain(): Promise<void> {
    this.#tries += 1;
    try {
      await this.#parts.register();
    } catch (error) {
      this.#parts.faults.say('fetch', error);
    }
    await this.#pause(undefined);
  }

  async #pause(error: unknown): Promise<void> {
    const { clock, ids } = this.#parts.place;
    await pause(clock, againMs(error, this.#tries, ids), this.#leaving.signal);
  }
}

function listOf(body: unknown): Given[] {
  if (!Array.isArray(body)) {
    throw new DeskError({ code: 'unavailable', message: 'what answers is no platform of ours' });
  }
  return body as Given[];
}
