/**
 * A platform that can die: each life is a line and its upkeep over the same store, and ends at any commit.
 *
 * A life that is over hears nothing and says nothing: its timers do not fire, its calls never return. The next one
 * opens the store as it was left and takes back what the dead one held.
 */
import { LIMITS, type Limits } from '../../src/core/delegation/index.ts';
import type { Command, Commit, Engine } from '../../src/core/ports/index.ts';
import { openLine, type Line } from '../../src/flow/index.ts';
import { startUpkeep } from '../../src/upkeep/index.ts';
import { SeededIds } from '../support/ids.ts';
import { scriptedCarrier, type Stage } from './peers.ts';
import { Unknown } from './unknown.ts';

export const BOUNDS: Limits = {
  ...LIMITS,
  queuePerCalleeMax: 8,
  queuePerOrgMax: 40,
  fanOutParentMax: 3,
  fanOutRootMax: 6,
  depthMax: 3,
  deadlineMs: 120_000,
  noticeLeaseMs: 5000,
  stallMs: 20_000,
  stallGraceMs: 5000,
  cancelGraceMs: 3000,
  backoffMostMs: 10_000,
  leaseMs: 6000,
  presenceMs: 10_000,
};

export interface Store {
  open(options: { clock: { now(): number }; ids: SeededIds; owner: string }): Promise<Engine>;
}

export interface Watcher {
  /** After every commit, with what it said; the engine is quiet meanwhile. */
  onCommit(commit: Commit, commands: readonly Command[], engine: Engine): Promise<void>;
}

interface Life {
  alive: boolean;
  dies: Promise<never>;
  die: () => void;
}

export class Platform {
  readonly #stage: Stage;
  readonly #store: Store;
  readonly #watcher: Watcher;
  readonly #ids: SeededIds;
  #life: Life = newLife();
  #line: Line | undefined;
  #opening: Promise<void> | undefined;
  #lives = 0;

  constructor(stage: Stage, store: Store, watcher: Watcher) {
    this.#stage = stage;
    this.#store = store;
    this.#watcher = watcher;
    this.#ids = new SeededIds(stage.world.dice.below(1_000_000));
  }

  get line(): Line | undefined {
    return this.#line;
  }

  get ids(): SeededIds {
    return this.#ids;
  }

  async start(): Promise<void> {
    this.#opening = this.#open();
    await this.#opening;
  }

  async #open(): Promise<void> {
    const life = newLife();
    this.#life = life;
    this.#lives += 1;
    const { world } = this.#stage;
    const clock = world.clockOf(life);
    const owner = `srv_${this.#lives}`;
    const engine = this.#mortal(await this.#store.open({ clock, ids: this.#ids, owner }), life);
    world.say(`platform ${owner} opens`);
    const line = await openLine({
      engine,
      clock,
      ids: this.#ids,
      limits: BOUNDS,
      owner,
      carriers: { a2a: scriptedCarrier(this.#stage, life) },
      onFault: (error) => this.#stage.world.say(`fault ${String(error)}`),
    });
    this.#line = line;
    void startUpkeep(line).catch((error: unknown) => world.say(`upkeep ${String(error)}`));
  }

  /** Dies at any commit, before it or after it, if the dice say so. */
  #mortal(engine: Engine, life: Life): Engine {
    const { world, ledger } = this.#stage;
    return {
      ...engine,
      apply: async (commands) => {
        if (!life.alive) {
          return new Promise<Commit>(() => {});
        }
        if (!this.#stage.healed && world.dice.chance(0.01)) {
          ledger.fault('crash before a commit');
          this.#crash(life);
          return new Promise<Commit>(() => {});
        }
        const commit = await engine.apply(commands);
        await this.#watcher.onCommit(commit, commands, engine);
        if (!this.#stage.healed && world.dice.chance(0.01)) {
          ledger.fault('crash after a commit');
          this.#crash(life);
          return new Promise<Commit>(() => {});
        }
        return commit;
      },
    };
  }

  kill(): void {
    if (this.#life.alive) {
      this.#stage.ledger.fault('crash at any moment');
      this.#crash(this.#life);
    }
  }

  #crash(life: Life): void {
    const { world } = this.#stage;
    world.say('platform dies');
    life.alive = false;
    this.#line = undefined;
    life.die();
    world.at(world.dice.below(4000), () => {
      void this.start().catch((error: unknown) =>
        this.#stage.ledger.complain('D1', `cannot restart: ${String(error)}`),
      );
    });
  }

  /** A call of a client: its answer, or `Unknown` when the platform died under it. */
  async call<T>(verb: (line: Line) => Promise<T>): Promise<T> {
    const { world } = this.#stage;
    while (this.#line === undefined) {
      await world.sleep(100 + world.dice.below(200));
    }
    return Promise.race([verb(this.#line), this.#life.dies]);
  }
}

function newLife(): Life {
  let die = (): void => {};
  const dies = new Promise<never>((_resolve, reject) => {
    die = () => reject(new Unknown('the platform died'));
  });
  dies.catch(() => {});
  const life: Life = { alive: true, dies, die: () => die() };
  return life;
}
