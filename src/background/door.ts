/**
 * What `open` gives: each word of it is a file of this folder.
 */
import { failureOf } from '../flow/index.ts';
import type { Asking, Background, Callees, Handle, Listed, ShutdownMode, TurnOptions } from './background.ts';
import { requireCapacity } from './callees.ts';
import { delegate, delegateBatch } from './delegate.ts';
import { deskOf } from './desk.ts';
import { TaskHandle } from './handle.ts';
import { DEFAULT_SESSION, HERE, type House } from './house.ts';
import { list } from './live.ts';
import { orphansOf } from './orphans.ts';
import { shutDown, type Ending } from './shutdown.ts';
import { stop } from './stop.ts';
import { turnsOf } from './turns.ts';
import { waitMode } from './wait-mode.ts';
import { wrong } from './wrong.ts';

const DRAIN_MS = 30_000;
const MODES: ReadonlySet<string> = new Set<ShutdownMode>(['drain', 'cancel', 'keep']);

export interface Closing {
  /** Once nothing is written any more, and can still be read, it is `atRest`. */
  close(atRest: () => Promise<void>): Promise<void>;
}

export function doorOf<W extends Callees>(house: House, { close }: Closing): Background<W> {
  let ended: ReturnType<typeof shutDown> | undefined;
  const shutdown = async ({ mode = 'drain', deadlineMs = DRAIN_MS }: Partial<Ending> = {}) => {
    if (!MODES.has(mode)) {
      throw wrong(`shutdown: mode is one of ${[...MODES].join(', ')}`);
    }
    ended ??= shutDown(house, { mode, deadlineMs }, close);
    return ended;
  };
  const door: Background = {
    delegate: ((asked: Asking | readonly Asking[]) =>
      Array.isArray(asked) ? delegateBatch(house, asked) : delegate(house, asked as Asking)) as Background['delegate'],
    handle: (held) => {
      // A handle is a standing as well, whose words are no fields of it.
      const { id, to, session } = typeof held === 'string' ? { id: held, to: '', session: '' } : held;
      return new TaskHandle(house, { id, to, session, key: undefined });
    },
    wait: async (mode, handles: readonly Handle[], waiting = {}) => waitMode(house, { mode, handles, waiting }),
    cancel: async (what, reason) => stop(house, what, reason),
    list: async (filter) => list(house, filter),
    active: async (session): Promise<readonly Listed[]> =>
      list(house, { active: true, limit: Infinity, ...(session === undefined ? {} : { session }) }),
    turns: (session = DEFAULT_SESSION, options: TurnOptions = {}) => ({
      [Symbol.asyncIterator]: () => turnsOf(house, session, options),
    }),
    busy: (session = DEFAULT_SESSION) => house.sessions.busy(session),
    idle: (session = DEFAULT_SESSION) => house.sessions.idle(session),
    closeSession: async (session) => house.sessions.close(session),
    orphans: (options) => ({ [Symbol.asyncIterator]: () => orphansOf(house, options) }),
    resize: async (capacity, callee) => resize(house, capacity, callee),
    desk: (session = DEFAULT_SESSION) => deskOf(house, session),
    shutdown,
    async [Symbol.asyncDispose]() {
      await shutdown({ mode: house.isKept ? 'keep' : 'cancel' });
    },
  };
  return door as unknown as Background<W>;
}

/** What runs goes on, whichever way it is changed: fewer slots take effect as they become free. */
async function resize({ line, seats }: House, capacity: number, callee?: string): Promise<void> {
  requireCapacity(capacity);
  const id = callee === undefined ? HERE : seats.get(callee)?.id;
  if (id === undefined || (callee !== undefined && id === HERE)) {
    throw wrong(`resize: ${callee ?? ''} has no slots of its own`);
  }
  const answer = await line.recorder.record({ type: 'change', id, actor: 'host', profile: { capacity } });
  if (answer.kind !== 'workspace') {
    throw failureOf(answer);
  }
}
