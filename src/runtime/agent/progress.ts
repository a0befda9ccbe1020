/**
 * The steps of one attempt on their way to the platform: one each second, the last one kept, nobody waits for it.
 */
import type { Clock, Timer } from '../../core/ports/index.ts';
import { cut } from '../../core/text.ts';
import type { Progress } from './work.ts';

const EVERY_MS = 1000;
const MESSAGE_CHARACTERS = 4000;

export class ProgressLine {
  readonly #clock: Clock;
  readonly #send: (step: Progress) => Promise<void>;
  #kept: Progress | undefined;
  #timer: Timer | undefined;
  #isOver = false;

  /** `send` never rejects. */
  constructor(clock: Clock, send: (step: Progress) => Promise<void>) {
    this.#clock = clock;
    this.#send = send;
  }

  say(step: Progress): void {
    if (this.#isOver) {
      return;
    }
    this.#kept = bounded(step);
    if (this.#timer === undefined) {
      this.#sendKept();
    }
  }

  end(): void {
    this.#isOver = true;
    this.#kept = undefined;
    this.#timer?.cancel();
  }

  #sendKept(): void {
    const step = this.#kept;
    this.#kept = undefined;
    if (step !== undefined) {
      void this.#send(step);
    }
    this.#timer = step === undefined || this.#isOver ? undefined : this.#clock.after(EVERY_MS, () => this.#sendKept());
  }
}

function shortened(message: string): string {
  const { text, truncated } = cut(message, MESSAGE_CHARACTERS - 1);
  return truncated ? `${text}…` : message.slice(0, MESSAGE_CHARACTERS);
}

function bounded({ message, percent, inTool }: Progress): Progress {
  return {
    ...(typeof message === 'string' ? { message: shortened(message.toWellFormed()) } : {}),
    ...(typeof percent === 'number' && Number.isFinite(percent)
      ? { percent: Math.min(100, Math.max(0, percent)) }
      : {}),
    ...(inTool === true ? { inTool } : {}),
  };
}
