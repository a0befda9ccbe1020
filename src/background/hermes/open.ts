/**
 * Opens the door: background delegation with one callee, whose runs look up the closures that were dispatched.
 *
 * Nothing is kept beside what is opened, so that several stand side by side.
 */
import { doorOf } from '../door.ts';
import { houseIn, thisMachine, type World } from '../open.ts';
import type { House } from '../house.ts';
import { Dispatcher } from './dispatch.ts';
import type { Hermes, HermesOpening, StopReport, WaitResult } from './hermes.ts';
import { interrupt, type Interrupting } from './interrupt.ts';
import { Completions } from './queue.ts';
import { activeCount, endedEvent, listRecords, unitRow } from './records.ts';
import { unitCallee, type Closures } from './run.ts';
import { spillInto } from './spill.ts';
import { formatEvents } from './text.ts';
import { insideId, outsideId, UNIT } from './unit.ts';

const CHILDREN = 3;
const RETAINED = 50;
const SECOND = 1000;
const HOUR = 3_600_000;
const LEASE_MS = 300 * SECOND;
const ATTEMPTS = 8;
const AGE_MS = 48 * HOUR;
/** A runner that says nothing is not taken for dead: its host may say otherwise. */
const UNTIL_TOLD_MS = 7 * 24 * HOUR;

export async function openHermes(opening: HermesOpening = {}): Promise<Hermes> {
  return openHermesIn(thisMachine(), opening);
}

export async function openHermesIn(world: World, opening: HermesOpening): Promise<Hermes> {
  const closures = new Map<string, Closures>();
  const { onFault = warn, restore, full = 'reject', maxAsyncChildren: most = CHILDREN, ...more } = opening;
  const { maxSpawnDepth: depth = 1, retainedCompleted: listed = RETAINED, claims = {}, spill: folder, ...rest } = more;
  const opened = Promise.withResolvers<House>();
  const callee = unitCallee({ closures, restore, onFault, house: opened.promise });
  const { house, closing } = await houseIn(world, {
    liveness: { idleMs: UNTIL_TOLD_MS, inToolMs: UNTIL_TOLD_MS },
    deadlineMs: UNTIL_TOLD_MS,
    ...rest,
    ...{ workspaces: { [UNIT]: callee }, capacity: most, depth, onFault },
  });
  opened.resolve(house);
  const door = doorOf(house, closing);
  // One that never began, and one that was ended without its word, lets go of its closures here.
  house.line.hub.onAll(
    ({ type, delegationId }) => type === 'delegation.settled' && closures.delete(delegationId ?? ''),
  );
  const dispatcher = new Dispatcher(door, closures, { full, most });
  const interrupting: Interrupting = { house, door, closures };
  const { leaseMs = LEASE_MS, attemptsMax = ATTEMPTS, ageMs = AGE_MS } = claims;
  const spill = spillInto(folder, onFault);
  return {
    dispatch_async_delegation: async (dispatch) => dispatcher.one(dispatch),
    dispatch_async_delegation_batch: async (dispatch) => dispatcher.batch(dispatch),
    list_async_delegations: async ({ session_key } = {}) => listRecords(house, { session_key, most: listed }),
    get_async_delegation: async (id) => endedEvent(house, id),
    wait_async_delegations: async (ids, options) => waitForUnits(interrupting, ids, options),
    interrupt: async (whom, reason) => interrupt(interrupting, whom, reason),
    async interrupt_all(reason) {
      const receipts = await interrupt(interrupting, 'all', reason);
      return receipts.filter(({ state }) => state === 'asked').length;
    },
    active_count: async () => activeCount(house),
    set_max_async_children: async (children) => dispatcher.setUsual(children),
    completion_queue: new Completions(house, { leaseMs, attemptsMax, ageMs }),
    format_async_delegation: (events, options) =>
      formatEvents(Array.isArray(events) ? events : [events], { now: house.clock.now(), spill, ...options }),
    shutdown: async (options) => stopped(interrupting, options),
    [Symbol.asyncDispose]: async () => door[Symbol.asyncDispose](),
  };
}

/** Taken by waiting: what is in `events` is told to nobody else. */
async function waitForUnits(
  { house, door }: Interrupting,
  asked: readonly string[],
  { mode = 'all', timeout_seconds, signal }: Parameters<Hermes['wait_async_delegations']>[1] = {},
): Promise<WaitResult> {
  const ids = [...new Set(asked)];
  const rows = await Promise.all(ids.map(async (id) => unitRow(house, id)));
  const unknown = ids.filter((_id, index) => rows[index] === undefined);
  if (unknown.length > 0) {
    throw new RangeError(`errand/background/hermes: there is no ${unknown.join(', ')}.`);
  }
  const { endings, open } = await door.wait(
    typeof mode === 'number' ? { first: mode } : mode,
    ids.map((id) => door.handle(insideId(id))),
    {
      ...(timeout_seconds === undefined ? {} : { timeoutMs: timeout_seconds * SECOND }),
      ...(signal === undefined ? {} : { signal }),
    },
  );
  const events = await Promise.all(endings.map(async ({ id }) => endedEvent(house, id)));
  return {
    events: events.filter((event) => event !== undefined),
    pending: open.map(({ id }) => outsideId(id)),
  };
}

async function stopped(
  { door }: Interrupting,
  { mode = 'drain', deadline_seconds }: Parameters<Hermes['shutdown']>[0] = {},
): Promise<StopReport> {
  const deadline = deadline_seconds === undefined ? {} : { deadlineMs: deadline_seconds * SECOND };
  const { tasks } = await door.shutdown({ mode, ...deadline });
  return { mode, delegations: tasks.map(({ id, became }) => ({ delegation_id: outsideId(id), became })) };
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error), 'ErrandFault');
}
