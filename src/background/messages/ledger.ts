/**
 * Keeps what is open while a list is read from its beginning: calls, what answered them, and the faults found.
 *
 * Every provider pairs calls with results; they differ in what may stand between the two. So a provider's file says
 * when a call opens, when a result arrives, and when it is too late (`closes`), and the books are kept here, once.
 * All of it is one pass: whoever opens is closed once.
 */
import type { Fault, Rule } from './fault.ts';
import { copyOf, field, isList, lengthOf, PARTS_MAX, shown } from './read.ts';

/** More do not help whoever mends the list, and a list of nothing but faults stays small to report. */
const FAULTS_MAX = 100;

export class Ledger {
  readonly faults: Fault[] = [];
  readonly #open = new Map<string, number>();
  readonly #called = new Set<string>();
  readonly #answered = new Set<string>();
  #partsLeft = PARTS_MAX;
  #hold: string | undefined;

  /** Why no turn may follow this list now; undefined where one may. */
  get hold(): string | undefined {
    return this.#hold;
  }

  get hasOpen(): boolean {
    return this.#open.size > 0;
  }

  /** Whether a call of this id is open, or was answered. */
  isKnown(id: unknown): boolean {
    return typeof id === 'string' && this.#called.has(id);
  }

  blame(index: number, rule: Rule, message: string): void {
    if (this.faults.length < FAULTS_MAX) {
      this.faults.push({ index, rule, message });
    }
  }

  holds(reason: string): void {
    this.#hold ??= reason;
  }

  /** A call. Where ids pair over the whole list and not only with what comes next, each is used `once`. */
  calls(index: number, id: unknown, { once }: { once: boolean }): void {
    if (typeof id !== 'string' || id === '') {
      this.blame(index, 'no-id', `Message ${index} calls a tool without an id, so that nothing can answer it.`);
      this.holds(`the call in message ${index} has no id`);
      return;
    }
    if (this.#open.has(id) || (once && this.#called.has(id))) {
      this.blame(index, 'duplicate-id', `Message ${index} calls with the id ${shown(id)}, which is taken.`);
    }
    this.#open.set(id, index);
    this.#called.add(id);
    this.#answered.delete(id);
  }

  /** A result. */
  answers(index: number, id: unknown): void {
    if (typeof id !== 'string' || id === '') {
      this.blame(index, 'no-id', `Message ${index} has a result without the id of its call.`);
    } else if (this.#open.delete(id)) {
      this.#answered.add(id);
    } else if (this.#answered.has(id)) {
      this.blame(index, 'answered-twice', `Message ${index} answers the call ${shown(id)} a second time.`);
    } else {
      this.blame(index, 'unknown-result', `Message ${index} answers the call ${shown(id)}, which is not open here.`);
    }
  }

  /** Something else stands at `index`, or the list ends there: what is open stays without its result. */
  closes(index: number, length: number): void {
    for (const [id, at] of this.#open) {
      const when = index < length ? `message ${index} comes before its result` : 'the list ends before its result';
      this.blame(at, 'unanswered-call', `The call ${shown(id)} in message ${at} is open: ${when}.`);
      this.holds(`the call ${shown(id)} in message ${at} has no result`);
    }
    this.#open.clear();
  }

  /** These calls wait for a person or a tool, and the next request brings their results. */
  suspends(ids: ReadonlySet<string>): void {
    for (const id of ids) {
      if (this.#open.delete(id)) {
        this.holds(`the call ${shown(id)} waits for its result`);
      }
    }
  }

  /** The parts of a message's content, counted against the bound of the whole list; undefined where it is no list. */
  parts(index: number, content: unknown): unknown[] | undefined {
    if (!isList(content)) {
      return undefined;
    }
    if (lengthOf(content) > this.#partsLeft) {
      this.blame(index, 'too-long', `The messages up to ${index} have more than ${PARTS_MAX} parts; send fewer.`);
      this.holds(`the list is too long to be read`);
    }
    const parts = copyOf(content, this.#partsLeft);
    this.#partsLeft -= parts.length;
    return parts;
  }

  /** Blames a message without a known role, and returns the role otherwise. */
  roleOf(index: number, message: unknown, { key, known }: { key: string; known: readonly string[] }): string {
    const role = field(message, key);
    if (typeof role === 'string' && known.includes(role)) {
      return role;
    }
    const said = typeof role === 'string' ? shown(role) : 'none';
    this.blame(index, 'role', `Message ${index} has the ${key} ${said}; it must be one of: ${known.join(', ')}.`);
    return '';
  }

  empty(index: number): void {
    this.blame(index, 'empty-content', `Message ${index} has no content; leave it out, or say something.`);
  }
}
