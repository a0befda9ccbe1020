/**
 * Retention: what is settled, told and older than it is kept goes, a little at a time. What lives never does. What was
 * said goes as late as the tasks, and the files with it; a file that nobody used goes within a day (E33).
 *
 * It looks soon after the start and then each hour, so that a platform which is never up for an hour keeps to it too.
 */
import type { Timer } from '../core/ports/index.ts';
import { failureOf, type Line } from '../flow/index.ts';
import type { Leader } from './leader.ts';

const FIRST_AFTER_MS = 60 * 1000;
const EVERY_MS = 60 * 60 * 1000;
const AT_ONCE = 200;

export class Pruner {
  readonly #line: Line;
  readonly #leader: Pick<Leader, 'isLeading'>;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(line: Line, leader: Pick<Leader, 'isLeading'>) {
    this.#line = line;
    this.#leader = leader;
  }

  start(): void {
    this.#pruneAfter(FIRST_AFTER_MS);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #pruneAfter(ms: number): void {
    if (!this.#stopped) {
      this.#timer = this.#line.clock.after(ms, () => {
        void this.#prune()
          .catch(this.#line.onFault)
          .then(() => this.#pruneAfter(EVERY_MS));
      });
    }
  }

  async #prune(): Promise<void> {
    if (this.#leader.isLeading) {
      await prune(this.#line);
      await forget(this.#line);
    }
  }
}

async function prune(line: Line): Promise<number> {
  let pruned = 0;
  for (;;) {
    const before = line.clock.now() - line.limits.settledKeptMs;
    const answer = await line.recorder.record({ type: 'prune', before, most: AT_ONCE });
    if (answer.kind !== 'count') {
      throw failureOf(answer);
    }
    pruned += answer.count;
    if (answer.count < AT_ONCE) {
      return pruned;
    }
  }
}

async function forget({ engine, clock, limits }: Line): Promise<void> {
  const now = clock.now();
  const before = { messagesBefore: now - limits.settledKeptMs, filesBefore: now - limits.fileUnusedMs };
  for (;;) {
    const { messages, files } = await engine.files.forget({ ...before, most: AT_ONCE });
    for (const id of files) {
      while (await engine.files.remove(id)) {
        await new Promise<void>((resolve) => {
          clock.soon(resolve);
        });
      }
    }
    if (messages < AT_ONCE && files.length < AT_ONCE) {
      return;
    }
  }
}
