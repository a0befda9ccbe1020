/**
 * The wish to stop, as a signal: the first SIGINT or SIGTERM stops in order, the second at once.
 */
import { EXIT } from './failure.ts';

export function untilInterrupted(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) {
        process.exit(EXIT.failed);
      }
      stop.abort(signal);
    });
  }
  return stop.signal;
}

/** The name of the signal that came. */
export async function interruption(stop: AbortSignal): Promise<string> {
  if (!stop.aborted) {
    await new Promise<void>((resolve) => {
      stop.addEventListener('abort', () => resolve(), { once: true });
    });
  }
  return String(stop.reason);
}
