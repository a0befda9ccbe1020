/**
 * The tasks an agent keeps: by their ids, and by the ids of the messages that brought them, so that a message that
 * comes twice finds what it became and is not carried out twice (C1).
 *
 * Bounded by number, bytes and age. Only ended tasks are forgotten, the oldest first; what is alive stays.
 */
import type { Clock, Timer } from '../../../core/ports/index.ts';
import type { ServingLimits } from './limits.ts';
import type { Job } from './job.ts';

interface Entry {
  job: Job;
  messages: string[];
}

export class Book {
  readonly #clock: Clock;
  readonly #limits: ServingLimits;
  readonly #entries = new Map<string, Entry>();
  readonly #byMessage = new Map<string, Entry>();
  /** In the order in which they ended. */
  readonly #ended = new Map<string, { entry: Entry; at: number }>();
  #endedBytes = 0;
  #timer: Timer | undefined = undefined;

  constructor(clock: Clock, limits: ServingLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get jobs(): Job[] {
    return [...this.#entries.values()].map(({ job }) => job);
  }

  get(id: string): Job | undefined {
    return this.#entries.get(id)?.job;
  }

  find(messageId: string): Job | undefined {
    return this.#byMessage.get(messageId)?.job;
  }

  /** False when it is full of what is alive. */
  add(job: Job, messageId: string): boolean {
    if (this.#entries.size >= this.#limits.keptMax && !this.#forgetOldest()) {
      return false;
    }
    const entry = { job, messages: [messageId] };
    this.#entries.set(job.id, entry);
    this.#byMessage.set(messageId, entry);
    return true;
  }

  /** Another message that belongs to it. */
  name(job: Job, messageId: string): void {
    const entry = this.#entries.get(job.id);
    if (entry !== undefined) {
      entry.messages.push(messageId);
      this.#byMessage.set(messageId, entry);
    }
  }

  /** It is over: kept for a while. */
  close(job: Job): void {
    const entry = this.#entries.get(job.id);
    if (entry === undefined || this.#ended.has(job.id)) {
      return;
    }
    this.#ended.set(job.id, { entry, at: this.#clock.now() });
    this.#endedBytes += job.bytes;
    while (this.#endedBytes > this.#limits.keptBytesMax && this.#ended.size > 1 && this.#forgetOldest()) {
      // The newest is kept whatever it weighs: whoever waits for it has not read it yet.
    }
    this.#timer ??= this.#clock.after(this.#limits.keptMs, () => this.#sweep());
  }

  forget(job: Job): void {
    const entry = this.#entries.get(job.id);
    if (entry === undefined) {
      return;
    }
    this.#entries.delete(job.id);
    for (const message of entry.messages) {
      this.#byMessage.delete(message);
    }
    if (this.#ended.delete(job.id)) {
      this.#endedBytes -= job.bytes;
    }
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #forgetOldest(): boolean {
    const { value } = this.#ended.values().next();
    if (value === undefined) {
      return false;
    }
    this.forget(value.entry.job);
    return true;
  }

  #sweep(): void {
    this.#timer = undefined;
    const before = this.#clock.now() - this.#limits.keptMs;
    for (const { entry, at } of this.#ended.values()) {
      if (at > before) {
        this.#timer = this.#clock.after(at - before, () => this.#sweep());
        return;
      }
      this.forget(entry.job);
    }
  }
}
