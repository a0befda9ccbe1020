/**
 * Everything that reads and nothing that writes, over the memory tables.
 */
import { randomBytes } from 'node:crypto';
import type { ByKey } from '../../core/by-key.ts';
import type { Delegation, Result } from '../../core/delegation/index.ts';
import type { DelegationFilter, Engine, MemoryFilter, Reads } from '../../core/ports/index.ts';
import { isFoundBy, isInSight, type Memory } from '../../core/memory/index.ts';
import type { Tables } from './tables.ts';
import { findDelegation } from './transaction.ts';

type Read = Reads & Pick<Engine, 'secret'>;

export function reads(tables: Tables): Read {
  return {
    ...readRows(tables),
    ...readSeats(tables),
    ...readTime(tables),
    ...readMemories(tables),
    ...readMessages(tables),
  };
}

function readRows(tables: Tables) {
  const rows = (keys: Iterable<number>): Delegation[] =>
    [...keys].map((key) => tables.delegations.get(key)).filter((found) => found !== undefined);
  return {
    delegation: async (ref) => findDelegation(tables, ref),
    delegations: async (filter) => listDelegations(tables, filter),
    request: async (key) => tables.requests.get(key),
    requests: async (keys) => pick(tables.requests, keys),
    result: async (key) => tables.results.get(key),
    results: async (keys, charactersMax) => previews(pick(tables.results, keys), charactersMax),
    late: async (key) => [...(tables.late.get(key) ?? [])],
    children: async (key) => rows(tables.childrenOf.get(key) ?? []),
    ahead: async (delegation) => aheadOf(tables, delegation),
    batch: async (key) => tables.batches.get(key),
    events: async (filter) => tables.log.read(filter),
    lastSeq: async () => tables.log.lastSeq,
    notice: async (key) => tables.notices.get(key),
    unacknowledged: async (workspace, limit) =>
      [...(tables.inboxes.get(workspace) ?? [])]
        .toSorted((left, right) => left - right)
        .slice(0, limit)
        .map((key) => tables.notices.get(key))
        .filter((notice) => notice !== undefined),
  } satisfies Partial<Read>;
}

function readSeats(tables: Tables) {
  const seats = () => [...tables.workspaces.values()].toSorted((left, right) => (left.id < right.id ? -1 : 1));
  return {
    workspace: async (id) => tables.workspaces.get(id),
    workspaces: async ({ org, after, limit }) =>
      seats()
        .filter((seat) => (org === undefined || seat.org === org) && seat.id > (after ?? ''))
        .slice(0, limit),
    neighbours: async (workspace, limit) =>
      seats()
        .filter((seat) => seat.org === workspace.org && seat.id !== workspace.id && seat.state !== 'removed')
        .filter(
          (seat) => seat.parent === workspace.parent || seat.parent === workspace.id || seat.id === workspace.parent,
        )
        .slice(0, limit),
    keyByHash: async (hash) => [...tables.keys.values()].find((key) => key.hash === hash),
    keys: async ({ org, workspace }) =>
      [...tables.keys.values()].filter((key) => key.org === org && key.workspace === workspace),
    async secret(name) {
      const known = tables.secrets.get(name) ?? randomBytes(32).toString('base64url');
      tables.secrets.set(name, known);
      return known;
    },
  } satisfies Partial<Read>;
}

function readMessages(tables: Tables) {
  return {
    message: async (key) => tables.messages.get(key),
    messages: async ({ workspace, before, limit }) =>
      [...tables.messages.values()]
        .filter((message) => message.workspace === workspace && (before === undefined || message.key < before))
        .toSorted((left, right) => right.key - left.key)
        .slice(0, limit),
  } satisfies Partial<Read>;
}

function readTime(tables: Tables) {
  const live = () =>
    [...tables.live.keys()].map((key) => tables.delegations.get(key)).filter((found) => found !== undefined);
  return {
    async due(now, limit) {
      const top = tables.due.first();
      const overdue = top !== undefined && top.rank <= now;
      const moments = [...tables.dueWorkspaces.values(), ...(top === undefined ? [] : [top.rank])];
      return {
        delegations: overdue
          ? live()
              .filter(({ dueAt }) => dueAt !== null && dueAt <= now)
              .toSorted((left, right) => (left.dueAt ?? 0) - (right.dueAt ?? 0) || left.key - right.key)
              .slice(0, limit)
          : [],
        workspaces: [...tables.dueWorkspaces].filter(([, at]) => at <= now).map(([id]) => id),
        next: moments.length === 0 ? null : Math.min(...moments),
      };
    },
    runningOf: async ({ than, limit }) =>
      live()
        .filter(({ owner, callee }) => owner !== null && owner !== than && owner !== callee)
        .toSorted((left, right) => left.key - right.key)
        .slice(0, limit),
    async counts() {
      const seats = [...tables.workspaces.values()];
      return {
        live: tables.live.size,
        queued: seats.reduce((sum, seat) => sum + seat.queued, 0),
        running: seats.reduce((sum, seat) => sum + seat.running, 0),
        undelivered: [...tables.inboxes.values()].reduce((sum, inbox) => sum + inbox.size, 0),
      };
    },
  } satisfies Partial<Read>;
}

