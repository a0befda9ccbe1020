/**
 * The log in memory: all lines, or the newest of them, chained per organisation when somebody looks (E4, D12).
 *
 * Where it is bounded, the oldest lines go. One that nobody has seen the hash of goes without one: the chain leads
 * from the last line that was seen, or from nothing, to the first that is there.
 */
import { hash } from 'node:crypto';
import { chainText, type Event, type EventFilter, type Happening } from '../../core/ports/index.ts';
import { Line, type Chain } from './line.ts';

export class Log implements Chain {
  #lines: Line[] = [];
  /** Lines that went: the one at index `i` has the number `gone + i + 1`. */
  #gone = 0;
  /** The number of the last line that has its hash. */
  #chained = 0;
  readonly #heads = new Map<string, string>();

  get lastSeq(): number {
    return this.#gone + this.#lines.length;
  }

  /** What JSON cannot say is refused here and not when the line is read. */
  append(happening: Happening, at: number): Event {
    const plain = isPlain(happening.data) ? happening : { ...happening, data: copyOf(happening.data) };
    const line = new Line(this, plain, { seq: this.lastSeq + 1, at });
    this.#lines.push(line);
    return line;
  }

  /** What was written after this line was not written (E2). Nobody has seen it, so nothing is chained to it. */
  cutBack(seq: number): void {
    if (seq < this.lastSeq) {
      this.#lines.length = seq - this.#gone;
    }
  }

  /** Lets the oldest lines go, an eighth of what may stay at a time, so that it costs each line the same. */
  keepNewest(most = Infinity): void {
    const extra = this.#lines.length - most;
    if (extra > most / 8) {
      this.#lines = this.#lines.slice(extra);
      this.#gone += extra;
    }
  }

  hashUpTo(seq: number): void {
    for (let next = Math.max(this.#chained, this.#gone) + 1; next <= seq; next += 1) {
      const line = this.#line(next);
      const before = this.#heads.get(line.org) ?? '';
      line.hash = hash('sha256', chainText(before, line, JSON.stringify(line.data)), 'base64url');
      this.#heads.set(line.org, line.hash);
      this.#chained = next;
    }
  }

  read(filter: EventFilter): Event[] {
    const found: Event[] = [];
    const { newestFirst = false, after = 0, before = Infinity, limit } = filter;
    const first = Math.max(after, this.#gone) + 1;
    const last = Math.min(before - 1, this.lastSeq);
    for (let step = 0; step <= last - first && found.length < limit; step += 1) {
      const line = this.#line(newestFirst ? last - step : first + step);
      if (matches(line, filter)) {
        found.push(line.told());
      }
    }
    return found;
  }

  #line(seq: number): Line {
    const line = this.#lines[seq - this.#gone - 1];
    if (line === undefined) {
      throw new RangeError(`The log has no line ${seq}.`);
    }
    return line;
  }
}

/** Nothing that could change later, or that JSON does not know: as in nearly all that is written. */
function isPlain(data: Record<string, unknown>): boolean {
  for (const name in data) {
    if (!PLAIN.has(typeof data[name])) {
      return false;
    }
  }
  return true;
}

const PLAIN: ReadonlySet<string> = new Set(['string', 'number', 'boolean']);

function copyOf(data: Record<string, unknown>): Record<string, unknown> {
  const text = JSON.stringify(data);
  return JSON.parse(text) as Record<string, unknown>;
}

function matches(line: Event, { org, workspace, delegation, newestFirst }: EventFilter): boolean {
  const isAbout =
    workspace === undefined || line.workspace === workspace || (newestFirst !== true && line.peer === workspace);
  return (
    isAbout && (org === undefined || line.org === org) && (delegation === undefined || line.delegation === delegation)
  );
}
