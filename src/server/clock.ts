/**
 * The one place where real time, chance and identity come from (law 4).
 *
 * Timers never keep the process alive. Keys are milliseconds times 2,048 plus a count, so they grow with time, fit an
 * exact integer until 2109, and stay in order when the clock is set back; a process starts above every key it finds.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomFillSync } from 'node:crypto';
import { ID_LETTERS, RANDOM_LENGTH, type Clock, type Ids } from '../core/ports/index.ts';

const KEYS_PER_MS = 2048;
/** Letters of chance that are made at once. */
const POOL_LENGTH = RANDOM_LENGTH * 256;
/** The longest a timer of the platform can be; longer ones wait in pieces. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** What is to happen later is on nobody's behalf, and keeps nothing alive of whoever was at work when it was put off. */
const onNobodysBehalf = AsyncLocalStorage.snapshot();

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, call) {
    const timer = onNobodysBehalf(setTimeout, call, Math.min(ms, TIMER_MAX_MS));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
  soon: (call) => void onNobodysBehalf(setImmediate, call),
};

/** For one process: begins with the time of day, and goes on evenly whatever becomes of that. */
export function steadyClock(): Clock {
  const from = Date.now() - performance.now();
  return { ...systemClock, now: () => Math.floor(from + performance.now()) };
}

export function systemIds(): Ids {
  const pool = Buffer.alloc(POOL_LENGTH);
  let letters = '';
  let used = POOL_LENGTH;
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
      if (used === POOL_LENGTH) {
        letters = lettersFrom(randomFillSync(pool));
        used = 0;
      }
      used += RANDOM_LENGTH;
      return letters.slice(used - RANDOM_LENGTH, used);
    },
    chance: () => Math.random(),
  };
}

/** Five bits of each byte: there are 32 letters. */
function lettersFrom(bytes: Buffer): string {
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = LETTER_CODES[(bytes[index] ?? 0) & 31] ?? 0;
  }
  return bytes.toString('latin1');
}

const LETTER_CODES = Buffer.from(ID_LETTERS);
