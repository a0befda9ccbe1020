/**
 * The deliveries under way in this process, by delegation. What is not here is not ours to renew or to stop.
 */
import { ByKey } from '../core/by-key.ts';
import type { StopReason } from '../core/ports/index.ts';
import type { Run } from './run.ts';

export class Runs {
  readonly #runs = new ByKey<Run>();
  #idle: (() => void)[] = [];

  add(run: Run): void {
    this.#runs.get(run.key)?.stop('overtaken');
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

  /** Only the delivery of that epoch: the one after it may have begun already, in the same commit. */
  stop(about: { key: number; epoch: number }, why: StopReason): boolean {
    const run = this.#runs.get(about.key);
    if (run === undefined || run.epoch !== about.epoch) {
      return false;
    }
    run.stop(why);
    return true;
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
