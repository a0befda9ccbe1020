/**
 * The time by the clock of the database, told by the own clock and what it is off by.
 *
 * Every answer that brings the database's time corrects it. Between two answers the own clock goes on; if it is set
 * meanwhile, commits by it are refused (`moveLine`) until the next answer corrects it.
 */
import type { Clock } from '../../core/ports/index.ts';

export class StoreClock {
  readonly #own: Pick<Clock, 'now'>;
  #offMs = 0;

  constructor(own: Pick<Clock, 'now'>) {
    this.#own = own;
  }

  now(): number {
    return this.#own.now() + this.#offMs;
  }

  /** The database said so between `askedAt`, by the own clock, and now. */
  correct(databaseNow: number, askedAt: number): void {
    this.#offMs = Math.round(databaseNow - (askedAt + this.#own.now()) / 2);
  }

  get ownNow(): number {
    return this.#own.now();
  }
}
