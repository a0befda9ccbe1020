/**
 * Brings every event to those who listen, once and in the order of the log, whichever process wrote it.
 *
 * What this process wrote comes straight from its commit. Where another one has written in between, the log is read
 * from the last event that was brought, so that a stream never sees a later event before an earlier one. While
 * nobody listens nothing is read.
 */
import type { Event } from '../core/ports/index.ts';

const PAGE = 500;

export interface TailOptions {
  /** The last event that was there when this process came. */
  seen: number;
  read: (after: number, limit: number) => Promise<Event[]>;
  bring: (events: readonly Event[]) => void;
  /** Those of them that another process wrote. */
  bringElsewhere: (events: readonly Event[]) => void;
  isWanted: () => boolean;
  onFault: (error: unknown) => void;
}

export class Tail {
  readonly #options: TailOptions;
  #seen: number;
  #target: number;
  #isReading = false;
  /** Written here and not brought yet, because something before it is not known. */
  readonly #own = new Set<number>();

  constructor(options: TailOptions) {
    this.#options = options;
    this.#seen = options.seen;
    this.#target = options.seen;
  }

  /** After a commit of this process. */
  wrote(events: readonly Event[]): void {
    const [first, last] = [events[0], events.at(-1)];
    if (first === undefined || last === undefined) {
      return;
    }
    if (!this.#isReading && first.seq === this.#seen + 1) {
      this.#seen = last.seq;
      this.#options.bring(events);
    } else {
      // What the log has been read past already was brought with it, and is not waited for any more.
      for (const { seq } of events.filter((event) => event.seq > this.#seen)) {
        this.#own.add(seq);
      }
      this.reach(last.seq);
    }
  }

  /** The log goes at least as far as this. */
  reach(seq: number): void {
    this.#target = Math.max(this.#target, seq);
    if (!this.#isReading && this.#seen < this.#target) {
      this.#isReading = true;
      void this.#catchUp();
    }
  }

  /** Where the store does not answer, the next commit or the next hint tries again. */
  async #catchUp(): Promise<void> {
    try {
      while (this.#seen < this.#target) {
        await this.#readOn();
      }
    } catch (error) {
      this.#options.onFault(error);
    } finally {
      this.#isReading = false;
    }
  }

  async #readOn(): Promise<void> {
    if (!this.#options.isWanted()) {
      this.#seen = this.#target;
      this.#own.clear();
      return;
    }
    const events = await this.#options.read(this.#seen, PAGE);
    this.#seen = events.at(-1)?.seq ?? this.#target;
    const elsewhere = events.filter(({ seq }) => !this.#own.delete(seq));
    this.#options.bring(events);
    this.#options.bringElsewhere(elsewhere);
  }
}
