/**
 * What has happened since a place in the log, of one kind: a bounded look, and the place to go on from.
 */
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Caller, McpParts } from '../parts.ts';
import { eventArguments, isKind, type EventArguments, type Kind, type Occurrence } from './catalog.ts';

/** So many lines are looked at for one answer. */
const LOOKED_AT_MAX = 2000;
const PAGE = 200;
const NOT_FOUND = -32_011;

export const eventParams = z.looseObject({
  name: z.string().max(200),
  arguments: z.unknown().optional(),
  cursor: z.string().max(100).nullish(),
  maxAgeMs: z.int().min(0).optional(),
  maxEvents: z.int().min(1).optional(),
});

export interface Following {
  kind: Kind;
  only: EventArguments;
  /** Undefined to begin now. */
  after: number | undefined;
  maxAgeMs: number | undefined;
}

/** What is asked for; a refusal where there is no such kind, or the arguments do not fit it. */
export function followingOf(params: z.output<typeof eventParams>): Following {
  const { name, cursor, maxAgeMs } = params;
  if (!isKind(name)) {
    throw new ProtocolError(NOT_FOUND, `there is no event ${name.slice(0, 100)}`, { kind: 'event' });
  }
  const only = eventArguments.safeParse(params.arguments ?? {});
  if (!only.success || (name === 'message.received' && only.data.delegation_id !== undefined)) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'the arguments do not fit this event');
  }
  if (typeof cursor === 'string' && !/^\d{1,15}$/u.test(cursor)) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'this cursor was not given by this server');
  }
  return { kind: name, only: only.data, after: typeof cursor === 'string' ? Number(cursor) : undefined, maxAgeMs };
}

export interface Found {
  events: Occurrence[];
  /** The place up to which all was looked at. */
  cursor: number;
  hasMore: boolean;
  /** Something that would have been told was left out because of its age. */
  truncated: boolean;
}

export interface Looking {
  parts: Pick<McpParts, 'clock'> & Required<Pick<McpParts, 'log'>>;
  caller: Caller;
  following: Following;
  most: number;
}

export async function readEvents({ parts, caller, following, most }: Looking): Promise<Found> {
  const { log, clock } = parts;
  const last = await log.last();
  // A place beyond the end of the log, as after a restore, would wait for ever.
  const found: Found = {
    events: [],
    cursor: Math.min(following.after ?? last, last),
    hasMore: false,
    truncated: false,
  };
  const oldest = following.maxAgeMs === undefined ? 0 : clock.now() - following.maxAgeMs;
  for (let looked = 0; looked < LOOKED_AT_MAX; looked += PAGE) {
    const { occurrences, next } = await log.read(caller, found.cursor, PAGE);
    for (const one of occurrences.filter((each) => fits(each, following))) {
      if (Date.parse(one.at) < oldest) {
        found.truncated = true;
      } else if (found.events.length === most) {
        return { ...found, cursor: one.seq - 1, hasMore: true };
      } else {
        found.events.push(one);
      }
    }
    if (next === undefined) {
      return { ...found, cursor: Math.max(found.cursor, last) };
    }
    found.cursor = next;
  }
  return { ...found, hasMore: true };
}

function fits({ kind, data }: Occurrence, { kind: wanted, only }: Following): boolean {
  return kind === wanted && (only.delegation_id === undefined || data['delegation_id'] === only.delegation_id);
}
