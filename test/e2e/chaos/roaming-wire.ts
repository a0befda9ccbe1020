/**
 * The way to several replicas, as a client goes it that knows their addresses and nothing else: to any of them, and
 * for a while not to one that gave no answer.
 */
import type { Chance } from '../witness/chance.ts';
import {
  type Answer,
  type Answered,
  askOnce,
  type Asked,
  askUntilAnswered,
  bodyOf,
  newAgent,
  pause,
  type Wire,
  wordOf,
} from '../witness/wire.ts';

const PATIENCE_MS = 1500;
const AVOIDED_MS = 1500;
const AFTER_SILENCE_MS = 100;
const LAST_MAX = 30;

export class RoamingWire implements Wire {
  readonly #origins: readonly string[];
  readonly #chance: Chance;
  readonly #agent = newAgent();
  readonly #avoidedUntil = new Map<string, number>();
  /** Calls without an answer. */
  silences = 0;
  /** Answers that said "not now, again later". */
  notNow = 0;
  /** Answers of a server that does not know what to say. */
  readonly faults: string[] = [];
  /** The last calls and what came of them, for a report. */
  readonly last: string[] = [];

  constructor(origins: readonly string[], chance: Chance) {
    this.#origins = origins;
    this.#chance = chance;
  }

  async call(asked: Asked): Promise<Answer> {
    const origin = this.#pick();
    const answer = await askOnce({ origin, agent: this.#agent, patienceMs: PATIENCE_MS }, asked);
    this.last.push(`${origin} ${asked.path} ${answer.kind === 'answered' ? answer.status : answer.kind}`);
    this.last.splice(0, this.last.length - LAST_MAX);
    if (answer.kind === 'unknown') {
      this.silences += 1;
      this.#avoidedUntil.set(origin, performance.now() + AVOIDED_MS);
      // Where nobody listens the answer is that at once, and asking on would take the time that a start needs.
      await pause(AFTER_SILENCE_MS);
    } else if (answer.status >= 500) {
      this.#note(asked, answer);
    }
    return answer;
  }

  async insist(asked: Asked): Promise<Answered> {
    return askUntilAnswered(this, asked);
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  #pick(): string {
    const now = performance.now();
    const good = this.#origins.filter((origin) => (this.#avoidedUntil.get(origin) ?? 0) <= now);
    return this.#chance.pick(good.length === 0 ? this.#origins : good);
  }

  #note(asked: Asked, answer: Answered): void {
    if (answer.status === 503 && Number(answer.headers.retryAfter) > 0) {
      this.notNow += 1;
      return;
    }
    const said = answer.text.startsWith('{') ? wordOf(bodyOf(answer)['code']) : '';
    this.faults.push(`${asked.method} ${asked.path}: ${answer.status} ${said} ${answer.text.slice(0, 200)}`);
  }
}
