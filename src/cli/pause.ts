/**
 * Waits, on the one clock of the house, and keeps the process alive meanwhile: its timers alone would not.
 */
import { MessageChannel } from 'node:worker_threads';
import { systemClock } from '../server/clock.ts';

export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) {
    return;
  }
  // A port that listens is what a process stays up for.
  const { port1: port, port2: other } = new MessageChannel();
  port.on('message', () => {});
  await new Promise<void>((resolve) => {
    const timer = systemClock.after(ms, resolve);
    function stop(): void {
      timer.cancel();
      resolve();
    }
    signal?.addEventListener('abort', stop, { once: true });
  });
  port.close();
  other.close();
}
