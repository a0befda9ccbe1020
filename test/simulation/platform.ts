/**
 * A platform that can die: each life is a line and its upkeep over the same store, and ends at any commit.
 *
 * A life that is over hears nothing and says nothing: its timers do not fire, its calls never return. The next one
 * opens the store as it was left and takes back what the dead one held.
 */
import type { Clock, Commit, Engine } from '../../src/core/ports/index.ts';
import { openLine, type Line } from '../../src/flow/index.ts';
import { startUpkeep, type Upkeep } from '../../src/upkeep/index.ts';
import { SeededIds } from '../support/ids.ts';
import type { Books } from './books.ts';
import { BOUNDS } from './bounds.ts';
import { Life } from './life.ts';
import type { Mesh } from './mesh.ts';
import { scriptedCarrier, type Stage } from './peers.ts';
import type { World } from './world.ts';

export interface Opening {
  clock: Clock;
  ids: SeededIds;
  owner: string;
  /** Whose life it is: one opens when the one before it is over. */
  platform: string;
  world: World;
}

export interface Store {
  open(options: Opening): Promise<Engine>;
  /** A planted defect in the line itself. */
  tamper?: (line: Line) => void;
}

export interface PlatformOptions {
  stage: Stage;
  store: Store;
  books: Books;
  /** Where it shares the store with others. */
  shared?: { name: string; mesh: Mesh };
}

export class Platform {
  readonly #options: PlatformOptions;
  readonly #stage: Stage;
  readonly #ids: SeededIds;
  #life: Life;
  #line: Line | undefined;
  #upkeep: Promise<Upkeep> | undefined;
  #lives = 0;

  constructor(options: PlatformOptions) {
    this.#options = options;
    this.#stage = options.stage;
    this.#ids = new SeededIds(this.#stage.world.dice.below(1_000_000));
    this.#life = new Life(this.#stage.world);
  }

  get line(): Line | undefined {
    return this.#line;
  }

  get life(): Life {
    return this.#life;
  }

  async start(): Promise<void> {
    const { store, shared } = this.#options;
    const { world } = this.#stage;
    const life = new Life(world);
    this.#life = life;
    this.#lives += 1;
    const clock = world.clockOf(life);
    const platform = shared?.name ?? 'srv';
    const owner = `${platform}_${this.#lives}`;
    const opened = this.#mortal(await store.open({ clock, ids: this.#ids, owner, platform, world }), life);
    const engine = shared === undefined ? opened : shared.mesh.seenBy(life, opened);
    world.say(`platform ${owner} opens`);
    const line = await openLine({
      engine,
      clock,
      ids: this.#ids,
      limits: BOUNDS,
      owner,
      carriers: { a2a: scriptedCarrier(this.#stage, life) },
      onFault: (error) => world.say(`fault ${String(error)}`),
    });
    if (!life.alive) {
      return;
    }
    store.tamper?.(line);
    this.#line = line;
    this.#upkeep = startUpkeep(line);
    this.#upkeep.catch((error: unknown) => world.say(`upkeep ${String(error)}`));
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
        const commit = await this.#options.books.commit(engine, commands);
        if (!this.#stage.healed && world.dice.chance(0.01)) {
          ledger.fault('crash after a commit');
          this.#crash(life);
          return new Promise<Commit>(() => {});
        }
        return commit;
      },
    };
  }

  heal(): void {
    this.#life.heal();
  }

  strike(): void {
    if (this.#life.alive) {
      this.#stage.ledger.fault('crash at any moment');
      this.#crash(this.#life);
    }
  }

  /** In good order, as for a new version: it hands back what it has, and another life begins. */
  async stop(): Promise<void> {
    const [line, upkeep, life] = [this.#line, await this.#upkeep, this.#life];
    if (line === undefined || upkeep === undefined || !life.alive) {
      return;
    }
    this.#stage.ledger.fault('platform stopped in good order');
    this.#stage.world.say('platform stops');
    this.#line = undefined;
    await upkeep.stop();
    await line.recorder.close();
    await line.engine.close();
    this.#crash(life);
  }

  #crash(life: Life): void {
    if (!life.alive) {
      return;
    }
    const { world } = this.#stage;
    world.say('platform dies');
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
