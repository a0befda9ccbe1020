/**
 * The one way in which every bench asks for work: so many at once, each its next as soon as its last is through.
 *
 * What there is to do after the one who asked has what it asked for counts in the rate and not in its time.
 */
export interface Load {
  perSecond: number;
  /** How long each of them took, in milliseconds. */
  times: number[];
}

export interface Amount {
  inFlight: number;
  total: number;
}

/** Answers when the one who asked has what it asked for, and with what is left to do then, if anything: `{ rest }`. */
export type One = (index: number) => Promise<unknown>;

export async function load({ inFlight, total }: Amount, one: One): Promise<Load> {
  const times: number[] = [];
  let started = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (started < total) {
        started += 1;
        const from = performance.now();
        const left = await one(started);
        times.push(performance.now() - from);
        await restOf(left);
      }
    }),
  );
  return { perSecond: (total / (performance.now() - began)) * 1000, times };
}

async function restOf(left: unknown): Promise<void> {
  if (typeof left === 'object' && left !== null && 'rest' in left && typeof left.rest === 'function') {
    await left.rest();
  }
}
