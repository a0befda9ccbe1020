/**
 * Everything that reads and nothing that writes: single rows by key, pages by index, and what is due.
 *
 * Lists are composed from a closed set of conditions, each with its index; values are always bound, never spliced.
 */
import { randomBytes } from 'node:crypto';
import { isSettled, type Delegation } from '../../core/delegation/index.ts';
import { keyOf, type DelegationFilter, type Engine, type EventFilter, type Reads } from '../../core/ports/index.ts';
import { Lists } from './lists.ts';
import { Memories } from './memories.ts';
import * as rows from './rows.ts';
import type { Row } from './rows.ts';
import type { Place } from './transaction.ts';

type Read = Reads & Pick<Engine, 'secret'>;

export function reads(place: Place): Read {
  return {
    ...readRows(place),
    ...readSeats(place),
    ...readTime(place),
    ...readMemories(place),
    ...readMessages(place),
  };
}

function one<T>(row: unknown, read: (row: Row) => T): T | undefined {
  return row === undefined ? undefined : read(row as Row);
}

function all<T>(found: unknown[], read: (row: Row) => T): T[] {
  return (found as Row[]).map(read);
}

function count(row: unknown): number {
  return (row as Row)[0] as number;
}

function readRows(place: Place) {
  const sql = place.statements;
  const lists = new Lists(place.db);
  return {
    async delegation(ref) {
      const key = ref.key ?? keyOf('dlg', ref.id ?? '');
      const byKey =
        key === undefined ? undefined : (place.recent.get(key) ?? one(sql.delegationByKey.get(key), rows.delegationOf));
      if (byKey !== undefined && (ref.id === undefined || byKey.id === ref.id)) {
        return byKey;
      }
      return ref.id === undefined ? undefined : one(sql.delegationByForeignId.get(ref.id), rows.delegationOf);
    },
    delegations: async (filter: DelegationFilter) => lists.delegations(filter),
    request: async (key) => one(sql.requestByKey.get(key), rows.requestOf),
    requests: async (keys) => mapOf(keys, (key) => one(sql.requestByKey.get(key), rows.requestOf)),
    result: async (key) => one(sql.resultByKey.get(key), rows.resultOf),
    results: async (keys, charactersMax) =>
      mapOf(keys, (key) =>
        charactersMax === undefined
          ? one(sql.resultByKey.get(key), rows.resultOf)
          : one(sql.previewByKey.get(charactersMax, key), rows.resultOf),
      ),
    late: async (key) => all(sql.lateOf.all(key), rows.lateOf),
    children: async (key) => all(sql.children.all(key), rows.delegationOf),
    async ahead(delegation: Delegation) {
      if (delegation.status !== 'queued' || !delegation.ready || isSettled(delegation.status)) {
        return undefined;
      }
      const { callee, priority, turn, key } = delegation;
      const inBand = count(sql.aheadInBand.get(callee, priority, turn, key));
      return { position: 1 + inBand + count(sql.aheadInHigher.get(callee, priority)) };
    },
    batch: async (key) => one(sql.batchByKey.get(key), rows.batchOf),
    events: async (filter: EventFilter) => lists.events(filter),
    lastSeq: async () => count(sql.lastSeq.get()),
    notice: async (key) => one(sql.noticeByKey.get(key), rows.noticeOf),
    unacknowledged: async (workspace, limit) => all(sql.unacknowledged.all(workspace, limit), rows.noticeOf),
  } satisfies Partial<Read>;
}

function readSeats(place: Place) {
  const sql = place.statements;
  return {
    workspace: async (id) => place.seats.get(id)?.workspace ?? one(sql.workspaceById.get(id), rows.workspaceOf),
    workspaces: async (page) =>
      all(sql.workspacesOf.all(page.org ?? null, page.after ?? '', page.limit), rows.workspaceOf),
    neighbours: async (workspace, limit) =>
      all(sql.neighbours.all(workspace.org, workspace.id, workspace.parent, limit), rows.workspaceOf),
    keyByHash: async (hash) => one(sql.keyByHash.get(hash), rows.keyRowOf),
    keys: async ({ org, workspace }) => all(sql.keysOf.all(org, workspace), rows.keyRowOf),
  } satisfies Partial<Read>;
}

function readMessages(place: Place) {
  const sql = place.statements;
  return {
    message: async (key) => one(sql.messageByKey.get(key), rows.messageOf),
    messages: async ({ workspace, before, limit }) =>
      all(sql.messagesOf.all(workspace, before ?? Number.MAX_SAFE_INTEGER, limit), rows.messageOf),
  } satisfies Partial<Read>;
}

function readTime(place: Place) {
  const sql = place.statements;
  return {
    async due(now, limit) {
      const next = [sql.nextDue.get(), sql.nextDueWorkspace.get()]
        .map((row) => (row as unknown as Row)[0] as number | null)
        .filter((at) => at !== null);
      return {
        delegations: all(sql.due.all(now, limit), rows.delegationOf),
        workspaces: all(sql.dueWorkspaces.all(now, limit), (row) => row[0] as string),
        next: next.length === 0 ? null : Math.min(...next),
      };
    },
    runningOf: async ({ than, limit }) => all(sql.runningOf.all(than, limit), rows.delegationOf),
    async counts() {
      const [live, queued, running, undelivered] = sql.counts.get() as unknown as number[];
      return { live: live ?? 0, queued: queued ?? 0, running: running ?? 0, undelivered: undelivered ?? 0 };
    },
    async secret(name) {
      const known = one(sql.secret.get(name), (row) => row[0] as string);
      if (known !== undefined) {
        return known;
      }
      const made = randomBytes(32).toString('base64url');
      sql.saveSecret.run(name, made);
      return made;
    },
  } satisfies Partial<Read>;
}

function readMemories(place: Place) {
  const sql = place.statements;
  const memories = new Memories(place.db);
  return {
    memory: async (key) => one(sql.memoryByKey.get(key), rows.memoryOf),
    memories: async (filter) => memories.page(filter),
    teamAuthors: async (org) => all(sql.teamAuthors.all(org), ([id]) => id as string),
  } satisfies Partial<Read>;
}

function mapOf<T>(keys: readonly number[], read: (key: number) => T | undefined): Map<number, T> {
  const found = new Map<number, T>();
  for (const key of keys) {
    const value = read(key);
    if (value !== undefined) {
      found.set(key, value);
    }
  }
  return found;
}
