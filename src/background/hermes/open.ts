/**
 * Opens the door: background delegation with one callee, whose runs look up the closures that were dispatched.
 *
 * Nothing is kept beside what is opened, so that several stand side by side.
 */
import { doorOf } from '../door.ts';
import { houseIn, thisMachine, type World } from '../open.ts';
import type { Opening } from '../settings.ts';
import { Dispatcher } from './dispatch.ts';
import type { Hermes, HermesOpening, StopReport, WaitResult } from './hermes.ts';
import { interrupt, type Interrupting } from './interrupt.ts';
import { Completions } from './queue.ts';
import { activeCount, endedEvent, listRecords, unitRow } from './records.ts';
import { unitCallee, type Closures, type Running } from './run.ts';
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
  const { onFault = warn, restore, full = 'reject', maxAsyncChildren: most = CHILDREN } = opening;
  const running: Running = { closures, restore, onFault, noteOf: async () => undefined };
  const callee = unitCallee(running);
  const { house, closing } = await houseIn(world, settingsOf(opening, { [UNIT]: callee }, onFault));
  const door = doorOf(house, closing);
  running.noteOf = async (id) => (await house.line.engine.delegation({ id }))?.detail.cancel?.note;
  // One that never began, and one that was ended without its word, lets go of its closures here.
  house.line.hub.onAll(
    ({ type, delegationId }) => type === 'delegation.settled' && closures.delete(delegationId ?? ''),
  );
  const dispatcher = new Dispatcher(door, closures, { full, most });
  const interrupting: Interrupting = { house, door, closures };
  const { leaseMs = LEASE_MS, attemptsMax = ATTEMPTS, ageMs = AGE_MS } = opening.claims ?? {};
  const listed = opening.retainedCompleted ?? RETAINED;
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
      formatEvents(Array.isArray(events) ? events : [events], { now: house.clock.now(), ...options }),
    shutdown: async (options) => stopped(interrupting, options),
    [Symbol.asyncDispose]: async () => door[Symbol.asyncDispose](),
  };
}

function settingsOf(
  opening: HermesOpening,
  workspaces: Opening['workspaces'],
  onFault: (error: unknown) => void,
): Opening {
  const { store, queue, inline, cancelGraceMs, resultBytes, kept } = opening;
  const { liveness = { idleMs: UNTIL_TOLD_MS, inToolMs: UNTIL_TOLD_MS }, deadlineMs = UNTIL_TOLD_MS } = opening;
  return {
    ...{ workspaces, onFault, liveness, deadlineMs },
    capacity: opening.maxAsyncChildren ?? CHILDREN,
    depth: opening.maxSpawnDepth ?? 1,
    ...(store === undefined ? {} : { store }),
    ...(queue === undefined ? {} : { queue }),
    ...(inline === undefined ? {} : { inline }),
    ...(cancelGraceMs === undefined ? {} : { cancelGraceMs }),
    ...(resultBytes === undefined ? {} : { resultBytes }),
    ...(kept === undefined ? {} : { kept }),
  };
}

/** Taken by waiting: what is in `events` is told to nobody else. */
async function waitForUnits(
  { house, door }: Interrupting,
  ids: readonly string[],
  { mode = 'all', timeout_seconds, signal }: Parameters<Hermes['wait_async_delegations']>[1] = {},
): Promise<WaitResult> {
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
