/**
 * The deliveries under way in this process, by delegation. What is not here is not ours to renew or to stop.
 */
import type { StopReason } from '../core/ports/index.ts';

export interface Run {
  key: number;
  epoch: number;
  abort: AbortController;
  progressedAt: number;
}

export class Runs {
  readonly #runs = new Map<number, Run>();
  #idle: (() => void)[] = [];

  add(run: Run): void {
    this.#runs.get(run.key)?.abort.abort('overtaken' satisfies StopReason);
    this.#runs.set(run.key, run);
  }

  remove(run: Run): void {
    if (this.#runs.get(run.key) === run) {
      this.#runs.delete(run.key);
    }
    if (this.#runs.size === 0) {
      for (const tell of this.#idle.splice(0)) {
        tell();
      }
    }
  }

  get(key: number): Run | undefined {
    return this.#runs.get(key);
  }

  all(): Run[] {
    return [...this.#runs.values()];
  }

  get size(): number {
    return this.#runs.size;
  }

  stop(key: number, why: StopReason): boolean {
    const run = this.#runs.get(key);
    run?.abort.abort(why);
    return run !== undefined;
  }

  /** When the last one is through. */
  async idle(): Promise<void> {
    if (this.#runs.size > 0) {
      await new Promise<void>((resolve) => {
        this.#idle.push(resolve);
      });
    }
  }
}
