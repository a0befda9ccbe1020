/**
 * One of several platforms on one database, kept going as a supervisor keeps a service going: whenever it has ended it
 * is started again, at once, on its own port and with its own folder.
 */
import { join } from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { Platform, type Place } from '../witness/platform.ts';
import { askOnce, bodyOf, newAgent, pause } from '../witness/wire.ts';

const PATIENCE_MS = 1000;
const LOOK_EVERY_MS = 300;
const AGAIN_MS = 200;

export interface ReplicaParts {
  name: string;
  /** In which it has one of its own. */
  folder: string;
  database: string;
  leaseMs: number;
}

export class Replica {
  readonly origin: string;
  readonly name: string;
  readonly #place: Place;
  readonly #agent = newAgent();
  readonly #keeping: Promise<unknown>;
  #platform: Platform | undefined;
  #serves = false;
  #isKilled = false;
  #isClosing = false;
  #fenced = 0;
  #fencedBefore = 0;
  /** Milliseconds from the start of a process until it serves. */
  readonly starts: number[] = [];
  /** Starts that came to nothing, as they do while the database is away. */
  startsInVain = 0;
  /** What it said when it ended by itself after it had served. */
  readonly deaths: string[] = [];
  readonly complaints: string[] = [];

  private constructor({ name, database, leaseMs }: ReplicaParts, place: Place) {
    const environment = { DATABASE_URL: database, ERRAND_LEASE_MS: String(leaseMs) };
    this.name = name;
    this.#place = { ...place, environment };
    this.origin = `http://127.0.0.1:${place.port}`;
    this.#keeping = Promise.all([this.#keep(), this.#look()]);
  }

  static async begin(parts: ReplicaParts): Promise<Replica> {
    return new Replica(parts, { port: await freePort(), data: join(parts.folder, parts.name) });
  }

  /** Writes of all its lives that were refused because somebody else had taken over, as far as it could be asked. */
  get fenced(): number {
    return this.#fencedBefore + this.#fenced;
  }

  async serving(): Promise<void> {
    while (!this.#serves) {
      await pause(20);
    }
  }

  kill(): void {
    this.#isKilled = true;
    this.#serves = false;
    void this.#platform?.kill();
  }

  async standStill(ms: number): Promise<void> {
    const platform = this.#platform;
    platform?.stop();
    await pause(ms);
    platform?.goOn();
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.kill();
    await this.#keeping;
    await this.#agent.destroy();
  }

  /** For the end of the process, which waits for nobody. */
  abandon(): void {
    this.#isClosing = true;
    this.kill();
  }

  async #keep(): Promise<void> {
    while (!this.#isClosing) {
      const platform = new Platform(this.#place);
      this.#platform = platform;
      this.#isKilled = false;
      try {
        this.starts.push(await platform.serving());
        this.#serves = true;
        await platform.gone;
        this.#ended(platform);
      } catch {
        this.startsInVain += this.#isKilled ? 0 : 1;
        await pause(AGAIN_MS);
      }
      this.#serves = false;
      this.#fencedBefore += this.#fenced;
      this.#fenced = 0;
    }
  }

  #ended(platform: Platform): void {
    this.complaints.push(...platform.complaints);
    if (!this.#isKilled) {
      this.deaths.push(`${this.name} ended by itself: ${platform.complaints.slice(-3).join('')}`);
    }
  }

  async #look(): Promise<void> {
    while (!this.#isClosing) {
      await pause(LOOK_EVERY_MS);
      await this.look();
    }
  }

  /** One that stands still, or whose database is away, gives no number. */
  async look(): Promise<void> {
    const platform = this.#platform;
    if (this.#serves) {
      const way = { origin: this.origin, agent: this.#agent, patienceMs: PATIENCE_MS };
      const answer = await askOnce(way, { method: 'GET', path: '/ready' });
      if (answer.kind === 'answered' && answer.status === 200 && platform === this.#platform) {
        this.#fenced = Number(bodyOf(answer)['fenced_writes']);
      }
    }
  }
}
