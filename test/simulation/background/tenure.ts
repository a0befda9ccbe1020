/**
 * One process: from its start to its end in good order, or to its death at any commit.
 *
 * What is dead hears nothing and says nothing: its timers do not fire, its promises do not settle. Its store may be
 * away for a while, and may take its time.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { ErrandError } from '../../../src/core/error.ts';
import type { Background } from '../../../src/background/index.ts';
import type { House } from '../../../src/background/house.ts';
import type { Clock, Command, Commit, Engine } from '../../../src/core/ports/index.ts';
import { Life } from '../life.ts';
import type { Stage } from './stage.ts';

const CRASH = 0.002;
const SLOW = 0.1;

/** What one run owned, and what was let go of in which order. */
export interface Owned {
  name: string;
  released: number[];
}

export class Tenure {
  readonly life: Life;
  readonly clock: Clock;
  readonly number: number;
  /** As it is called in leases. */
  owner = '';
  /** Timers of the product that are to come. */
  readonly timers = new Set<string>();
  house: House | undefined;
  door: Background | undefined;
  isClosing = false;
  /** What was to be written then is tried again after a while. */
  wasAway = false;
  /** Somebody waits for these: ids, with how many. */
  readonly waits = new Map<string, number>();
  /** What the runs of its functions owned. */
  readonly owned: Owned[] = [];
  readonly #asked = new Set<Promise<unknown>>();
  readonly #stage: Stage;
  readonly #onDeath: (tenure: Tenure) => void;
  #timers = 0;

  constructor(stage: Stage, number: number, onDeath: (tenure: Tenure) => void) {
    this.#stage = stage;
    this.#onDeath = onDeath;
    this.number = number;
    this.life = new Life(stage.world);
    const clock = stage.world.clockOf(this.life);
    this.clock = {
      now: () => clock.now(),
      after: (ms, call) => {
        const name = `${(this.#timers += 1)} of ${ms} ms`;
        this.timers.add(name);
        const timer = clock.after(
          ms,
          AsyncLocalStorage.bind(() => {
            this.timers.delete(name);
            call();
          }),
        );
        return {
          cancel: () => {
            this.timers.delete(name);
            timer.cancel();
          },
        };
      },
      soon: (call) => void clock.after(0, AsyncLocalStorage.bind(call)),
    };
  }

  get isAlive(): boolean {
    return this.life.alive;
  }

  /** Of whoever lives in it: never over for the dead. */
  async sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#stage.world.at(ms, () => {
        if (this.life.alive) {
          resolve();
        }
      });
    });
  }

  die(why: string): void {
    if (this.life.alive) {
      this.#stage.world.say(`process ${this.number} dies: ${why}`);
      this.#stage.ledger.fault(why);
      this.life.die();
      this.#onDeath(this);
    }
  }

  /** The engine as this process has it. */
  seen(engine: Engine): Engine {
    return new Proxy(engine, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (name === 'apply') {
          return async (...[commands]: Parameters<Engine['apply']>) => this.#apply(target, commands);
        }
        if (name === 'close') {
          return async () => this.#close(target);
        }
        return typeof value === 'function' && !AT_ONCE.has(name) ? this.#slow(value, target) : value;
      },
    });
  }

  #slow(call: object, target: Engine): (...given: unknown[]) => Promise<unknown> {
    const answer = async (given: unknown[]): Promise<unknown> => {
      await this.#moment();
      const found: unknown = await Reflect.apply(call as (...all: unknown[]) => unknown, target, given);
      await this.#moment();
      return found;
    };
    return async (...given) => {
      const answered = answer(given);
      this.#asked.add(answered);
      try {
        return await answered;
      } finally {
        this.#asked.delete(answered);
      }
    };
  }

  /** Whatever was asked before is answered before. */
  async #close(engine: Engine): Promise<void> {
    while (this.#asked.size > 0) {
      await Promise.allSettled(this.#asked);
    }
    await engine.close();
  }

  async #apply(engine: Engine, commands: Parameters<Engine['apply']>[0]): Promise<Commit> {
    await this.#moment();
    if (this.life.isAway) {
      this.#stage.ledger.fault('store away');
      this.wasAway = true;
      throw new ErrandError({ code: 'unavailable', message: 'The store is away.' });
    }
    await this.#mayDie('crash before a commit');
    const commit = await engine.apply(commands);
    await this.onCommit(commit, commands);
    await this.#mayDie('crash after a commit');
    await this.#moment();
    return commit;
  }

  onCommit: (commit: Commit, commands: readonly Command[]) => Promise<void> = async () => {};

  async #mayDie(why: string): Promise<void> {
    if (!this.#stage.isHealed && !this.isClosing && this.#stage.dice.chance(CRASH)) {
      this.die(why);
    }
    await this.#gone();
  }

  async #moment(): Promise<void> {
    await this.#gone();
    if (this.#stage.dice.chance(SLOW)) {
      await this.#stage.world.sleep(0);
      await this.#gone();
    }
  }

  async #gone(): Promise<void> {
    if (!this.life.alive) {
      await new Promise<never>(() => {});
    }
  }
}

const AT_ONCE: ReadonlySet<string | symbol> = new Set(['now', 'onElsewhere']);
