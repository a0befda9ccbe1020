/**
 * Defects of what a program can ask for beside delegating and waiting: budgets, types, keys, conversations, times and
 * resources; of peers, of turns that are held for long, and of what a process says at its end and finds at its start.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { House } from '../../../src/background/house.ts';
import { Resources } from '../../../src/background/resources.ts';
import type { Delegation, Purse } from '../../../src/core/delegation/index.ts';
import type { Command, Transaction } from '../../../src/core/ports/index.ts';
import { renewNotices } from '../../../src/flow/index.ts';
import { but, harmless } from '../defects.ts';
import type { Planted } from './stage.ts';

export const WIDER: readonly Planted[] = [
  {
    name: 'what a task may use is forgotten on its way to the store',
    caughtBy: 'budget',
    transaction: (tx) =>
      but(tx, {
        insertDelegation: (row, request) =>
          tx.insertDelegation(
            withPurse(row, () => undefined),
            request,
          ),
      }),
  },
  {
    name: 'what is used is charged to nobody',
    caughtBy: 'budget',
    transaction: (tx) => updating(tx, (row) => withPurse(row, (purse) => ({ ...purse, spent: {} }))),
  },
  {
    name: 'what a child is given is not set aside',
    caughtBy: 'budget',
    transaction: (tx) => updating(tx, (row) => withPurse(row, (purse) => ({ ...purse, reserved: {} }))),
  },
  {
    name: 'the queue has no end',
    caughtBy: 'queue',
    transaction: (tx) => but(tx, { limits: { ...tx.limits, queuePerCalleeMax: Infinity, queuePerOrgMax: Infinity } }),
  },
  {
    name: 'what may not wait waits all the same',
    caughtBy: 'refused never runs',
    commands: accepting(({ orRefuse: _orRefuse, ...command }) => command),
  },
  {
    name: 'what is asked for is not checked',
    caughtBy: 'typed',
    house: ({ seats }) => {
      Object.assign(seats.get('typed') ?? {}, { input: undefined });
    },
  },
  {
    name: 'what comes back is not checked',
    caughtBy: 'typed',
    house: ({ callees }) => {
      Object.assign(callees['typed'] ?? {}, { output: undefined });
    },
  },
  {
    name: 'keys are forgotten at a start',
    caughtBy: 'one key',
    onOpen: ({ remembered }) => remembered.clear(),
  },
  {
    name: 'some of those who wait are sent away early',
    caughtBy: 'enough endings',
    house: ({ waiters }) => {
      const joins = waiters.join.bind(waiters);
      const sent = new Set<number>();
      waiters.join = (key, ear) => {
        const isFirst = key % 3 === 0 && !sent.has(key);
        sent.add(key);
        return isFirst ? ear.closed() : joins(key, ear);
      };
    },
  },
  {
    name: 'what was on its way when the process closed is in no report',
    caughtBy: 'what became',
    house: ({ arriving }) => {
      arriving.values = () => [].values();
    },
  },
  {
    name: 'a process that closes takes its time',
    caughtBy: 'bounded shutdown',
    house: (house) => {
      const { clock } = house;
      const after = clock.after.bind(clock);
      clock.after = (ms, call) => after(house.isClosed ? ms * 8 : ms, call);
    },
  },
  {
    name: 'what a task owned stays when it is over',
    caughtBy: 'let go',
    product: () => {
      const { release } = Resources.prototype;
      Resources.prototype.release = async () => {};
      return () => {
        Resources.prototype.release = release;
      };
    },
  },
  {
    name: 'what is to start later starts at once',
    caughtBy: 'on time',
    commands: accepting((command) => ({ ...command, startAt: null })),
  },
  {
    name: 'those of a conversation do not wait for each other',
    caughtBy: 'in order',
    transaction: (tx) => but(tx, { firstInLane: () => undefined }),
  },
  {
    name: 'what begins again begins without its checkpoint',
    caughtBy: 'goes on',
    transaction: (tx) => updating(tx, (row, before) => (row.attempt > before.attempt ? withoutCheckpoint(row) : row)),
  },
  {
    name: 'no answer of a peer counts as busy: what may be sent once is sent again',
    caughtBy: 'never twice',
    commands: (commands) =>
      commands.map((command) => (command.type === 'requeue' ? { ...command, why: 'busy' as const } : command)),
  },
  {
    name: 'a turn in hand is not kept for whoever has it',
    caughtBy: 'one copy',
    commands: (commands) =>
      commands.map((command) => (command.type === 'renew_notices' && command.leaseMs > 0 ? harmless() : command)),
  },
  {
    name: 'whoever asks for turns takes back what another one has in hand',
    caughtBy: 'one copy',
    house: (house) => {
      house.sessions.takeBack = async (seat) => takeAllBack(house, seat);
    },
  },
  {
    name: 'a store that was closed is opened without its newest task',
    caughtBy: 'as written',
    onOpen: ({ delegations }) => delegations.delete(Math.max(-1, ...delegations.keys())),
  },
  {
    name: 'the journal of a process that died is not replayed',
    caughtBy: 'as written',
    store: 'sqlite',
    onFile: (folder) => rmSync(join(folder, 'work.db-wal'), { force: true }),
  },
];

type Accepting = Extract<Command, { type: 'accept' }>;

function accepting(change: (command: Accepting) => Accepting): NonNullable<Planted['commands']> {
  return (commands) => commands.map((command) => (command.type === 'accept' ? change(command) : command));
}

function updating(tx: Transaction, change: (row: Delegation, before: Delegation) => Delegation): Transaction {
  return but(tx, { updateDelegation: (before, after) => tx.updateDelegation(before, change(after, before)) });
}

function withPurse(row: Delegation, change: (purse: Purse) => Purse | undefined): Delegation {
  const { purse, ...detail } = row.detail;
  const changed = purse === undefined ? undefined : change(purse);
  return { ...row, detail: changed === undefined ? detail : { ...detail, purse: changed } };
}

function withoutCheckpoint(row: Delegation): Delegation {
  const { checkpoint: _checkpoint, ...detail } = row.detail;
  return { ...row, detail };
}

async function takeAllBack({ line }: House, workspace: string): Promise<void> {
  const held = await line.engine.unacknowledged(workspace, 100);
  await renewNotices(line, { workspace, ids: held.map(({ id }) => id), leaseMs: 0 });
}
