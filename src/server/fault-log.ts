/**
 * Says faults on stderr, one JSON document a line, and the same fault once a second however often it comes: a
 * database that is away for a minute is told sixty times and not once per request.
 */
import type { Clock } from '../core/ports/index.ts';

const EVERY_MS = 1000;
const KINDS_MAX = 100;

export class FaultLog {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #write: (line: string) => void;
  /** How often each came since it was said. */
  readonly #again = new Map<string, number>();

  constructor(clock: Pick<Clock, 'after'>, write: (line: string) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  say(error: unknown): void {
    const message = textOf(error);
    const [kind = ''] = message.split('\n');
    const count = this.#again.get(kind);
    if (count !== undefined) {
      this.#again.set(kind, count + 1);
      return;
    }
    this.#line({ level: 'error', message });
    if (this.#again.size < KINDS_MAX) {
      this.#again.set(kind, 0);
      this.#clock.after(EVERY_MS, () => this.#sum(kind));
    }
  }

  #sum(kind: string): void {
    const count = this.#again.get(kind) ?? 0;
    this.#again.delete(kind);
    if (count > 0) {
      this.#line({ level: 'error', message: kind, repeated: count });
    }
  }

  #line(document: object): void {
    this.#write(`${JSON.stringify(document)}\n`);
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const because = error.cause === undefined ? '' : `\nbecause: ${textOf(error.cause)}`;
  return `${error.stack ?? error.message}${because}`;
}
