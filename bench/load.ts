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

/** Answers when the one who asked has what it asked for, and with what is left to do then, if anything. */
export type One = (index: number) => Promise<{ rest: () => Promise<unknown> } | void>;

export async function load({ inFlight, total }: Amount, one: One): Promise<Load> {
  const times: number[] = [];
  let started = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (started < total) {
        started += 1;
        const from = performance.now();
        const through = await one(started);
        times.push(performance.now() - from);
        await through?.rest();
      }
    }),
  );
  return { perSecond: (total / (performance.now() - began)) * 1000, times };
}
