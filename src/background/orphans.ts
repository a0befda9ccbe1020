/**
 * The endings of sessions that are closed: told to whoever looks after them, and never to another session.
 */
import type { Turn, TurnOptions } from './background.ts';
import type { House } from './house.ts';
import { turnsOf } from './turns.ts';

/** All of them side by side; one that is closed later joins. */
export async function* orphansOf(house: House, options: TurnOptions = {}): AsyncGenerator<Turn> {
  const streams = new Map<string, AsyncGenerator<Turn>>();
  const coming = new Map<string, Promise<{ session: string; result: IteratorResult<Turn> } | undefined>>();
  try {
    while (!house.closing.aborted && options.signal?.aborted !== true) {
      for (const session of house.sessions.closed.filter((one) => !streams.has(one))) {
        streams.set(session, turnsOf(house, session, options));
      }
      for (const [session, stream] of streams) {
        if (!coming.has(session)) {
          coming.set(
            session,
            stream.next().then((result) => ({ session, result })),
          );
        }
      }
      const first = await Promise.race([...coming.values(), changeOf(house, options.signal)]);
      if (first === undefined) {
        continue;
      }
      coming.delete(first.session);
      if (first.result.done !== true) {
        yield first.result.value;
        // Here and not by the next one of its stream: that may never be asked for.
        await first.result.value.acknowledge();
      }
    }
  } finally {
    await Promise.all([...streams.values()].map(async (stream) => stream.return(undefined)));
  }
}

async function changeOf({ sessions, closing }: House, signal: AbortSignal | undefined): Promise<undefined> {
  return new Promise((resolve) => {
    sessions.onChange(() => resolve(undefined));
    for (const one of [closing, signal]) {
      one?.addEventListener('abort', () => resolve(undefined), { once: true });
    }
  });
}
