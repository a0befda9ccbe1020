/**
 * events/list and events/poll of the events extension: what can be followed, and what has happened since a cursor.
 *
 * The cursor is a place in the platform's log, so nothing is kept for whoever polls, and nothing is missed by whoever
 * comes back late.
 */
import { method, noParams, type Method } from '../method.ts';
import type { McpParts } from '../parts.ts';
import { CATALOG, told } from './catalog.ts';
import { eventParams, followingOf, readEvents } from './read.ts';

const EVENTS_USUAL = 50;
const EVENTS_MAX = 200;
const POLL_MS = 5000;

/** None where there is no log to read. */
export function eventMethods({ log, clock }: McpParts): [string, Method][] {
  if (log === undefined) {
    return [];
  }
  return [
    ['events/list', method(noParams, async () => ({ events: CATALOG }))],
    [
      'events/poll',
      method(eventParams, async (params, { caller }) => {
        const most = Math.min(params.maxEvents ?? EVENTS_USUAL, EVENTS_MAX);
        const following = followingOf(params);
        const { events, cursor, hasMore, truncated } = await readEvents({
          parts: { log, clock },
          caller,
          following,
          most,
        });
        return { events: events.map(told), cursor: String(cursor), truncated, hasMore, nextPollMs: POLL_MS };
      }),
    ],
  ];
}
