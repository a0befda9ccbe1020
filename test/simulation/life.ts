/**
 * One life of a platform, from its start to its death. It may stand still in between, as a process that is stopped
 * does: its timers do not fire, its commits are not made, and what it is told it hears when it goes on. And its store
 * may be away from it, for a while.
 */
import { Unknown } from './unknown.ts';
import type { World } from './world.ts';

export class Life {
  alive = true;
  /** Rejects with its death. */
  readonly dies: Promise<never>;
  readonly #world: World;
  readonly #reject: (reason: Unknown) => void;
  #stillUntil = 0;
  #awayUntil = 0;
  #waking: (() => void)[] = [];

  constructor(world: World) {
    this.#world = world;
    const { promise, reject } = Promise.withResolvers<never>();
    this.dies = promise;
    this.#reject = reject;
    promise.catch(() => {});
  }

  die(): void {
    this.alive = false;
    this.#waking = [];
    this.#reject(new Unknown('the platform died'));
  }

  get isStill(): boolean {
    return this.alive && this.#stillUntil > this.#world.steady;
  }

  get isAway(): boolean {
    return this.#awayUntil > this.#world.steady;
  }

  standStill(ms: number): void {
    this.#stillUntil = Math.max(this.#stillUntil, this.#world.steady + ms);
    this.#world.at(this.#stillUntil - this.#world.steady, () => this.#wake());
  }

  loseStore(ms: number): void {
    this.#awayUntil = Math.max(this.#awayUntil, this.#world.steady + ms);
  }

  heal(): void {
    this.#stillUntil = 0;
    this.#awayUntil = 0;
    this.#wake();
  }

  /** Each at a moment of its own, in an order that the dice decide. */
  onWake(call: () => void): void {
    this.#waking.push(call);
  }

  /** When it does not stand still; never, when it is dead. */
  async awake(): Promise<void> {
    while (this.isStill) {
      await new Promise<void>((resolve) => this.onWake(resolve));
    }
    if (!this.alive) {
      await new Promise<never>(() => {});
    }
  }

  #wake(): void {
    if (!this.isStill) {
      for (const call of this.#waking.splice(0)) {
        this.#world.at(0, call);
      }
    }
  }
}
