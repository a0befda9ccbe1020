/**
 * The one way in which every bench asks for work: so many at once, each its next as soon as its last is through.
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

export async function load({ inFlight, total }: Amount, one: (index: number) => Promise<unknown>): Promise<Load> {
  const times: number[] = [];
  let started = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (started < total) {
        started += 1;
        const from = performance.now();
        await one(started);
        times.push(performance.now() - from);
      }
    }),
  );
  return { perSecond: (total / (performance.now() - began)) * 1000, times };
}
