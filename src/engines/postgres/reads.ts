/**
 * Everything that reads and nothing that writes: single rows by key, pages by index, and what is due.
 *
 * Each read is one statement on one of the reading connections and sees every commit that was answered before it.
 */
import { randomBytes } from 'node:crypto';
import { isSettled, type Batch, type Delegation, type Request, type Result } from '../../core/delegation/index.ts';
import {
  keyOf,
  type DelegationFilter,
  type Engine,
  type Event,
  type EventFilter,
  type Notice,
  type Reads,
} from '../../core/ports/index.ts';
import type { Message, Workspace } from '../../core/workspace/index.ts';
import type { View } from './database.ts';
import { Gather } from './gather.ts';
import { Lists } from './lists.ts';
import { listMemories } from './memories.ts';
import * as rows from './rows.ts';
import type { Row } from './rows.ts';
import type { StatementName } from './statements.ts';

type Read = Reads & Pick<Engine, 'secret'>;

/** As an organisation sees it (E20). */
export function reads(view: View): Read {
  return { ...readRows(view), ...readSeats(view), ...readTime(view), ...readMemories(view), ...readMessages(view) };
}

class Reader {
  readonly #view: View;

  constructor(view: View) {
    this.#view = view;
  }

  async all<T>(name: StatementName, values: unknown[], read: (row: Row) => T): Promise<T[]> {
    const { database, org } = this.#view;
    return (await database.reader.runWithin(org, name, values)).map((row) => read(row));
  }

  async one<T>(name: StatementName, values: unknown[], read: (row: Row) => T): Promise<T | undefined> {
    const [found] = await this.all(name, values, read);
    return found;
  }

  /** One row of each key, whoever asks for it in this turn. */
  gathered<Key extends string | number, T>(name: StatementName, read: (row: Row) => T): Gather<Key, T> {
    return new Gather<Key, T>(this.#view.clock, async (keys) => {
      const found = await this.all(name, [keys], (row): [Key, T] => [row[0] as Key, read(row)]);
      return new Map(found);
    });
  }

  /** The same for what each key has many of, in their order. */
  gatheredLists<T>(
    name: StatementName,
    read: (row: Row) => { of: number; one: T },
    ...rest: unknown[]
  ): Gather<number, T[]> {
    return new Gather<number, T[]>(this.#view.clock, async (keys) => {
      const found = await this.all(name, [keys, ...rest], read);
      const lists = new Map(keys.map((key): [number, T[]] => [key, []]));
      for (const { of, one } of found) {
        lists.get(of)?.push(one);
      }
      return lists;
    });
  }

  async count(name: StatementName, values: unknown[]): Promise<number> {
    return (await this.one(name, values, ([count]) => count as number)) ?? 0;
  }
}

function readRows(view: View) {
  const reader = new Reader(view);
  const lists = new Lists(view);
  const delegations = reader.gathered<number, Delegation>('delegationByKey', rows.delegationOf);
  const requests = reader.gathered<number, Request>('requestByKey', rows.requestOf);
  const results = reader.gathered<number, Result>('resultByKey', rows.resultOf);
  const batches = reader.gathered<number, Batch>('batchByKey', rows.batchOf);
  const notices = reader.gathered<number, Notice>('noticeByKey', rows.noticeOf);
  const late = reader.gatheredLists('lateOf', (row) => ({ of: row[0] as number, one: rows.lateOf(row) }));
  const children = reader.gatheredLists('children', (row) => {
    const one = rows.delegationOf(row);
    return { of: one.parent ?? 0, one };
  });
  const history = histories(reader);
  return {
    async delegation(ref) {
      const key = ref.key ?? keyOf('dlg', ref.id ?? '');
      const byKey = key === undefined ? undefined : await delegations.one(key);
      if (byKey !== undefined && (ref.id === undefined || byKey.id === ref.id)) {
        return byKey;
      }
      return ref.id === undefined ? undefined : reader.one('delegationByForeignId', [[ref.id]], rows.delegationOf);
    },
    delegations: async (filter: DelegationFilter) => lists.delegations(filter),
    request: async (key) => requests.one(key),
    requests: async (keys) =>
      new Map(await reader.all('requestByKey', [keys], (row) => [row[0] as number, rows.requestOf(row)])),
    result: async (key) => results.one(key),
    results: async (keys, charactersMax) => {
      const read = (row: Row): [number, ReturnType<typeof rows.resultOf>] => [row[0] as number, rows.resultOf(row)];
      return new Map(
        charactersMax === undefined
          ? await reader.all('resultByKey', [keys], read)
          : (await reader.all('previewByKey', [keys, charactersMax], read)).map(([key, result]) => [
              key,
              { ...result, text: [...result.text].slice(0, charactersMax).join('') },
            ]),
      );
    },
    late: async (key) => (await late.one(key)) ?? [],
    children: async (key) => (await children.one(key)) ?? [],
    async ahead(delegation: Delegation) {
      if (delegation.status !== 'queued' || !delegation.ready || isSettled(delegation.status)) {
        return undefined;
      }
      const { callee, priority, turn, key } = delegation;
      const [inBand, inHigher] = await Promise.all([
        reader.count('aheadInBand', [callee, priority, turn, key]),
        reader.count('aheadInHigher', [callee, priority]),
      ]);
      return { position: 1 + inBand + inHigher };
    },
    batch: async (key) => batches.one(key),
    events: async (filter: EventFilter) => (await history(filter)) ?? lists.events(filter),
    lastSeq: async () => reader.count('lastSeq', []),
    notice: async (key) => notices.one(key),
    unacknowledged: async (workspace, limit) => reader.all('unacknowledged', [workspace, limit], rows.noticeOf),
  } satisfies Partial<Read>;
}

