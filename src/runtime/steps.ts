/**
 * The history of one delegation, from its first step on, and then what happens, until it has ended.
 *
 * Its steps are numbered without a gap, so nothing is given twice and what is missing shows: after a lost connection,
 * or where the reader was slower than what it reads, the history is read again; what is longer than that shows is read
 * from the log itself.
 */
import { DeskError } from '../tools/index.ts';
import { againMs, isRefusal } from './again.ts';
import type { Step } from './errand.ts';
import { follow, type LoggedEvent } from './follow.ts';
import { ask, pathOf, type Place } from './place.ts';
import { StepsEar } from './steps-ear.ts';
import type { Watcher } from './watcher.ts';

interface History {
  version: number;
  events: LoggedEvent[];
}

export async function* stepsOf(place: Place, watcher: Watcher, id: string): AsyncGenerator<Step> {
  const ear = new StepsEar(id);
  const leave = watcher.join(ear);
  let last: LoggedEvent | undefined;
  try {
    for (;;) {
      const news = await ear.news();
      if (news === undefined) {
        return;
      }
      const steps = news === 'missed' ? readOn(place, id, last) : news;
      for await (const event of steps) {
        const expected = (last?.n ?? 0) + 1;
        if ((event.n ?? 0) > expected) {
          missing(id, expected, news);
          ear.miss();
          break;
        }
        if (event.n === expected) {
          last = event;
          yield stepOf(event);
        }
        if (last?.type === 'delegation.settled') {
          return;
        }
      }
    }
  } catch (error) {
    if (!place.closed.aborted) {
      throw error;
    }
    // Closed while it was read: nothing comes any more.
  } finally {
    leave();
  }
}

/** What is missing in what was heard is read; what is missing there too is nowhere. */
function missing(id: string, n: number, news: unknown): void {
  if (news === 'missed') {
    throw new DeskError({ code: 'unavailable', message: `the history of ${id} lacks its step ${n}` });
  }
}

function stepOf({ seq, type, at, data }: LoggedEvent): Step {
  return { seq, type, at: new Date(at), data };
}

async function* readOn(place: Place, id: string, seen: LoggedEvent | undefined): AsyncGenerator<LoggedEvent> {
  const call = { method: 'GET', path: pathOf(place, id), check: isHistory } as const;
  const { events, version } = await ask<History>(place, call, 'stubborn');
  let last = seen;
  for (const event of events.filter(({ n = 0 }) => n > (seen?.n ?? 0))) {
    last = event;
    yield event;
  }
  if (last !== undefined && (last.n ?? 0) < version) {
    yield* readLog(place, { id, after: last.seq, until: version });
  }
}

function isHistory({ version, events }: Record<string, unknown>): boolean {
  return typeof version === 'number' && Array.isArray(events);
}

async function* readLog(
  place: Place,
  { id, after, until }: { id: string; after: number; until: number },
): AsyncGenerator<LoggedEvent> {
  const events = follow({
    clock: place.clock,
    signal: place.closed,
    after,
    open: async (from = after, signal = place.closed) =>
      place.platform.open(
        `${place.own}/events/stream`,
        { accept: 'text/event-stream', 'last-event-id': String(from) },
        signal,
      ),
    againMs: (error, tries) => {
      if (isRefusal(error)) {
        throw error;
      }
      return againMs(error, tries, place.ids);
    },
  });
  for await (const event of events) {
    if (event.delegation_id === id) {
      yield event;
      if ((event.n ?? 0) >= until) {
        return;
      }
    }
  }
}
