/**
 * What a delivery has seen of its task, what of that is news, and when to look again.
 *
 * News is a sign of life and is reported; the same state seen twice is not (C10). Pauses grow, so that one stuck task
 * never becomes a storm of questions.
 */
import { noteOf, type RemoteTask } from '../../a2a/index.ts';
import type { Outcome } from '../../core/ports/index.ts';
import type { Contact } from './contact.ts';
import { bounded } from './excerpt.ts';
import type { Look } from './look.ts';
import { failed, outcomeOf, remoteOf } from './outcome.ts';

const GONE_MAX = 3;
/** As for an agent that reports through our own API. */
const MESSAGE_MAX = 4000;
const SILENCE_FIRST_MS = 500;
const SILENCE_MOST_MS = 45_000;

export class Watch {
  readonly #contact: Contact;
  #mark: string | undefined = undefined;
  #gone = 0;
  #pauseMs: number;
  #wantedMs = 0;
  #progressAt = 0;
  #silenceMs = SILENCE_FIRST_MS;

  constructor(contact: Contact) {
    this.#contact = contact;
    this.#pauseMs = contact.means.tempo.pollFirstMs;
  }

  see(task: RemoteTask): Outcome | undefined {
    this.#gone = 0;
    const outcome = outcomeOf(task);
    if (outcome !== undefined) {
      return outcome;
    }
    if (this.#mark === undefined) {
      this.#contact.acknowledge(remoteOf(task));
    }
    if (this.#mark !== task.mark && (this.#mark !== undefined || task.said.length > 0)) {
      this.progressed(noteOf(task), 0);
    }
    this.#mark = task.mark;
    return undefined;
  }

  /** A status on a stream, which says nothing about artifacts. */
  hear(mark: string, said: string): void {
    const before = this.#mark ?? '';
    this.#mark = mark;
    if (mark.slice(mark.indexOf('#')) !== before.slice(before.indexOf('#'))) {
      this.progressed(said, 0);
    }
  }

  /** A stream may bring a thousand pieces a second; once in a while is sign enough. */
  progressed(message: string, everyMs: number): void {
    const now = this.#contact.means.clock.now();
    if (now - this.#progressAt >= everyMs) {
      this.#progressAt = now;
      this.#contact.reports.progressed(message === '' ? {} : { message: bounded(message, MESSAGE_MAX) });
    }
  }

  miss(found: Exclude<Look, { kind: 'task' | 'too_large' }>): Outcome | undefined {
    if (found.kind === 'gone') {
      this.#gone += 1;
      return this.#gone >= GONE_MAX ? this.#forgotten(found) : undefined;
    }
    this.#wantedMs = found.retryAfterMs ?? 0;
    return undefined;
  }

  /** What it took and forgot may be given to it once more; a peer that cannot be asked at all is not trusted with that. */
  #forgotten({ error: said, forgotten }: Extract<Look, { kind: 'gone' }>): Outcome {
    const error = `the peer does not know the task any more: ${said}`;
    return forgotten ? { kind: 'unknown', error, forgotten } : failed('outcome_unknown', error);
  }

  /** Grows, and is spread by a quarter to either side, so that many tasks of one peer do not ask in step. */
  nextPause(): number {
    const { pollGrowth, pollMostMs } = this.#contact.means.tempo;
    const ms = this.#pauseMs * (0.75 + this.#contact.means.chance() / 2);
    this.#pauseMs = Math.min(this.#pauseMs * pollGrowth, pollMostMs);
    const wanted = Math.min(this.#wantedMs, pollMostMs * 4);
    this.#wantedMs = 0;
    return Math.max(ms, wanted);
  }

  /** How long a stream may be without an event. Short at first: what was said before we listened is not said again. */
  nextSilence(): number {
    const ms = this.#silenceMs;
    this.#silenceMs = Math.min(ms * 2, SILENCE_MOST_MS);
    return ms;
  }
}