function readMemories(tables: Tables) {
  return {
    memory: async (key) => tables.memories.get(key)?.memory,
    memories: async (filter) => listMemories(tables, filter),
    teamAuthors: async (org) => {
      const authors = [...tables.memories.values()]
        .filter(({ memory }) => memory.org === org && memory.scope === 'TEAM')
        .map(({ memory }) => memory.workspace);
      return [...new Set(authors)].toSorted();
    },
  } satisfies Partial<Read>;
}

function listMemories(tables: Tables, { org, sight, namespace, sought, before, limit }: MemoryFilter): Memory[] {
  return [...tables.memories.values()]
    .filter(
      ({ memory, terms }) =>
        memory.org === org &&
        isInSight(memory, sight) &&
        (namespace === undefined || memory.namespace === namespace) &&
        (before === undefined || memory.key < before) &&
        (sought === undefined || isFoundBy(terms, sought)),
    )
    .map(({ memory }) => memory)
    .toSorted((left, right) => right.key - left.key)
    .slice(0, limit);
}

function listDelegations(tables: Tables, filter: DelegationFilter): Delegation[] {
  const found: Delegation[] = [];
  for (const key of newestFirst(tables, filter)) {
    const delegation = tables.delegations.get(key);
    if (delegation !== undefined && matches(tables, delegation, filter)) {
      found.push(delegation);
    }
    if (found.length >= filter.limit) {
      break;
    }
  }
  return found;
}

/** Along the narrowest index there is. */
function newestFirst(tables: Tables, filter: DelegationFilter): Iterable<number> {
  if (filter.batch !== undefined) {
    return [...(tables.batchMembers.get(filter.batch) ?? [])].toReversed();
  }
  const party = filter.caller ?? filter.callee ?? filter.party;
  return (party === undefined ? tables.order : tables.parties.get(party))?.newestFirst() ?? [];
}

function matches(tables: Tables, delegation: Delegation, filter: DelegationFilter): boolean {
  const { caller, callee, status, key, createdAt } = delegation;
  return (
    (filter.before === undefined || key < filter.before) &&
    (filter.caller === undefined || caller === filter.caller) &&
    (filter.callee === undefined || callee === filter.callee) &&
    (filter.status === undefined || status === filter.status) &&
    (filter.batch === undefined || delegation.batch === filter.batch) &&
    (filter.since === undefined || createdAt >= filter.since) &&
    (filter.text === undefined || hasText(tables, key, filter.text))
  );
}

function hasText(tables: Tables, key: number, text: string): boolean {
  return tables.requests.get(key)?.task.toLowerCase().includes(text.toLowerCase()) ?? false;
}

function aheadOf(tables: Tables, { status, ready, callee, priority, turn, key }: Delegation) {
  if (status !== 'queued' || !ready) {
    return undefined;
  }
  let position = 1;
  for (const liveKey of tables.live.keys()) {
    const other = tables.delegations.get(liveKey);
    if (other !== undefined && other.callee === callee && other.status === 'queued' && other.ready) {
      const inBand = other.priority === priority && (other.turn < turn || (other.turn === turn && other.key < key));
      position += Number(other.priority > priority || inBand);
    }
  }
  return { position };
}

function previews(results: Map<number, Result>, charactersMax: number | undefined): Map<number, Result> {
  if (charactersMax === undefined) {
    return results;
  }
  const cut = ({ text, length, sha256 }: Result): Result => ({
    text: [...text].slice(0, charactersMax).join(''),
    length,
    sha256,
  });
  return new Map([...results].map(([key, result]) => [key, cut(result)]));
}

function pick<T>(map: ByKey<T>, keys: readonly number[]): Map<number, T> {
  const found = new Map<number, T>();
  for (const key of keys) {
    const value = map.get(key);
    if (value !== undefined) {
      found.set(key, value);
    }
  }
  return found;
}
