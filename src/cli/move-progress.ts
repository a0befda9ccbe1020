/**
 * How far a move is: one changing line on a terminal, a line now and then into a file, a document now and then for a
 * program.
 */
import type { Clock } from '../core/ports/index.ts';
import type { Progress } from '../server/index.ts';
import type { Out } from './out.ts';
import { grouped, span } from './words.ts';

const TERMINAL_MS = 100;
const LINE_MS = 2000;
const CLEAR = '\r\u001B[K';

export class MoveProgress {
  readonly #out: Out;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #isTerminal: boolean;
  #step: Progress['step'] | undefined;
  #beganAt = 0;
  #beganWith = 0;
  #toldAt = 0;

  constructor(out: Out, clock: Pick<Clock, 'now'>, isTerminal: boolean = process.stderr.isTTY) {
    this.#out = out;
    this.#clock = clock;
    this.#isTerminal = isTerminal && !out.json;
  }

  tell(progress: Progress): void {
    const now = this.#clock.now();
    if (this.#step !== progress.step) {
      this.#step = progress.step;
      [this.#beganAt, this.#beganWith, this.#toldAt] = [now, progress.done, 0];
    }
    if (now - this.#toldAt < (this.#isTerminal ? TERMINAL_MS : LINE_MS)) {
      return;
    }
    this.#toldAt = now;
    if (this.#out.json) {
      this.#out.line(progress, '');
    } else if (this.#isTerminal) {
      process.stderr.write(`${CLEAR}${this.#words(progress, now)}`);
    } else {
      this.#out.aside(this.#words(progress, now));
    }
  }

  #words({ step, kind, done, of }: Progress, now: number): string {
    const speed = ((done - this.#beganWith) * 1000) / Math.max(1, now - this.#beganAt);
    const left = speed > 0 ? `, ${grouped(Math.round(speed))}/s, about ${span(((of - done) * 1000) / speed)} left` : '';
    return `${step} ${kind}: ${grouped(done)} of ${grouped(of)}${left}`;
  }

  end(): void {
    if (this.#isTerminal && this.#step !== undefined) {
      process.stderr.write(CLEAR);
    }
  }
}
