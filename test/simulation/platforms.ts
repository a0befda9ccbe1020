/**
 * Several platforms over one store, as clients see them: any that lives will do, and another one when it dies, does
 * not answer in time, or cannot reach the store.
 */
import { ErrandError } from '../../src/core/error.ts';
import type { Line } from '../../src/flow/index.ts';
import type { Mesh } from './mesh.ts';
import type { Stage } from './peers.ts';
import type { Platform } from './platform.ts';
import { Unknown } from './unknown.ts';

/** Longer than any long poll. */
const PATIENCE_MS = 15_000;

/** What a client can reach: one platform, or several. */
export interface Reachable {
  readonly line: Line | undefined;
  /** Its answer, or `Unknown` when it did not come. */
  call<T>(verb: (line: Line) => Promise<T>): Promise<T>;
  /** Nobody stands still any more, and the store is there for everybody. */
  heal(): void;
  /** Something that happens to one of them, at any moment. */
  strike(): void;
}

export class Platforms implements Reachable {
  readonly #stage: Stage;
  readonly #mesh: Mesh;
  readonly #platforms: readonly Platform[];

  constructor(stage: Stage, mesh: Mesh, platforms: readonly Platform[]) {
    this.#stage = stage;
    this.#mesh = mesh;
    this.#platforms = platforms;
  }

  get #living(): Platform[] {
    return this.#platforms.filter(({ line }) => line !== undefined);
  }

  get line(): Line | undefined {
    return this.#living[0]?.line;
  }

  strike(): void {
    const { dice } = this.#stage.world;
    const platform = dice.pick(this.#platforms);
    const chance = dice.next();
    if (chance < 0.2) {
      platform.strike();
    } else if (chance < 0.4) {
      void platform.stop();
    } else if (chance < 0.7) {
      this.#mesh.standStill(platform.life);
    } else {
      this.#mesh.loseStore(platform.life);
    }
  }

  heal(): void {
    for (const { life } of this.#platforms) {
      life.heal();
    }
  }

  async call<T>(verb: (line: Line) => Promise<T>): Promise<T> {
    const { world } = this.#stage;
    while (this.#living.length === 0) {
      await world.sleep(100 + world.dice.below(200));
    }
    const { line, life } = world.dice.pick(this.#living);
    if (line === undefined) {
      throw new Unknown('the platform died');
    }
    const asked = life.awake().then(async () => verb(line));
    const patience = Promise.withResolvers<never>();
    const timer = world.at(PATIENCE_MS, () => patience.reject(new Unknown('no answer in time')));
    try {
      return await Promise.race([asked, life.dies, patience.promise]);
    } catch (error) {
      throw await this.#understood(error);
    } finally {
      timer.cancel();
    }
  }

  /** A store that is away, or may have been in the middle of it, is no answer: the client asks again, somewhere else. */
  async #understood(error: unknown): Promise<unknown> {
    if (error instanceof ErrandError && error.code === 'unavailable') {
      await this.#stage.world.sleep(100 + this.#stage.world.dice.below(400));
      return new Unknown(error.message);
    }
    return error;
  }
}
