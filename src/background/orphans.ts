/**
 * The endings of sessions that are closed: told to whoever looks after them, and never to another session.
 */
import { setMaxListeners } from 'node:events';
import type { Turn } from './background.ts';
import type { House } from './house.ts';
import { turnsOf, type Reading } from './turns.ts';

/** All of them side by side; one that is closed later joins. */
export async function* orphansOf(house: House, options: Reading): AsyncGenerator<Turn> {
  const streams = new Map<string, AsyncGenerator<Turn>>();
  const coming = new Map<string, Promise<{ session: string; result: IteratorResult<Turn> }>>();
  // One that fails ends the others.
  const over = new AbortController();
  const signal = AbortSignal.any([options.signal, over.signal]);
  setMaxListeners(0, signal);
  let change = changeOf(house, signal);
  try {
    while (!signal.aborted) {
      for (const session of house.sessions.closed) {
        const stream = streams.get(session) ?? turnsOf(house, session, { ...options, signal });
        streams.set(session, stream);
        if (!coming.has(session)) {
          coming.set(session, nextOf(session, stream));
        }
      }
      const first = await Promise.race([...coming.values(), change.happened]);
      if (first === undefined) {
        change.forget();
        change = changeOf(house, signal);
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
    over.abort();
    await Promise.all([...streams.values()].map(async (stream) => stream.return(undefined)));
  }
}

async function nextOf(session: string, stream: AsyncGenerator<Turn>) {
  return { session, result: await stream.next() };
}

/** Another session was closed, or nobody listens any more. */
function changeOf({ sessions }: House, over: AbortSignal) {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const tell = (): void => resolve(undefined);
  const leave = sessions.onChange(tell);
  over.addEventListener('abort', tell, { once: true });
  return {
    happened: promise,
    forget(): void {
      leave();
      over.removeEventListener('abort', tell);
    },
  };
}
