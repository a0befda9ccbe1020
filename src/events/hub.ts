/**
 * Wakes those who wait, as soon as a commit says what changed. Nothing polls.
 *
 * It holds no events and promises nothing: whoever subscribes reads the log or the row first, and again when it is
 * woken. A listener that throws is a fault of ours and is said so, but never keeps the others from being woken.
 */
import type { Event } from '../core/ports/index.ts';

export type Listener = (event: Event) => void;

export class Hub {
  readonly #topics = new Map<string, Set<Listener>>();
  readonly #onFault: (error: unknown) => void;

  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault;
  }

  /** Of one delegation, by key; of one workspace, on either side; of everything. Returns how to leave. */
  onDelegation(key: number, listener: Listener): () => void {
    return this.#join(`d${key}`, listener);
  }

  onWorkspace(id: string, listener: Listener): () => void {
    return this.#join(`w${id}`, listener);
  }

  onAll(listener: Listener): () => void {
    return this.#join('*', listener);
  }

  publish(events: readonly Event[]): void {
    if (this.#topics.size === 0) {
      return;
    }
    for (const event of events) {
      this.#tell('*', event);
      this.#tell(`w${event.workspace}`, event);
      if (event.peer !== null) {
        this.#tell(`w${event.peer}`, event);
      }
      if (event.delegation !== null) {
        this.#tell(`d${event.delegation}`, event);
      }
    }
  }

  get listeners(): number {
    return [...this.#topics.values()].reduce((sum, topic) => sum + topic.size, 0);
  }

  #join(topic: string, listener: Listener): () => void {
    const listeners = this.#topics.get(topic) ?? new Set<Listener>();
    this.#topics.set(topic, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#topics.get(topic) === listeners) {
        this.#topics.delete(topic);
      }
    };
  }

  #tell(topic: string, event: Event): void {
    const listeners = this.#topics.get(topic);
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
