/**
 * An agent at its platform: everything that one key, or one name, gives it.
 *
 * Nothing is opened before somebody waits for something, and `close` ends all of it.
 */
import { setMaxListeners } from 'node:events';
import { systemClock, systemIds } from '../server/clock.ts';
import type { Status } from '../core/delegation/index.ts';
import { bodyOf, DeskError, deskOf, type Desk } from '../tools/index.ts';
import { tools } from '../tools/adapters/json-schema.ts';
import type { Machine } from './again.ts';
import { BatchOfHandles } from './batch.ts';
import type { Asking, BatchHandle, DelegateOptions, Errand, Handle, Standing } from './errand.ts';
import { DelegationHandle, type Shared } from './handle.ts';
import { turnsOf } from './inbox.ts';
import { ask, placeAt, platformOf, type Place } from './place.ts';
import { platformAt, type PlatformAt } from './platform.ts';
import { Taken } from './taken.ts';
import { Watcher } from './watcher.ts';

export interface Connecting extends PlatformAt {
  /** Whose desk it is; learned from the key where it is not said. */
  workspace?: string | undefined;
}

/** Asks the platform nothing but whose key it is, and not even that where the workspace is said. */
export async function connect({ workspace, ...at }: Connecting): Promise<Errand> {
  if (!URL.canParse(at.url) || !/^https?:$/u.test(new URL(at.url).protocol)) {
    throw invalid(`${at.url} is not the address of a platform`, 'It begins with http:// or https://.');
  }
  return connected(at, workspace ?? (await workspaceOf(at)));
}

/** For whoever knows already who is calling. */
export function connected(at: PlatformAt, workspace: string, machine: Machine = system()): Errand {
  const over = new AbortController();
  // Whatever is asked listens to it, and there may be thousands at once.
  setMaxListeners(0, over.signal);
  const place = placeAt(at, { ...machine, workspace, closed: over.signal });
  const desk = deskOf(platformOf(place), workspace);
  const shared = { place, watcher: new Watcher(place), taken: new Taken(), awaited: new Set<string>() };
  return {
    url: place.url,
    workspace,
    ...delegating(shared),
    ...around(desk),
    inbox: (options = {}) => ({ [Symbol.asyncIterator]: () => turnsOf(shared, options) }),
    tools: tools({ desk }),
    desk,
    async close() {
      over.abort();
    },
  };
}

let machine: Machine | undefined;

function system(): Machine {
  machine ??= { clock: systemClock, ids: systemIds() };
  return machine;
}

async function workspaceOf(at: PlatformAt): Promise<string> {
  if (at.token === undefined) {
    throw invalid('it is not said who calls', 'Give the key of a workspace, or its name where there are no keys.');
  }
  const answer = await platformAt(at, undefined).call({ method: 'GET', path: '/me' });
  const { workspace_id: workspace, kind } = bodyOf<{ kind: string; workspace_id?: string }>(answer);
  if (workspace === undefined) {
    throw invalid(`this is the key of the ${kind}, not of a workspace`, 'Say the workspace as well.');
  }
  return workspace;
}

function invalid(message: string, fix: string): DeskError {
  return new DeskError({ code: 'invalid_request', message, fix });
}

interface Receipt {
  delegation_id: string;
  target_id: string;
  state: Status;
}

function delegating(shared: Shared): Pick<Errand, 'delegate' | 'delegateBatch' | 'handle'> {
  const { place } = shared;
  return {
    async delegate(asking: Asking, options: DelegateOptions = {}): Promise<Handle> {
      const receipt = await send<Receipt>(
        place,
        { path: '/delegate', body: fieldsOf(asking), check: isReceipt },
        options,
      );
      return new DelegationHandle(shared, standingOf(receipt));
    },
    async delegateBatch(askings: readonly Asking[], options: DelegateOptions = {}): Promise<BatchHandle> {
      const body = { tasks: askings.map(fieldsOf) };
      const check = ({ delegations: all }: Record<string, unknown>): boolean =>
        Array.isArray(all) && all.every(isReceipt);
      const call = { path: '/delegate/batch', body, check };
      const said = await send<{ batch_id: string; delegations: Receipt[] }>(place, call, options);
      const handles = said.delegations.map((one) => new DelegationHandle(shared, standingOf(one), false));
      return new BatchOfHandles(shared, said.batch_id, handles);
    },
    handle(held: string | Standing): Handle {
      const standing = typeof held === 'string' ? { id: held, to: '', status: 'pending' as const } : held;
      return new DelegationHandle(shared, standing);
    },
  };
}

interface Said {
  path: string;
  body: unknown;
  check: (body: Record<string, unknown>) => boolean;
}

/** Under one key, however often it has to be said. */
async function send<T>(place: Place, { path, ...said }: Said, options: DelegateOptions): Promise<T> {
  const { idempotencyKey = `run-${place.ids.random()}`, signal } = options;
  return ask<T>(place, { method: 'POST', path: `${place.own}${path}`, ...said, idempotencyKey, signal }, 'patient');
}

function isReceipt(body: unknown): boolean {
  const { delegation_id: id, target_id: to } = (body ?? {}) as Partial<Receipt>;
  return typeof id === 'string' && typeof to === 'string';
}

function standingOf({ delegation_id: id, target_id: to, state }: Receipt): Standing {
  return { id, to, status: state };
}

function fieldsOf(asking: Asking) {
  const { to, conversation, deadlineMs, validForMs, startAt, ...same } = asking;
  return {
    ...same,
    target_id: to,
    conversation_id: conversation,
    deadline_ms: deadlineMs,
    valid_for_ms: validForMs,
    start_at: startAt?.toISOString(),
  };
}

function around(desk: Desk): Pick<Errand, 'peers' | 'memory'> {
  return {
    peers: async (words) => (await desk.peers(words)).peers,
    memory: {
      async commit(content, scope = 'LOCAL') {
        const { id, scope: kept } = await desk.remember(content, scope);
        return { id, scope: kept };
      },
      recall: async (words, { scope, limit = 20 } = {}) =>
        desk.recall({ limit, ...(words === undefined ? {} : { words }), ...(scope === undefined ? {} : { scope }) }),
    },
  };
}
