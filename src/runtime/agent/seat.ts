/**
 * The agent's seat at a platform: taken when it begins, kept by signs of life, left when it goes.
 *
 * A sign of life that does not arrive is no matter by itself: what is wrong shows where work comes from.
 */
import type { Place } from '../place.ts';
import { again, isRefusal } from '../again.ts';
import type { Defined } from './definition.ts';
import type { Faults } from './faults.ts';
import { say, type Saying } from './wire.ts';

/** For one who is on its way out. */
const LEAVE_WITHIN_MS = 3000;

/** Where others reach it; nothing for one that fetches. */
export interface Address {
  url: string;
  agent_card: Record<string, unknown>;
}

export interface SeatParts {
  place: Place;
  agent: Defined;
  faults: Faults;
  /** Tasks in its hands. */
  used: () => number;
  closed: AbortSignal;
}

export class Seat {
  readonly #parts: SeatParts;
  readonly #beganAt: number;
  #address: Address | undefined;

  constructor(parts: SeatParts) {
    this.#parts = parts;
    this.#beganAt = parts.place.clock.now();
  }

  /** Until it has it, however long the platform is away; rejects where it is refused. */
  async takeSurely(signal: AbortSignal, address?: Address): Promise<void> {
    const { place, faults } = this.#parts;
    this.#address = address;
    const once = async (): Promise<void> => {
      try {
        await this.take(signal);
      } catch (error) {
        if (!signal.aborted && !isRefusal(error)) {
          faults.say('fetch', error);
        }
        throw error;
      }
    };
    await again(once, { clock: place.clock, ids: place.ids, patience: 'stubborn', signal });
  }

  async take(signal: AbortSignal): Promise<void> {
    const { place, agent, faults } = this.#parts;
    const { name, card, capacity } = agent;
    const body = { id: place.workspace, name, agent_card: card, capacity, ...this.#address };
    await say(place, { method: 'POST', path: '/registry/register', body }, { signal });
    await this.#say({}, { signal });
    faults.over('fetch');
  }

  async beat(more: { leaving?: boolean } = {}): Promise<void> {
    try {
      await this.#say(more, { signal: this.#parts.closed, withinMs: LEAVE_WITHIN_MS });
    } catch (error) {
      this.#parts.faults.say('fetch', error);
    }
  }

  async #say(more: { leaving?: boolean }, saying: Saying): Promise<void> {
    const { place, used } = this.#parts;
    const uptime = Math.max(0, Math.round((place.clock.now() - this.#beganAt) / 1000));
    const body = { workspace_id: place.workspace, active_tasks: used(), uptime_seconds: uptime, ...more };
    await say(place, { method: 'POST', path: '/registry/heartbeat', body }, saying);
  }
}
