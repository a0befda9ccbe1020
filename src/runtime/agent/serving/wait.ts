/**
 * Waiting for a task to come to a point: as long as it may take, and no longer than whoever asked is there.
 */
import type { Clock, Timer } from '../../../core/ports/index.ts';
import type { Job } from './job.ts';

export interface Awaiting {
  clock: Clock;
  job: Job;
  isThere: () => boolean;
  /** Without any, until the current turn is through: what needs no waiting is done by then. */
  ms: number;
  gone: AbortSignal;
}

export async function awaited({ clock, job, isThere, ms, gone }: Awaiting): Promise<void> {
  if (isThere() || gone.aborted) {
    return;
  }
  await new Promise<void>((resolve) => {
    let timer: Timer | undefined;
    const leave = job.listen(() => {
      if (isThere()) {
        done();
      }
    });
    function done(): void {
      leave();
      timer?.cancel();
      gone.removeEventListener('abort', done);
      resolve();
    }
    gone.addEventListener('abort', done, { once: true });
    if (ms > 0) {
      timer = clock.after(ms, done);
    } else {
      clock.soon(() => clock.soon(done));
    }
  });
}
