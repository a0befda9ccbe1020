/**
 * Waits for somebody who waits: the process stays up meanwhile, which the timers of the house alone would not see to.
 *
 * Ends early where the signal says so, and leaves nothing behind.
 */
import { MessageChannel } from 'node:worker_threads';
import type { Clock } from '../core/ports/index.ts';

export async function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) {
    return;
  }
  // A port that listens is what a process stays up for.
  const { port1: port, port2: other } = new MessageChannel();
  port.on('message', () => {});
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const stop = (): void => resolve(undefined);
  const timer = clock.after(ms, stop);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await promise;
  } finally {
    timer.cancel();
    signal?.removeEventListener('abort', stop);
    port.close();
    other.close();
  }
}
