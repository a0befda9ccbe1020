/**
 * The endings of sessions that are closed: told to whoever looks after them, and never to another session.
 */
import type { Turn, TurnOptions } from './background.ts';
import type { House } from './house.ts';
import { turnsOf } from './turns.ts';

/** All of them side by side; one that is closed later joins. */
export async function* orphansOf(house: House, options: TurnOptions = {}): AsyncGenerator<Turn> {
  const streams = new Map<string, AsyncGenerator<Turn>>();
  const coming = new Map<string, Promise<{ session: string; result: IteratorResult<Turn> }>>();
  const over = new AbortController();
  const onAbort = (): void => over.abort();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  let change = changeOf(house, options.signal);
  try {
    while (!house.closing.aborted && options.signal?.aborted !== true) {
      for (const session of house.sessions.closed) {
        const stream = streams.get(session) ?? turnsOf(house, session, { ...options, signal: over.signal });
        streams.set(session, stream);
        if (!coming.has(session)) {
          coming.set(session, nextOf(session, stream));
        }
      }
      const first = await Promise.race([...coming.values(), change.happened]);
      if (first === undefined) {
        change.forget();
        change = changeOf(house, options.signal);
      } else {
        coming.delete(first.session);
        if (first.result.done !== true) {
          yield first.result.value;
          // Here and not by the next one of its stream: that may never be asked for.
          await first.result.value.acknowledge();
        }
      }
    }
  } finally {
    change.forget();
    options.signal?.removeEventListener('abort', onAbort);
    over.abort();
    await Promise.all([...streams.values()].map(async (stream) => stream.return(undefined)));
  }
}

async function nextOf(session: string, stream: AsyncGenerator<Turn>) {
  return { session, result: await stream.next() };
}

/** Another session was closed, or nobody listens any more. */
function changeOf({ sessions, closing }: House, signal: AbortSignal | undefined) {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const tell = (): void => resolve(undefined);
  const leave = sessions.onChange(tell);
  closing.addEventListener('abort', tell, { once: true });
  signal?.addEventListener('abort', tell, { once: true });
  return {
    happened: promise,
    forget(): void {
      leave();
      closing.removeEventListener('abort', tell);
      signal?.removeEventListener('abort', tell);
    },
  };
}
