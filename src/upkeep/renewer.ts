/**
 * Renews the leases of the deliveries under way in this process, all in one commit.
 *
 * A third of a lease between two rounds, so that two may be missed. Whoever finds its lease taken over lets go (D6).
 */
import { whyLetGo } from '../core/delegation/index.ts';
import type { Timer } from '../core/ports/index.ts';
import type { Line } from '../flow/index.ts';

export class Renewer {
  readonly #line: Line;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(line: Line) {
    this.#line = line;
  }

  start(): void {
    if (!this.#stopped) {
      this.#timer = this.#line.clock.after(this.#line.limits.leaseMs / 3, () => {
        void renew(this.#line)
          .catch(this.#line.onFault)
          .then(() => this.start());
      });
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }
}

async function renew(line: Line): Promise<void> {
  await Promise.all(
    line.runs.all().map(async ({ key, epoch }) => {
      const answer = await line.recorder.record({ type: 'renew', ref: { key }, epoch, actor: line.owner });
      const row = 'delegation' in answer ? answer.delegation : undefined;
      const why = answer.kind === 'fault' ? undefined : whyLetGo(row, epoch);
      if (why !== undefined) {
        line.runs.stop({ key, epoch }, why);
      }
    }),
  );
}
