/**
 * A process of the platform that can die: each life is a line and its upkeep over the same store, and ends at any commit.
 *
 * A life that is over hears nothing and says nothing: its timers do not fire, its calls never return. The next one
 * opens the store as it was left and takes back what the dead one held.
 */
import type { Carrier, Command, Commit, Engine, Ids } from '../../src/core/ports/index.ts';
import type { CarrierName } from '../../src/core/workspace/index.ts';
import { openLine, type Line } from '../../src/flow/index.ts';
import { startUpkeep, type Upkeep } from '../../src/upkeep/index.ts';
import { SeededIds } from '../support/ids.ts';
import { BOUNDS } from './bounds.ts';
import { mortal, StorageFault } from './mortal.ts';
import type { Stage } from './stage.ts';
import { Unknown } from './unknown.ts';
import type { Process } from './world.ts';

export interface Store {
  open(options: { clock: { now(): number }; ids: Ids; owner: string; exclusive: boolean }): Promise<Engine>;
}

export interface Watcher {
  /** After every commit, with what it said; the engine is quiet meanwhile. */
  onCommit(commit: Commit, commands: readonly Command[], engine: Engine): Promise<void>;
}

export interface Life extends Process {
  owner: string;
  /** It was told to stop and hands nothing over any more. */
  stopping: boolean;
  dies: Promise<never>;
  die: () => void;
}

export interface PlatformParts {
  stage: Stage;
  store: Store;
  watcher: Watcher;
  carriers: (life: Life) => Partial<Record<CarrierName, Carrier>>;
  /** One process has the store for itself. */
  exclusive: boolean;
  name: string;
  /** Stands between the line and its clients, for defects of the line. */
  line?: (line: Line) => Line;
}

export class Platform {
  readonly #parts: PlatformParts;
  #life: Life = newLife('nobody');
  #line: Line | undefined;
  #upkeep: Upkeep | undefined;
  #lives = 0;

  constructor(parts: PlatformParts) {
    this.#parts = parts;
  }

  get line(): Line | undefined {
    return this.#line;
  }

  async start(): Promise<void> {
    const { stage, store, carriers, exclusive, name } = this.#parts;
    const { world } = stage;
    this.#lives += 1;
    const owner = `${name}_${this.#lives}`;
    const life = newLife(owner);
    this.#life = life;
    const clock = world.clockOf(life);
    const ids = this.#ids();
    const engine = mortal({
      engine: await store.open({ clock, ids: unreliable(stage, ids), owner, exclusive }),
      life,
      stage,
      watcher: this.#parts.watcher,
      crash: () => this.#crash(life),
    });
    world.say(`platform ${owner} opens`);
    const onFault = (error: unknown): void => world.say(`fault ${String(error)}`);
    const parts = { engine, clock, ids, limits: BOUNDS, owner, carriers: carriers(life), onFault };
    const line = await openLine(parts);
    const upkeep = await startUpkeep(line);
    if (life.alive) {
      this.#line = this.#parts.line?.(line) ?? line;
      this.#upkeep = upkeep;
    }
  }

  /** As a new process makes them: from the time, which another one may be ahead of; the store says so. */
  #ids(): SeededIds {
    const { world, ledger } = this.#parts.stage;
    const back = ledger.faults.has('retention') ? 0 : world.dice.below(20_000);
    return new SeededIds(world.dice.below(1_000_000), 1_000_000 + Math.max(0, world.steady - back) * 16);
  }

  kill(why: string): void {
    if (this.#life.alive && this.#line !== undefined) {
      this.#parts.stage.ledger.fault(why);
      this.#crash(this.#life);
    }
  }

  #crash(life: Life): void {
    const { world } = this.#parts.stage;
    world.say(`platform ${life.owner} dies`);
    life.alive = false;
    this.#line = undefined;
    life.die();
    world.at(world.dice.below(4000), () => this.#startAgain());
  }

  #startAgain(): void {
    const { ledger } = this.#parts.stage;
    const startAgain = this.start();
    startAgain.catch((error: unknown) => {
      if (error instanceof StorageFault) {
        this.#crash(this.#life);
      } else {
        ledger.complain('D1', `cannot restart: ${String(error)}`);
      }
    });
  }

  /** Stops as the control plane does, in its order, and starts again. */
  async restart(): Promise<void> {
    const life = this.#life;
    const line = this.#line;
    const upkeep = this.#upkeep;
    if (!life.alive || line === undefined || upkeep === undefined || life.stopping) {
      return;
    }
    this.#parts.stage.ledger.fault('graceful stop');
    this.#parts.stage.world.say(`platform ${life.owner} stops`);
    life.stopping = true;
    await upkeep.stop();
    await line.recorder.close();
    if (life.alive) {
      this.#crash(life);
    }
  }

  /** The process stands still: a long collection, a suspended machine. Everything it missed comes at once. */
  freeze(ms: number): void {
    const { ledger, world } = this.#parts.stage;
    if (this.#life.alive) {
      ledger.fault('process frozen');
      world.say(`platform ${this.#life.owner} freezes`);
      this.#life.frozenUntil = world.steady + ms;
    }
  }

  get isUp(): boolean {
    return this.#line !== undefined;
  }

  /** A call of a client: its answer, or `Unknown` when the platform died under it. */
  async call<T>(verb: (line: Line) => Promise<T>): Promise<T> {
    const { world } = this.#parts.stage;
    while (this.#line === undefined) {
      await world.sleep(100 + world.dice.below(200));
    }
    const life = this.#life;
    await world.thawed(life);
    if (!life.alive || this.#line === undefined) {
      throw new Unknown('the platform died');
    }
    return Promise.race([verb(this.#line), life.dies]);
  }
}

/** Storage that now and then cannot write: it shows in the middle of a transaction, as a full disk does. */
function unreliable(stage: Stage, ids: Ids): Ids {
  return {
    key: () => ids.key(),
    above: (key) => ids.above(key),
    chance: () => ids.chance(),
    random() {
      if (!stage.healed && stage.world.dice.chance(0.004)) {
        stage.ledger.fault('storage fault inside a transaction');
        throw new StorageFault('planned fault of the storage');
      }
      return ids.random();
    },
  };
}

function newLife(owner: string): Life {
  let die = (): void => {};
  const dies = new Promise<never>((_resolve, reject) => {
    die = () => reject(new Unknown('the platform died'));
  });
  dies.catch(() => {});
  return { alive: true, frozenUntil: 0, owner, stopping: false, dies, die: () => die() };
}
