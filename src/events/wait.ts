/**
 * Waits until something is there, a time is over, or the one who waits has gone.
 *
 * `look` runs before the first wait and after every wake-up; subscribing comes before looking, so that what happens
 * in between is never missed.
 */
import type { Clock } from '../core/ports/index.ts';

export interface Waiting<T> {
  clock: Clock;
  waitMs: number;
  signal?: AbortSignal;
  /** Calls back on every change; returns how to leave. */
  subscribe: (wake: () => void) => () => void;
  /** What was waited for, or undefined to go on waiting. */
  look: () => Promise<T | undefined>;
}

export async function waitFor<T>(waiting: Waiting<T>): Promise<T | undefined> {
  if (waiting.waitMs <= 0) {
    return waiting.look();
  }
  const bell = newBell();
  const leave = waiting.subscribe(bell.ring);
  const timer = waiting.clock.after(waiting.waitMs, bell.stop);
  waiting.signal?.addEventListener('abort', bell.stop, { once: true });
  try {
    for (;;) {
      const found = await waiting.look();
      if (found !== undefined || hasLeft(waiting)) {
        return found;
      }
      if (!(await bell.rung())) {
        // What came without a sound is found at the end, but not for somebody who has gone.
        return hasLeft(waiting) ? undefined : await waiting.look();
      }
    }
  } finally {
    leave();
    timer.cancel();
    waiting.signal?.removeEventListener('abort', bell.stop);
  }
}

function hasLeft({ signal }: Pick<Waiting<unknown>, 'signal'>): boolean {
  return signal?.aborted === true;
}

/** Rings are not counted: one while nobody listens is enough to look again. */
function newBell() {
  let wasRung = false;
  let isOver = false;
  let answer: ((again: boolean) => void) | undefined;
  const settle = () => {
    if (answer !== undefined && (wasRung || isOver)) {
      const tell = answer;
      answer = undefined;
      const again = wasRung && !isOver;
      wasRung = false;
      tell(again);
    }
  };
  return {
    ring: () => {
      wasRung = true;
      settle();
    },
    stop: () => {
      isOver = true;
      settle();
    },
    rung: async () =>
      new Promise<boolean>((resolve) => {
        answer = resolve;
        settle();
      }),
  };
}
