/**
 * What `open` gives: each word of it is a file of this folder.
 */
import { STATUSES } from '../core/delegation/index.ts';
import { failureOf } from '../flow/index.ts';
import type { Asking, Background, Callees, Handle, Listed, ListFilter, Standing } from './background.ts';
import { whileOpen } from './closed.ts';
import { delegate, delegateBatch } from './delegate.ts';
import { deskOf } from './desk.ts';
import { TaskHandle } from './handle.ts';
import { DEFAULT_SESSION, HERE, type House } from './house.ts';
import { leavable } from './leavable.ts';
import { list } from './live.ts';
import { orphansOf } from './orphans.ts';
import { shutDown, type Ending } from './shutdown.ts';
import { stop } from './stop.ts';
import { requireTurnOptions, turnsIn } from './turns.ts';
import { waitMode } from './wait-mode.ts';
import {
  CAPACITY,
  COUNT,
  DURATION,
  FLAG,
  isObject,
  oneOf,
  requireField,
  requireFields,
  SESSION,
  TEXT,
  wrong,
} from './wrong.ts';

const DRAIN_MS = 30_000;
const SHUTDOWN = { mode: oneOf(['drain', 'cancel', 'keep']), deadlineMs: DURATION };
const FILTER = { session: SESSION, status: oneOf(STATUSES), active: FLAG, limit: COUNT };

export interface Closing {
  /** Once nothing is written any more, and can still be read, it is `atRest`. */
  close(atRest: () => Promise<void>): Promise<void>;
}

export function doorOf<W extends Callees>(house: House, { close }: Closing): Background<W> {
  let ended: ReturnType<typeof shutDown> | undefined;
  const shutdown = async (options: Partial<Ending> = {}) => {
    requireFields('shutdown', options, SHUTDOWN);
    const { mode = 'drain', deadlineMs = DRAIN_MS } = options;
    ended ??= shutDown(house, { mode, deadlineMs }, close);
    return ended;
  };
  const named = (session: string = DEFAULT_SESSION): string => {
    requireField('session', session ?? null, SESSION);
    return session;
  };
  const door: Background = {
    delegate: ((asked: Asking | readonly Asking[]) =>
      Array.isArray(asked) ? delegateBatch(house, asked) : delegate(house, asked as Asking)) as Background['delegate'],
    handle: (held) => new TaskHandle(house, { ...standingOf(held), key: undefined }),
    wait: async (mode, handles: readonly Handle[], waiting = {}) => waitMode(house, { mode, handles, waiting }),
    cancel: async (what, reason) => whileOpen(house, async () => stop(house, what, reason)),
    list: async (filter: ListFilter = {}) => {
      requireFields('list', filter, FILTER);
      return whileOpen(house, async () => list(house, filter));
    },
    active: async (session): Promise<readonly Listed[]> => {
      const of = session === undefined ? {} : { session: named(session) };
      return whileOpen(house, async () => list(house, { active: true, limit: Infinity, ...of }));
    },
    turns: (session, options = {}) => {
      requireTurnOptions('turns', options);
      return turnsIn(house, named(session), options);
    },
    busy: (session) => house.sessions.busy(named(session)),
    idle: (session) => house.sessions.idle(named(session)),
    closeSession: async (session) => {
      requireField('session', session ?? null, SESSION);
      await whileOpen(house, async () => house.sessions.close(session));
    },
    orphans: (options = {}) => {
      requireTurnOptions('orphans', options);
      return leavable({
        signals: [options.signal, house.closing],
        streamOf: (signal) => orphansOf(house, { ...options, signal }),
      });
    },
    resize: async (capacity, callee) => whileOpen(house, async () => resize(house, capacity, callee)),
    desk: (session) => deskOf(house, named(session)),
    shutdown,
    async [Symbol.asyncDispose]() {
      await shutdown({ mode: house.isKept ? 'keep' : 'cancel' });
    },
  };
  return door as unknown as Background<W>;
}

/** What runs goes on, whichever way it is changed: fewer slots take effect as they become free. */
async function resize({ line, seats }: House, capacity: number, callee?: string): Promise<void> {
  requireField('resize.capacity', capacity ?? null, CAPACITY);
  requireField('resize.callee', callee, TEXT);
  const id = callee === undefined ? HERE : seats.get(callee)?.id;
  if (id === undefined || (callee !== undefined && id === HERE)) {
    throw wrong(`resize: ${callee ?? ''} has no slots of its own`);
  }
  const answer = await line.recorder.record({ type: 'change', id, actor: 'host', profile: { capacity } });
  if (answer.kind !== 'workspace') {
    throw failureOf(answer);
  }
}

/** A handle is a standing as well, whose words are no fields of it. */
function standingOf(held: string | Standing): Standing {
  const { id, to = '', session = '' } = isObject(held) ? held : { id: held };
  if ([id, to, session].some((word) => typeof word !== 'string')) {
    throw wrong('handle: takes the id of a task, or what the toJSON of its handle gave');
  }
  return { id, to, session };
}
