/**
 * The one place where real time, chance and identity come from (law 4).
 *
 * Timers never keep the process alive. Keys are milliseconds times 2,048 plus a count, so they grow with time, fit an
 * exact integer until 2109, and stay in order when the clock is set back; a process starts above every key it finds.
 */
import { randomFillSync } from 'node:crypto';
import { randomFrom, type Clock, type Ids } from '../core/ports/index.ts';

const KEYS_PER_MS = 2048;
const RANDOM_BYTES = 20;
const POOL_BYTES = RANDOM_BYTES * 256;
/** The longest a timer of the platform can be; longer ones wait in pieces. */
const TIMER_MAX_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, call) {
    const timer = setTimeout(call, Math.min(ms, TIMER_MAX_MS));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
  soon: (call) => void setImmediate(call),
};

/** For one process: begins with the time of day, and goes on evenly whatever becomes of that. */
export function steadyClock(): Clock {
  const from = Date.now() - performance.now();
  return { ...systemClock, now: () => Math.floor(from + performance.now()) };
}

export function systemIds(): Ids {
  const pool = Buffer.alloc(POOL_BYTES);
  let used = POOL_BYTES;
  let last = 0;
  return {
    key() {
      last = Math.max(last + 1, Date.now() * KEYS_PER_MS);
      return last;
    },
    above(key) {
      last = Math.max(last, key);
    },
    random() {
      if (used === POOL_BYTES) {
        randomFillSync(pool);
        used = 0;
      }
      used += RANDOM_BYTES;
      return randomFrom(pool.subarray(used - RANDOM_BYTES, used));
    },
    chance: () => Math.random(),
  };
}
