/**
 * Virtual time and chance for a simulated platform: one heap of things to come, one seeded source of dice.
 *
 * What is due at the same moment happens in an order the dice decide, so that a seed is one interleaving and another
 * seed is another. Two clocks run: steady time, by which timers fire, and the wall clock, which can be set.
 */
import { setImmediate as settle } from 'node:timers/promises';
import type { Clock, Timer } from '../../src/core/ports/index.ts';
import { Dice } from './dice.ts';

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

  constructor(seed: number) {
    this.dice = new Dice(seed);
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
    const coming = { at: this.#steady + Math.max(0, ms), tie: this.dice.next(), call };
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

  /** A clock of one life of the platform: when that life is over, nothing it put off happens any more. */
  clockOf(life: { alive: boolean }): Clock {
    const during = (call: () => void) => () => {
      if (life.alive) {
        call();
      }
    };
    return {
      now: () => this.now(),
      after: (ms, call) => this.at(ms, during(call)),
      soon: (call) => void this.at(0, during(call)),
    };
  }

  say(line: string): void {
    this.trace.push(`${this.#steady} ${line}`);
  }

  /** Lets things happen until nothing is left before `until`, or `isOver` says so. */
  async run(until: number, isOver: () => boolean = () => false): Promise<void> {
    for (;;) {
      const next = this.#coming.at(-1);
      if (next === undefined || next.at > until || isOver()) {
        return;
      }
      this.#coming.pop();
      this.#steady = Math.max(this.#steady, next.at);
      next.call();
      await settle();
    }
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
