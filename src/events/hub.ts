/**
 * Wakes those who wait, as soon as a commit says what changed. Nothing polls.
 *
 * It holds no events and promises nothing: whoever subscribes reads the log or the row first, and again when it is
 * woken. A listener that throws is a fault of ours and is said so, but never keeps the others from being woken.
 */
import type { Event } from '../core/ports/index.ts';

export type Listener = (event: Event) => void;

export class Hub {
  readonly #ofAll = new Set<Listener>();
  readonly #ofDelegation = new Map<number, Set<Listener>>();
  readonly #ofWorkspace = new Map<string, Set<Listener>>();
  readonly #onFault: (error: unknown) => void;

  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault;
  }

  /** Of one delegation, by key; of one workspace, on either side; of everything. Returns how to leave. */
  onDelegation(key: number, listener: Listener): () => void {
    return join(this.#ofDelegation, key, listener);
  }

  onWorkspace(id: string, listener: Listener): () => void {
    return join(this.#ofWorkspace, id, listener);
  }

  onAll(listener: Listener): () => void {
    this.#ofAll.add(listener);
    return () => void this.#ofAll.delete(listener);
  }

  publish(events: readonly Event[]): void {
    for (const event of events) {
      this.#tell(this.#ofAll, event);
      this.#tell(this.#ofWorkspace.get(event.workspace), event);
      if (event.peer !== null) {
        this.#tell(this.#ofWorkspace.get(event.peer), event);
      }
      if (event.delegation !== null) {
        this.#tell(this.#ofDelegation.get(event.delegation), event);
      }
    }
  }

  get listeners(): number {
    const topics = [this.#ofAll, ...this.#ofDelegation.values(), ...this.#ofWorkspace.values()];
    return topics.reduce((sum, topic) => sum + topic.size, 0);
  }

  #tell(listeners: ReadonlySet<Listener> | undefined, event: Event): void {
    if (listeners === undefined) {
      return;
    }
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#onFault(error);
      }
    }
  }
}

function join<T>(topics: Map<T, Set<Listener>>, topic: T, listener: Listener): () => void {
  const listeners = topics.get(topic) ?? new Set<Listener>();
  topics.set(topic, listeners);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && topics.get(topic) === listeners) {
      topics.delete(topic);
    }
  };
}
