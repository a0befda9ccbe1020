/**
 * What a session is told, one turn at a time, and only while its host is idle.
 *
 * Notices are taken from the inbox under a lease at the moment when they can be handed over, and acknowledged when the
 * next turn is asked for: whoever dies between the two is told again (D7). What somebody waited for or read meanwhile
 * is left out, so that it is never told twice.
 */
import type { Notice, Timer } from '../core/ports/index.ts';
import { acknowledgeNotices, readInbox, renewNotices, toldOf, type Told } from '../flow/index.ts';
import type { Turn, TurnOptions } from './background.ts';
import { unlessClosed } from './closed.ts';
import { toOf } from './ending.ts';
import { seatOfSession, type House } from './house.ts';
import { leavable } from './leavable.ts';
import { textOf } from './turn-text.ts';
import { COUNT, FUNCTION, isObject, MOST, requireFields, SIGNAL, type Kind, type Kinds } from './wrong.ts';

const TOLD = 50;
const DIGEST_OVER = 10;
const CHARACTERS = 24_000;
const CHARACTERS_OF_TOKEN = 4;
/** Nothing is polled: this bounds what is lost where a wake-up is. */
const WAIT_MS = 60_000;

interface Handed {
  notice: Notice;
  told: Told;
}

/** What the host of the session is told. */
export function turnsIn(house: House, session: string, options: TurnOptions): AsyncIterable<Turn> {
  const unwanted = new WeakSet<Turn>();
  return leavable({
    signals: [options.signal, house.closing, house.sessions.endOf(session)],
    streamOf: (signal) => turnsOf(house, session, { ...options, signal, unwanted }),
    isWanted(turn) {
      if (house.sessions.isBusy(session)) {
        unwanted.add(turn);
      }
      return !unwanted.has(turn);
    },
  });
}

export interface Reading extends TurnOptions {
  signal: AbortSignal;
  /** Those that were not handed over, because the host began to work in the last moment. */
  unwanted?: WeakSet<Turn>;
}

export async function* turnsOf(house: House, session: string, options: Reading): AsyncGenerator<Turn> {
  const { signal, unwanted } = options;
  const seat = seatOfSession(session);
  let inHand: Handed[] = [];
  try {
    while (!signal.aborted) {
      inHand = await nextWhileOpen(house, session, options);
      if (inHand.length > 0 && !signal.aborted && !house.sessions.isBusy(session)) {
        const turn = turnOf(house, session, { handed: inHand, options });
        const letGo = keepInHand(house, seat, inHand);
        try {
          yield turn;
        } finally {
          letGo();
        }
        if (unwanted?.has(turn) !== true) {
          await turn.acknowledge();
          inHand = [];
        }
      }
      // It began to work, or listens no more, while this was being written.
      await giveBack(house, seat, noticesOf(inHand));
      inHand = [];
    }
  } finally {
    // Whoever left the loop has not asked for more: what it has in hand comes again.
    await giveBack(house, seat, noticesOf(inHand)).catch(house.line.onFault);
  }
}

/** However long its host works on it, nobody else is handed it meanwhile. */
function keepInHand(house: House, workspace: string, inHand: readonly Handed[]): () => void {
  const leaseMs = house.line.limits.noticeLeaseMs;
  const ids = inHand.map(({ notice }) => notice.id);
  const renewLater = (): Timer =>
    house.clock.after(leaseMs / 3, () => {
      void renewNotices(house.line, { workspace, ids, leaseMs }).catch(house.line.onFault);
      timer = renewLater();
    });
  let timer = renewLater();
  const letGo = (): void => timer.cancel();
  // A host that has one in hand when this closes may never ask for the next.
  house.closing.addEventListener('abort', letGo, { once: true });
  return () => {
    letGo();
    house.closing.removeEventListener('abort', letGo);
  };
}

/** A store that is closed has nothing more to tell, and that is no fault of whoever listens. */
async function nextWhileOpen(house: House, session: string, options: Reading): Promise<Handed[]> {
  try {
    await house.sessions.takeBack(seatOfSession(session));
    return await nextOf(house, session, options);
  } catch (error) {
    if (house.closing.aborted) {
      return [];
    }
    throw error;
  }
}

/** Nothing at the end of a wait; it is asked again then. */
async function nextOf(house: House, session: string, options: Reading): Promise<Handed[]> {
  const { signal, whenIdle, most = TOLD } = options;
  const reading = { workspace: seatOfSession(session), most, signal };
  await idle(house, session, signal);
  let notices = await readInbox(house.line, { ...reading, waitMs: WAIT_MS });
  if (notices.length > 0 && (whenIdle !== undefined || house.sessions.isBusy(session))) {
    // What comes meanwhile is told with it, and what is read meanwhile is not.
    await giveBack(house, reading.workspace, notices);
    await hostIdle(whenIdle, signal);
    await idle(house, session, signal);
    notices = signal.aborted ? [] : await readInbox(house.line, { ...reading, waitMs: 0 });
  }
  const told = await Promise.all(notices.map(async (notice) => toldOf(house.line, notice)));
  return stillToTell(house, reading.workspace, { notices, told });
}

