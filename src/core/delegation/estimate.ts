/**
 * How long until it starts: from what is ahead and from the callee's recent durations.
 *
 * Durations are kept as a small histogram of powers of two, halved when it is full, so that it follows a callee
 * that changes its pace and costs a few bytes per workspace. An estimate is an estimate; its error is measured.
 */
const BUCKETS = 24;
const FULL = 64;
const FIRST_MS = 16;

/** Bucket i counts durations below 16 ms × 2^i. */
export type Durations = readonly number[];

export const NO_DURATIONS: Durations = [];

export function observe(durations: Durations, durationMs: number): Durations {
  const bucket = bucketOf(durationMs);
  const counts = [...durations];
  while (counts.length <= bucket) {
    counts.push(0);
  }
  counts[bucket] = (counts[bucket] ?? 0) + 1;
  return sumOf(counts) > FULL ? trimmed(counts.map((count) => count >> 1)) : counts;
}

/** The usual duration, or undefined while nothing is known. */
export function usualMs(durations: Durations): number | undefined {
  const total = sumOf(durations);
  if (total === 0) {
    return undefined;
  }
  let seen = 0;
  for (const [bucket, count] of durations.entries()) {
    seen += count;
    if (seen * 2 >= total) {
      return Math.round(FIRST_MS * 2 ** bucket * 0.75);
    }
  }
  return undefined;
}

/** How long the ones ahead keep the slots, seen from the back of the line. */
export function aheadMs(ahead: number, capacity: number, durations: Durations): number | undefined {
  const usual = usualMs(durations);
  return usual === undefined ? undefined : Math.ceil(((ahead + 1) / Math.max(1, capacity)) * usual);
}

function bucketOf(durationMs: number): number {
  const steps = Math.ceil(Math.log2(Math.max(durationMs, 1) / FIRST_MS));
  return Math.min(Math.max(steps, 0), BUCKETS - 1);
}

function sumOf(counts: Durations): number {
  let sum = 0;
  for (const count of counts) {
    sum += count;
  }
  return sum;
}

function trimmed(counts: number[]): number[] {
  let length = counts.length;
  while (length > 0 && counts[length - 1] === 0) {
    length -= 1;
  }
  return counts.slice(0, length);
}
