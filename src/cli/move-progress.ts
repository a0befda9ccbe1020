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
const COLUMNS = 80;
const CLEAR = '\r\u001B[K';

/** Where it is shown: stderr. */
export interface Screen {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

export class MoveProgress {
  readonly #out: Out;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #screen: Screen;
  readonly #isTerminal: boolean;
  #step: Progress['step'] | undefined;
  #beganAt = 0;
  #beganWith = 0;
  #toldAt = 0;

  constructor(out: Out, clock: Pick<Clock, 'now'>, screen: Screen = process.stderr) {
    this.#out = out;
    this.#clock = clock;
    this.#screen = screen;
    this.#isTerminal = screen.isTTY === true && !out.json;
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
      // A line that breaks would not be cleared as one.
      const columns = this.#screen.columns ?? COLUMNS;
      this.#screen.write(`${CLEAR}${this.#words(progress, now).slice(0, columns - 1)}`);
    } else {
      this.#screen.write(`${this.#words(progress, now)}\n`);
    }
  }

  #words({ step, kind, done, of }: Progress, now: number): string {
    const speed = ((done - this.#beganWith) * 1000) / Math.max(1, now - this.#beganAt);
    const left = speed > 0 ? `, ${grouped(Math.round(speed))}/s, about ${span(((of - done) * 1000) / speed)} left` : '';
    return `${step} ${kind}: ${grouped(done)} of ${grouped(of)}${left}`;
  }

  end(): void {
    if (this.#isTerminal && this.#step !== undefined) {
      this.#screen.write(CLEAR);
    }
  }
}
