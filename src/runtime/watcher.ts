/**
 * Hears what happens to the delegations that somebody waits for, over one connection however many they are.
 *
 * It is open while somebody waits, and only then. What may have been missed (before it was open, while it was lost) is
 * looked at, a few at a time; nothing is polled, and nothing is asked for what nobody waits for.
 */
import { againMs, isRefusal } from './again.ts';
import { follow, type LoggedEvent } from './follow.ts';
import type { Place } from './place.ts';

/** Somebody who waits for something of one delegation. */
export interface Ear {
  readonly id: string;
  /** It will tell of its ending, so that nobody else has to. */
  readonly takesEnding: boolean;
  hear(event: LoggedEvent): void;
  /** Something may have been missed. Never rejects. */
  look(): Promise<void>;
  /** The platform does not let it listen. */
  refuse(error: unknown): void;
  /** It was closed here: nothing comes any more. */
  close(): void;
}

const LOOKS_MAX = 8;

export class Watcher {
  readonly #place: Place;
  readonly #ears = new Map<string, Set<Ear>>();
  readonly #toLook = new Set<Ear>();
  readonly #looking = new Set<Ear>();
  #line: { over: AbortController; isOpen: boolean } | undefined;

  constructor(place: Place) {
    this.#place = place;
    place.closed.addEventListener('abort', () => this.#close(), { once: true });
  }

  /** Returns how to leave. */
  join(ear: Ear): () => void {
    if (this.#place.closed.aborted) {
      ear.close();
      return () => {};
    }
    const ears = this.#ears.get(ear.id);
    if (ears === undefined) {
      this.#ears.set(ear.id, new Set([ear]));
    } else {
      ears.add(ear);
    }
    if (this.#line === undefined) {
      void this.#listen();
    } else if (this.#line.isOpen) {
      this.lookAt(ear);
    }
    return () => this.#leave(ear);
  }

  /** Somebody waits for this very ending, and will tell of it. */
  isAwaited(id: string): boolean {
    return [...(this.#ears.get(id) ?? [])].some(({ takesEnding }) => takesEnding);
  }

  lookAt(ear: Ear): void {
    this.#toLook.add(ear);
    this.#lookOn();
  }

  #leave(ear: Ear): void {
    const ears = this.#ears.get(ear.id);
    this.#toLook.delete(ear);
    if (ears?.delete(ear) === true && ears.size === 0) {
      this.#ears.delete(ear.id);
    }
    if (this.#ears.size === 0) {
      this.#line?.over.abort();
      this.#line = undefined;
    }
  }

  async #listen(): Promise<void> {
    const { platform, own, clock, ids } = this.#place;
    const line = { over: new AbortController(), isOpen: false };
    this.#line = line;
    const events = follow({
      clock,
      signal: line.over.signal,
      open: async (after, signal) => {
        line.isOpen = false;
        const from = after === undefined ? {} : { 'last-event-id': String(after) };
        return platform.open(`${own}/events/stream`, { accept: 'text/event-stream', ...from }, signal);
      },
      againMs: (error, tries) => {
        if (isRefusal(error)) {
          throw error;
        }
        return againMs(error, tries, ids);
      },
      // The first that a stream says is from where on it tells: what was before that is there to be looked at.
      onRead: () => this.#opened(line),
    });
    try {
      for await (const event of events) {
        this.#tell(event);
      }
    } catch (error) {
      this.#refuse(line, error);
    }
  }

  #opened(line: { isOpen: boolean }): void {
    if (!line.isOpen) {
      line.isOpen = true;
      for (const ear of this.#all()) {
        this.#toLook.add(ear);
      }
      this.#lookOn();
    }
  }

  #tell(event: LoggedEvent): void {
    for (const ear of this.#ears.get(event.delegation_id ?? '') ?? []) {
      ear.hear(event);
    }
  }

  #refuse(line: object, error: unknown): void {
    if (this.#line === line) {
      this.#line = undefined;
      for (const ear of this.#all()) {
        ear.refuse(error);
      }
    }
  }

  #close(): void {
    this.#line?.over.abort();
    this.#line = undefined;
    for (const ear of this.#all()) {
      ear.close();
    }
    this.#ears.clear();
    this.#toLook.clear();
  }

  #all(): Ear[] {
    return [...this.#ears.values()].flatMap((ears) => [...ears]);
  }

  #lookOn(): void {
    for (const ear of this.#toLook) {
      if (this.#looking.size >= LOOKS_MAX) {
        return;
      }
      if (!this.#looking.has(ear)) {
        this.#toLook.delete(ear);
        this.#looking.add(ear);
        void ear.look().finally(() => {
          this.#looking.delete(ear);
          this.#lookOn();
        });
      }
    }
  }
}
