/**
 * Somebody who keeps jobs: Errand, or what a user would pick instead.
 *
 * What each does with one job is the same: it is kept, a worker in this process runs a function that does nothing, its
 * result is kept, and the one who asked for it has read it.
 */
import type { One } from '../load.ts';

export interface Contender {
  name: string;
  /** Everything it has said is on stable storage; who does not wait for the disk is shown and not counted. */
  isDurable: boolean;
  one(): ReturnType<One>;
  close(): Promise<void>;
}

export const TEXT = 'x'.repeat(2000);

/** The same for all: a wrong answer is no answer. */
export function check(name: string, result: unknown, text = TEXT): void {
  if (result !== text) {
    throw new Error(`${name}: the result is ${JSON.stringify(result)?.slice(0, 200)}.`);
  }
}

/** Those who wait to be told, by the id of their job; who tells them may bring the result along. */
export class Waiting {
  readonly #resolvers = new Map<string, (result: unknown) => void>();

  async until(id: string): Promise<unknown> {
    return new Promise((resolve) => {
      this.#resolvers.set(id, resolve);
    });
  }

  tell(id: string, result?: unknown): void {
    this.#resolvers.get(id)?.(result);
    this.#resolvers.delete(id);
  }
}
