/**
 * Looks around on a platform: the seats, what is under way at each, and where one delegation lives.
 *
 * An operator who names no seat sees all of them. Lists are asked for per seat, a few at a time, since that is how
 * the API gives them to everybody.
 */
import type { Client } from './client.ts';
import { EXIT, Failure } from './failure.ts';
import type { Detail, Row, Seat } from './shapes.ts';

const TOGETHER = 8;
const LIVE = ['pending', 'queued', 'dispatched', 'in_progress', 'input_required'] as const;
const SETTLED: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled']);

export function isSettled(status: string): boolean {
  return SETTLED.has(status);
}

export async function seatsOf(client: Client): Promise<Seat[]> {
  const seats = await client.get<Seat[]>('/workspaces', { limit: 1000 });
  return seats.filter(({ state }) => state !== 'removed');
}

/** Newest first, of one seat or of all. */
export async function rowsOf(client: Client, asked: { status?: string; limit: number }): Promise<Row[]> {
  if (client.isForOne) {
    return client.get<Row[]>(client.seat('/delegations'), { ...asked, direction: 'all' });
  }
  const seats = await seatsOf(client);
  const lists = await each(seats, async ({ id }) =>
    client.get<Row[]>(client.seat('/delegations', id), { ...asked, direction: 'out' }),
  );
  return newestFirst(lists.flat()).slice(0, asked.limit);
}

/** What is not settled at these seats, each with why it waits. */
export async function liveAt(client: Client, seats: readonly Seat[], most: number): Promise<Detail[]> {
  const asked = seats.flatMap(({ id }) => LIVE.map((status) => ({ id, status })));
  const lists = await each(asked, async ({ id, status }) =>
    client.get<Row[]>(client.seat('/delegations', id), { status, direction: 'in', limit: most }),
  );
  return detailsOf(client, newestFirst(lists.flat()).slice(0, most));
}

/** The other side of `liveAt`, for the callers: everything one seat waits for. */
export async function liveOf(client: Client, most: number): Promise<Detail[]> {
  const lists = await each(LIVE, async (status) =>
    client.get<Row[]>(client.seat('/delegations'), { status, direction: 'all', limit: most }),
  );
  return detailsOf(client, newestFirst(lists.flat()).slice(0, most));
}

async function detailsOf(client: Client, rows: readonly Row[]): Promise<Detail[]> {
  const found = await each(rows, async ({ source_id: caller, delegation_id: id }) => detailOf(client, caller, id));
  return found.filter((detail) => detail !== undefined);
}

async function detailOf(client: Client, seat: string, id: string): Promise<Detail | undefined> {
  try {
    return await client.get<Detail>(client.seat(`/delegations/${encodeURIComponent(id)}`, seat));
  } catch (error) {
    if (error instanceof Failure && error.fault.code === 'not_found') {
      return undefined;
    }
    throw error;
  }
}

/** The path of a delegation as its caller has it, whoever that is. */
export async function pathOf(client: Client, id: string): Promise<string> {
  const tail = `/delegations/${encodeURIComponent(id)}`;
  const own = await detailOf(client, client.from, id);
  if (own !== undefined && (own.source_id === client.from || client.isForOne)) {
    return client.seat(tail);
  }
  const caller = own?.source_id ?? (client.isForOne ? undefined : await callerOf(client, id));
  if (caller === undefined) {
    throw new Failure({
      code: 'not_found',
      message: `there is no delegation ${id}`,
      fix: 'errand list shows those there are; --from says for which workspace to look.',
      exit: EXIT.refused,
    });
  }
  return client.seat(tail, caller);
}

async function callerOf(client: Client, id: string): Promise<string | undefined> {
  const seats = await seatsOf(client);
  const lists = await each(seats, async (seat) =>
    client.get<Row[]>(client.seat('/delegations', seat.id), { delegation_id: id, direction: 'all' }),
  );
  return lists.flat()[0]?.source_id;
}

function newestFirst<T extends { created_at: string }>(rows: readonly T[]): T[] {
  return rows.toSorted((one, other) => other.created_at.localeCompare(one.created_at, 'en'));
}

/** A few at a time, in their order. */
async function each<T, R>(items: readonly T[], call: (item: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  for (let from = 0; from < items.length; from += TOGETHER) {
    answers.push(...(await Promise.all(items.slice(from, from + TOGETHER).map(call))));
  }
  return answers;
}