/** The log of one delegation from its beginning, as whoever looks at it asks for it; anything else is a list. */
function histories(reader: Reader): (filter: EventFilter) => Promise<Event[] | undefined> {
  const byLimit = new Map<number, Gather<number, Event[]>>();
  return async ({ delegation, limit, ...rest }) => {
    if (delegation === undefined || Object.values(rest).some((value) => value !== undefined)) {
      return undefined;
    }
    const read = (row: Row) => ({ of: row[7] as number, one: rows.eventOf(row) });
    const gather = byLimit.get(limit) ?? reader.gatheredLists('eventsOf', read, limit);
    byLimit.set(limit, gather);
    return gather.one(delegation);
  };
}

function readSeats(view: View) {
  const reader = new Reader(view);
  const workspaces = reader.gathered<string, Workspace>('workspaceById', rows.workspaceOf);
  return {
    workspace: async (id) => workspaces.one(id),
    workspaces: async (page) =>
      reader.all('workspacesOf', [page.org ?? null, page.after ?? '', page.limit], rows.workspaceOf),
    neighbours: async (workspace, limit) =>
      reader.all('neighbours', [workspace.org, workspace.id, workspace.parent, limit], rows.workspaceOf),
    keyByHash: async (hash) => reader.one('keyByHash', [hash], rows.keyRowOf),
    keys: async ({ org, workspace }) => reader.all('keysOf', [org, workspace], rows.keyRowOf),
  } satisfies Partial<Read>;
}

function readMessages(view: View) {
  const reader = new Reader(view);
  const messages = reader.gathered<number, Message>('messageByKey', rows.messageOf);
  return {
    message: async (key) => messages.one(key),
    messages: async ({ workspace, before, limit }) =>
      reader.all('messagesOf', [workspace, before ?? Number.MAX_SAFE_INTEGER, limit], rows.messageOf),
  } satisfies Partial<Read>;
}

function readTime(view: View) {
  const reader = new Reader(view);
  const { writer } = view.database;
  const moment = ([at]: Row) => at as number | null;
  return {
    async due(now, limit) {
      const [delegations, workspaces, nexts, nextSeats] = await Promise.all([
        reader.all('due', [now, limit], rows.delegationOf),
        reader.all('dueWorkspaces', [now, limit], ([id]) => id as string),
        reader.all('nextDue', [], moment),
        reader.all('nextDueWorkspace', [], moment),
      ]);
      const next = [...nexts, ...nextSeats].filter((at) => at !== null);
      return { delegations, workspaces, next: next.length === 0 ? null : Math.min(...next) };
    },
    runningOf: async ({ than, limit }) => reader.all('runningOf', [than, limit], rows.delegationOf),
    async counts() {
      const [found] = await reader.all('counts', [], (row) => row as number[]);
      const [live, queued, running, undelivered] = found ?? [];
      return { live: live ?? 0, queued: queued ?? 0, running: running ?? 0, undelivered: undelivered ?? 0 };
    },
    async secret(name) {
      // Several processes may make it at once: the first one counts, for all of them.
      await writer.run('saveSecret', [name, randomBytes(32).toString('base64url')]);
      const [row] = await writer.run('secret', [name]);
      return row?.[0] as string;
    },
  } satisfies Partial<Read>;
}

function readMemories(view: View) {
  const reader = new Reader(view);
  return {
    memory: async (key) => reader.one('memoryByKey', [[key]], rows.memoryOf),
    memories: async (filter) => listMemories(view, filter),
    teamAuthors: async (org) => reader.all('teamAuthors', [org], ([id]) => id as string),
  } satisfies Partial<Read>;
}
