/**
 * Time that stands still until a test moves it. Implements the clock port of the core.
 *
 * `advance` fires what falls due in the order of its moments, timers that fired timers set included; `pass` does the
 * same and lets promises settle in between. `soon` runs as a microtask, or at once with `flush`, whichever is first.
 */
import { setImmediate } from 'node:timers/promises';
import type { Clock, Timer } from '../../src/core/ports/index.ts';

interface Waiting {
  at: number;
  order: number;
  call: () => void;
}

const START = Date.UTC(2026, 0, 5, 9);

export class ManualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #timers = new Set<Waiting>();
  readonly #soon: (() => void)[] = [];

  constructor(now: number = START) {
    this.#now = now;
  }

  /** Timers that have not fired: what is left at the end of a test has leaked. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, call: () => void): Timer {
    this.#order += 1;
    const waiting = { at: this.#now + Math.max(0, ms), order: this.#order, call };
    this.#timers.add(waiting);
    return {
      cancel: () => {
        this.#timers.delete(waiting);
      },
    };
  }

  soon(call: () => void): void {
    this.#soon.push(call);
    queueMicrotask(() => this.flush());
  }

  /** Runs what was put off with `soon`, and what that puts off in turn. */
  flush(): void {
    for (let call = this.#soon.shift(); call !== undefined; call = this.#soon.shift()) {
      call();
    }
  }

  advance(ms: number): void {
    const until = this.#now + ms;
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#fire(next);
    }
    this.#now = until;
  }

  /** Like `advance`; whatever a timer set going has come to rest before the next one fires. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    await setImmediate();
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#fire(next);
      await setImmediate();
    }
    this.#now = until;
    await setImmediate();
  }

  /** The wall clock is set, and no timer notices. */
  jump(ms: number): void {
    this.#now += ms;
    for (const waiting of this.#timers) {
      waiting.at += ms;
    }
  }

  #fire(waiting: Waiting): void {
    this.#timers.delete(waiting);
    this.#now = Math.max(this.#now, waiting.at);
    waiting.call();
    this.flush();
  }

  #next(until: number): Waiting | undefined {
    let first: Waiting | undefined;
    for (const waiting of this.#timers) {
      const sooner =
        first === undefined || waiting.at < first.at || (waiting.at === first.at && waiting.order < first.order);
      if (waiting.at <= until && sooner) {
        first = waiting;
      }
    }
    return first;
  }
}
