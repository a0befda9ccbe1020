/**
 * What is told of a program while it works: its newest word, at once and then no more than once in a while.
 *
 * Whoever hears of it forgets what comes faster, so what is last is held back and told when its time has come: a program
 * that says two things in a row and is then silent is known by the second, and a tool that it has begun is known of.
 */
import type { Clock, Reports, Timer } from '../../core/ports/index.ts';

/** A little more than the line takes one in. */
const EVERY_MS = 1050;
/** Output without words is a sign of life; so often it is worth a line in the log. */
const SIGN_OF_LIFE_MS = 30_000;

type Step = Parameters<Reports['progressed']>[0];

export class Telling {
  readonly #clock: Clock;
  readonly #reports: Pick<Reports, 'progressed'>;
  #step: Step = {};
  #note: (() => string | undefined) | undefined;
  #toldAt: number | undefined;
  readonly #beganAt: number;
  #timer: Timer | undefined;
  #isOver = false;

  constructor(clock: Clock, reports: Pick<Reports, 'progressed'>) {
    this.#clock = clock;
    this.#reports = reports;
    this.#beganAt = clock.now();
  }

  say(step: Step): void {
    this.#step = { ...this.#step, ...step };
    this.#note = step.message === undefined ? this.#note : undefined;
    this.#soon();
  }

  /** The message is asked for when it is told. */
  note(note: () => string | undefined): void {
    this.#note = note;
    this.#soon();
  }

  alive(): void {
    if (this.#passed(this.#toldAt ?? this.#beganAt) >= SIGN_OF_LIFE_MS) {
      this.#soon();
    }
  }

  end(): void {
    this.#isOver = true;
    this.#timer?.cancel();
  }

  #soon(): void {
    if (this.#isOver || this.#timer !== undefined) {
      return;
    }
    const passed = this.#toldAt === undefined ? EVERY_MS : this.#passed(this.#toldAt);
    if (passed >= EVERY_MS) {
      this.#tell();
    } else {
      this.#timer = this.#clock.after(EVERY_MS - passed, () => this.#tell());
    }
  }

  #tell(): void {
    this.#timer = undefined;
    this.#toldAt = this.#clock.now();
    const message = this.#note?.();
    // What is told replaces what was: a word on stderr does not mean that the tool has ended.
    this.#step = { ...this.#step, ...(message === undefined ? {} : { message }) };
    this.#note = undefined;
    this.#reports.progressed({ ...this.#step });
  }

  /** A clock that was set back says nothing about the time that passed. */
  #passed(since: number): number {
    return Math.abs(this.#clock.now() - since);
  }
}
