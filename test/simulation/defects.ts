/**
 * Defects that were really there, in the systems this one replaces or in ones like it, planted on purpose.
 *
 * Each stands between engine and law, or between line and carrier; the product has no line of it. Each names what it
 * stands for and the invariant that has to catch it: a simulation that lets one pass proves nothing.
 */
import type { Delegation } from '../../src/core/delegation/index.ts';
import type { Answer, Command, Engine, Transaction } from '../../src/core/ports/index.ts';
import type { Tables } from '../../src/engines/memory/engine.ts';
import type { Planted } from './store.ts';

/** The same transaction with some of its verbs replaced. */
export function but(tx: Transaction, changes: Partial<Transaction>): Transaction {
  return new Proxy(tx, {
    get(target, name) {
      if (Object.hasOwn(changes, name)) {
        return changes[name as keyof Transaction];
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
}

export const DEFECTS: readonly Planted[] = [
  {
    name: 'T0 notice swallowed: the ending is written and nobody is told',
    caughtBy: 'D7',
    transaction: (tx) => but(tx, { insertNotice: () => {} }),
  },
  {
    name: 'D-03 preview returned as the result: the stored text is cut',
    caughtBy: 'D5',
    transaction: (tx) =>
      but(tx, { insertResult: (key, result) => tx.insertResult(key, { ...result, text: result.text.slice(0, 30) }) }),
  },
  {
    name: 'D-08 restart forgets what was running: leases are never taken over',
    caughtBy: 'D11',
    engine: (engine) => ({ ...engine, runningOf: async () => [] }),
    commands: (commands) => commands.map((command) => (command.type === 'rescue' ? harmless() : command)),
    transaction: (tx) =>
      but(tx, {
        insertDelegation: (row, request) => tx.insertDelegation(withoutLease(row), request),
        updateDelegation: (before, after) => tx.updateDelegation(before, withoutLease(after)),
      }),
  },
  {
    name: 'D-11 delivered at most once: handing a notice out counts as its acknowledgement',
    caughtBy: 'D7',
    transaction: (tx) =>
      but(tx, {
        updateNotice: (notice) => tx.updateNotice({ ...notice, acknowledgedAt: notice.acknowledgedAt ?? tx.now }),
      }),
  },
  {
    name: 'D-15 eviction before acknowledgement: the history is bounded by count',
    caughtBy: 'D1',
    onOpen: (tables) => evict(tables),
  },
  {
    name: 'D-21 no deadline: what is overdue is never expired',
    caughtBy: 'D11',
    commands: (commands) => commands.map((command) => (isAboutTime(command) ? harmless() : command)),
  },
  {
    name: 'D-22 capacity is not enforced: every callee looks free',
    caughtBy: 'D9',
    transaction: (tx) =>
      but(tx, {
        workspace: (id) => {
          const seat = tx.workspace(id);
          return seat === undefined ? undefined : { ...seat, capacity: 1000 };
        },
        saveWorkspace: (seat) =>
          tx.saveWorkspace({ ...seat, capacity: tx.workspace(seat.id)?.capacity ?? seat.capacity }),
      }),
  },
  {
    name: 'D-32 a freed slot is handed to nobody until somebody looks',
    caughtBy: 'D16',
    transaction: (tx) => but(tx, { firstQueued: () => undefined }),
  },
  {
    name: 'D-57 idempotency in memory: keys are forgotten at restart',
    caughtBy: 'D4',
    onOpen: (tables) => tables.remembered.clear(),
  },
  {
    name: 'T0 no epoch check: whoever comes late is believed',
    caughtBy: 'D6',
    commands: (commands, { tables }) => commands.map((command) => currentEpoch(command, tables)),
  },
  {
    name: 'T0 settlement without compare-and-set: the last writer wins',
    caughtBy: 'D2',
    commands: (commands, { tables }) => {
      for (const command of commands) {
        unsettle(command, tables);
      }
      return commands.map((command) => currentEpoch(command, tables));
    },
  },
  {
    name: 'T0 acknowledged before the commit: an acceptance is answered and then lost',
    caughtBy: 'D1',
    engine: (engine) => answersFirst(engine),
  },
  {
    name: 'T0 no answer counts as busy: what may be sent once is sent again',
    caughtBy: 'C2',
    commands: (commands) =>
      commands.map((command) => (command.type === 'requeue' ? { ...command, why: 'busy' as const } : command)),
  },
  {
    name: 'D-26 lanes are not kept: a conversation runs in any order',
    caughtBy: 'D8',
    transaction: (tx) => but(tx, { firstInLane: () => undefined }),
  },
  {
    name: 'D-43 audit is best effort: some lines of the log are dropped',
    caughtBy: 'D12',
    transaction: (tx) =>
      but(tx, { append: (line) => (line.type === 'delegation.returned' ? undefined : tx.append(line)) }),
  },
  {
    name: 'T0 missing WHERE tenant: a stranger is taken for one of us',
    caughtBy: 'D13',
    transaction: (tx) =>
      but(tx, {
        workspace: (id) => {
          const seat = tx.workspace(id);
          return seat === undefined ? undefined : { ...seat, org: 'default' };
        },
      }),
  },
  {
    name: 'D-07 a queue outcome that updates nothing: settled rows stay counted as waiting',
    caughtBy: 'D11',
    transaction: (tx) =>
      but(tx, {
        saveWorkspace: (seat) =>
          tx.saveWorkspace({ ...seat, queued: Math.max(seat.queued, tx.workspace(seat.id)?.queued ?? 0) }),
      }),
  },
];

/** Takes the place of a command that a defect swallows. */
export function harmless(): Command {
  return { type: 'lease_notices', workspace: 'nobody', most: 0 };
}

export function isAboutTime(command: Command): command is Extract<Command, { type: 'expire' | 'stall' | 'abandon' }> {
  return command.type === 'expire' || command.type === 'stall' || command.type === 'abandon';
}

function withoutLease(row: Delegation): Delegation {
  return row.owner === row.callee ? row : { ...row, leaseUntil: null };
}

function evict(tables: Tables): void {
  for (const row of [...tables.delegations.values()].filter(({ settledAt }) => settledAt !== null).slice(0, -3)) {
    tables.delegations.delete(row.key);
  }
}

function currentEpoch(command: Command, tables: Tables): Command {
  if (!('epoch' in command) || command.ref.key === undefined) {
    return command;
  }
  return { ...command, epoch: tables.delegations.get(command.ref.key)?.epoch ?? command.epoch };
}

function unsettle(command: Command, tables: Tables): void {
  const key = command.type === 'complete' ? command.ref.key : undefined;
  const row = key === undefined ? undefined : tables.delegations.get(key);
  if (row !== undefined && row.settledAt !== null) {
    tables.results.delete(row.key);
    tables.delegations.set(row.key, { ...row, status: 'in_progress', origin: 'self', settledAt: null });
  }
}

/** Now and then answers an acceptance without having written it. */
function answersFirst(engine: Engine): Engine {
  let count = 0;
  return {
    ...engine,
    async apply(commands) {
      const [only] = commands;
      if (commands.length === 1 && only?.type === 'accept') {
        count += 1;
        if (count % 5 === 0) {
          return { answers: [pretended(only, -count)], events: [], handovers: [], stops: [], dueAt: null };
        }
      }
      return engine.apply(commands);
    },
  };
}

function pretended(command: Extract<Command, { type: 'accept' }>, key: number): Answer {
  const { caller, callee, conversation } = command;
  const row = {
    key,
    id: `dlg-${key}`,
    caller,
    callee,
    conversation,
    version: 1,
    status: 'queued',
    deadlineAt: 0,
    settledAt: null,
  };
  return { kind: 'done', fresh: true, delegation: row as unknown as Delegation };
}
