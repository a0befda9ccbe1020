/**
 * Virtual time and chance for a simulated platform: one heap of things to come, one seeded source of dice.
 *
 * What is due at the same moment happens in an order the dice decide, so that a seed is one interleaving and another
 * seed is another. Two clocks run: steady time, by which timers fire, and the wall clock, which can be set.
 *
 * A store that answers in real time is waited for: everything that is due at one moment begins, so that commits run
 * into each other, and time goes on when all of it is answered.
 */
import { setImmediate as settle } from 'node:timers/promises';
import type { Clock, Timer } from '../../src/core/ports/index.ts';
import { Dice } from './dice.ts';
import type { Life } from './life.ts';

interface Coming {
  at: number;
  tie: number;
  call: () => void;
}

const START = Date.UTC(2026, 0, 5, 9);

export class World {
  readonly dice: Dice;
  readonly trace: string[] = [];
  #steady = 0;
  #offset = START;
  #coming: Coming[] = [];
  readonly #grainMs: number;
  #outstanding = 0;
  #answered: () => void = () => {};

  /** With a coarser grain more falls into the same moment. */
  constructor(seed: number, grainMs = 1) {
    this.dice = new Dice(seed);
    this.#grainMs = grainMs;
  }

  now(): number {
    return this.#steady + this.#offset;
  }

  get steady(): number {
    return this.#steady;
  }

  /** The wall clock is set; timers go by steady time and do not notice. */
  jump(ms: number): void {
    this.#offset += ms;
  }

  at(ms: number, call: () => void): Timer {
    const delayMs = Math.ceil(Math.max(0, ms) / this.#grainMs) * this.#grainMs;
    const coming = { at: this.#steady + delayMs, tie: this.dice.next(), call };
    this.#insert(coming);
    return {
      cancel: () => {
        coming.call = () => {};
      },
    };
  }

  async sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.at(ms, resolve);
    });
  }

  /** What is asked of a store in real time; meanwhile virtual time stands still. */
  async during<T>(asked: Promise<T>): Promise<T> {
    this.#outstanding += 1;
    try {
      return await asked;
    } finally {
      this.#outstanding -= 1;
      this.#answered();
    }
  }

  /** A clock of one life: when it is over nothing that it put off happens any more, and nothing while it stands still. */
  clockOf(life: Life): Clock {
    const after = (ms: number, call: () => void): Timer => {
      let isCancelled = false;
      const fire = (): void => {
        if (isCancelled) {
          return;
        }
        if (life.isStill) {
          life.onWake(fire);
        } else if (life.alive) {
          call();
        }
      };
      const timer = this.at(ms, fire);
      return {
        cancel: () => {
          isCancelled = true;
          timer.cancel();
        },
      };
    };
    return { now: () => this.now(), after, soon: (call) => void after(0, call) };
  }

  say(line: string): void {
    this.trace.push(`${this.#steady} ${line}`);
  }

  /** Lets things happen until nothing is left before `until`, or `isOver` says so. */
  async run(until: number, isOver: () => boolean = () => false): Promise<void> {
    for (;;) {
      const next = this.#coming.at(-1);
      if (this.#outstanding > 0 && (next === undefined || next.at > this.#steady)) {
        await this.#answer();
        continue;
      }
      if (next === undefined || next.at > until || isOver()) {
        return;
      }
      this.#coming.pop();
      this.#steady = Math.max(this.#steady, next.at);
      next.call();
      await settle();
    }
  }

  /** Everything that was asked of the store is answered. */
  async rest(): Promise<void> {
    while (this.#outstanding > 0) {
      await this.#answer();
    }
  }

  async #answer(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#answered = resolve;
    });
    await settle();
  }

  /** Sorted with the next one last; most of what comes soon is inserted near the end. */
  #insert(coming: Coming): void {
    const list = this.#coming;
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = list[middle];
      if (other !== undefined && (other.at > coming.at || (other.at === coming.at && other.tie > coming.tie))) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    list.splice(low, 0, coming);
  }
}
