/**
 * A stream that ends when its reader leaves, also while it waits for the next thing: a generator by itself would go on
 * with what it waits for, and leave only after that.
 *
 * What it offers is looked at in the very moment of handing it over, in which nothing else can happen.
 */
export interface Streaming<T> {
  /** Ended by any of these as well. */
  signals: readonly (AbortSignal | undefined)[];
  streamOf: (over: AbortSignal) => AsyncGenerator<T>;
  /** What is not is passed over, and what it is then is up to the stream. */
  isWanted?: (offer: T) => boolean;
}

export function leavable<T>(streaming: Streaming<T>): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => new Reader(streaming) };
}

class Reader<T> implements AsyncIterator<T, undefined> {
  readonly #over = new AbortController();
  readonly #stream: AsyncGenerator<T>;
  readonly #isWanted: (offer: T) => boolean;
  #before: Promise<true> | undefined;

  constructor({ signals, streamOf, isWanted = () => true }: Streaming<T>) {
    this.#stream = endedBy(signals, this.#over, streamOf);
    this.#isWanted = isWanted;
  }

  /** One after the other, however many are asked for. */
  async next(): Promise<IteratorResult<T, undefined>> {
    const before = this.#before;
    const { promise, resolve } = Promise.withResolvers<true>();
    this.#before = promise;
    await before;
    try {
      for (;;) {
        const { done, value } = await this.#stream.next();
        if (done === true) {
          return { done, value: undefined };
        }
        if (this.#isWanted(value)) {
          return { done: false, value };
        }
      }
    } finally {
      resolve(true);
    }
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#over.abort();
    await this.#stream.return(undefined);
    return { done: true, value: undefined };
  }
}

/** It listens from the first thing that is asked for until its end. */
async function* endedBy<T>(
  signals: Streaming<T>['signals'],
  over: AbortController,
  streamOf: Streaming<T>['streamOf'],
): AsyncGenerator<T> {
  const onAbort = (): void => over.abort();
  for (const signal of signals) {
    signal?.addEventListener('abort', onAbort, { once: true });
  }
  if (signals.some((signal) => signal?.aborted === true)) {
    onAbort();
  }
  try {
    yield* streamOf(over.signal);
  } finally {
    for (const signal of signals) {
      signal?.removeEventListener('abort', onAbort);
    }
  }
}