/** A host that never says that it is idle keeps nobody from leaving. */
async function hostIdle(whenIdle: TurnOptions['whenIdle'], signal: AbortSignal): Promise<void> {
  if (whenIdle === undefined || signal.aborted) {
    return;
  }
  const { promise, resolve } = Promise.withResolvers<true>();
  const tell = (): void => resolve(true);
  signal.addEventListener('abort', tell, { once: true });
  try {
    await Promise.race([whenIdle(), promise]);
  } finally {
    signal.removeEventListener('abort', tell);
  }
}

const BUDGET: Kind = [
  (value) => isObject(value) && Object.keys(value).length === 1 && Object.values(value).every((most) => MOST[0](most)),
  'an object { characters } or { tokens }, a number from 0 on',
];
const OPTIONS: Kinds = { signal: SIGNAL, most: COUNT, digestOver: MOST, budget: BUDGET, whenIdle: FUNCTION };

export function requireTurnOptions(name: string, options: TurnOptions): void {
  requireFields(name, options, OPTIONS);
}

function noticesOf(handed: readonly Handed[]): Notice[] {
  return handed.map(({ notice }) => notice);
}

/** Once all is shut down they come again at the next start. */
async function giveBack({ line, closing }: House, workspace: string, notices: readonly Notice[]): Promise<void> {
  if (notices.length > 0 && !closing.aborted) {
    await renewNotices(line, { workspace, ids: notices.map(({ id }) => id), leaseMs: 0 });
  }
}

/** The last look before it is handed over, and nothing comes between the two. */
async function stillToTell(
  house: House,
  seat: string,
  { notices, told }: { notices: readonly Notice[]; told: readonly (Told | undefined)[] },
): Promise<Handed[]> {
  const now = await Promise.all(notices.map(async ({ key }) => house.line.engine.notice(key)));
  const open: Handed[] = [];
  const pointless: string[] = [];
  for (const [index, notice] of notices.entries()) {
    const about = told[index];
    if (about === undefined) {
      pointless.push(notice.id);
    } else if (now[index]?.acknowledgedAt === null && !isTaken(house, notice, about)) {
      open.push({ notice, told: about });
    }
  }
  if (pointless.length > 0) {
    // What they tell of is no longer kept.
    void acknowledgeNotices(house.line, { workspace: seat, ids: pointless, actor: seat }).catch(house.line.onFault);
  }
  return open;
}

/** A batch is told as a whole, unless somebody waited for each of its tasks. */
function isTaken({ waiters }: House, { key }: Notice, { kind, tasks }: Told): boolean {
  return waiters.isTaken(key) || (kind === 'batch' && tasks.every(({ delegation }) => waiters.isTaken(delegation.key)));
}

async function idle({ sessions }: House, session: string, signal: AbortSignal): Promise<void> {
  while (sessions.isBusy(session) && !signal.aborted) {
    const { promise, resolve } = Promise.withResolvers<true>();
    const tell = (): void => resolve(true);
    const leave = sessions.onChange(tell);
    signal.addEventListener('abort', tell, { once: true });
    await promise;
    leave();
    signal.removeEventListener('abort', tell);
  }
}

function turnOf(
  house: House,
  session: string,
  { handed, options }: { handed: readonly Handed[]; options: TurnOptions },
): Turn {
  const { digestOver = DIGEST_OVER, budget = { characters: CHARACTERS } } = options;
  const characters = 'characters' in budget ? budget.characters : budget.tokens * CHARACTERS_OF_TOKEN;
  const isDigest = handed.length > digestOver;
  const told = handed.map((one) => one.told);
  const writing = { mark: house.ids.random(), now: house.line.clock.now(), characters };
  const seat = seatOfSession(session);
  let acknowledged: Promise<unknown> | undefined;
  return {
    session,
    isDigest,
    text: textOf(told, { ...writing, isDigest }),
    tasks: told.flatMap(({ kind, tasks }) =>
      tasks.map(({ delegation }) => ({ kind, id: delegation.id, to: toOf(delegation), status: delegation.status })),
    ),
    async acknowledge() {
      const ids = handed.map(({ notice }) => notice.id);
      acknowledged ??= unlessClosed(house, async () =>
        acknowledgeNotices(house.line, { workspace: seat, ids, actor: seat }),
      );
      await acknowledged;
    },
  };
}
