/**
 * Defects that systems like this one had, planted between its parts; the product has no line of them. Each names the
 * promise that has to catch it.
 */
import type { Command } from '../../../src/core/ports/index.ts';
import { but, harmless } from '../defects.ts';
import type { Planted } from './stage.ts';

export const DEFECTS: readonly Planted[] = [
  {
    name: 'an ending is collected although nobody waits for it',
    caughtBy: 'none lost',
    commands: (commands) =>
      commands.map((command) => (command.type === 'complete' ? { ...command, collected: true } : command)),
  },
  {
    name: 'what was waited for stays in the inbox',
    caughtBy: 'one copy',
    house: (house) => {
      house.waiters.take = () => {};
    },
    commands: (commands) =>
      commands.map((command) => (command.type === 'collect' ? harmless() : withoutCollected(command))),
  },
  {
    name: 'a turn is not acknowledged when the next one is asked for',
    caughtBy: 'one copy',
    commands: (commands) =>
      commands.map((command) => (command.type === 'acknowledge_notices' ? { ...command, ids: [] } : command)),
  },
  {
    name: 'a turn is handed over while the host is busy',
    caughtBy: 'only while idle',
    house: (house) => {
      house.sessions.isBusy = () => false;
    },
  },
  {
    name: 'a cancel does not reach the children',
    caughtBy: 'bounded cancel',
    transaction: (tx) => but(tx, { liveChildren: () => [] }),
  },
  {
    name: 'what rested is never woken',
    caughtBy: 'no deadlock',
    commands: (commands) => commands.map((command) => (command.type === 'wake' ? harmless() : command)),
  },
  {
    name: 'fewer slots are asked for, and the old number stays',
    caughtBy: 'caps',
    transaction: (tx) =>
      but(tx, {
        saveWorkspace: (seat) =>
          tx.saveWorkspace({ ...seat, capacity: Math.max(seat.capacity, tx.workspace(seat.id)?.capacity ?? 0) }),
      }),
  },
  {
    name: 'capacity is not enforced: every callee looks free',
    caughtBy: 'caps',
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
    name: 'the endings of a closed session go to another one',
    caughtBy: 'own session',
    transaction: (tx) =>
      but(tx, {
        insertNotice: (notice) =>
          tx.insertNotice(
            tx.workspace(notice.workspace)?.state === 'removed' ? { ...notice, workspace: 'session:main' } : notice,
          ),
      }),
  },
  {
    name: 'what may have run is run again, whatever its callee says',
    caughtBy: 'never twice',
    commands: (commands) =>
      commands.map((command) =>
        command.type === 'accept' ? { ...command, delivery: 'at_least_once' as const } : command,
      ),
  },
  {
    name: 'the end of a grace is never looked for',
    caughtBy: 'bounded cancel',
    commands: (commands) => commands.map((command) => (command.type === 'abandon' ? harmless() : command)),
    house: (house) => {
      house.line.runs.stop = () => false;
    },
  },
  {
    name: 'the notice of an ending is swallowed',
    caughtBy: 'none lost',
    transaction: (tx) =>
      but(tx, { insertNotice: (notice) => (notice.kind === 'asked' ? tx.insertNotice(notice) : undefined) }),
  },
  {
    name: 'a refusal is said, and the task is kept all the same',
    caughtBy: 'refused never runs',
    engine: (engine) => ({
      ...engine,
      async apply(commands) {
        const commit = await engine.apply(commands);
        const answers = commit.answers.map((answer, index) =>
          commands[index]?.type === 'accept' && answer.kind === 'done' && answer.delegation.key % 7 === 0
            ? { kind: 'refused' as const, refusal: { code: 'queue_full' as const, message: 'The queue is full.' } }
            : answer,
        );
        return { ...commit, answers };
      },
    }),
  },
  {
    name: 'those who wait are forgotten at the close',
    caughtBy: 'nothing left',
    house: (house) => {
      house.waiters.close = () => {};
    },
  },
  {
    name: 'a late return counts: the ending that stood is taken back',
    caughtBy: 'settled once',
    commands: (commands, { tables }) => {
      for (const command of commands) {
        const row = command.type === 'complete' ? tables.delegations.get(command.ref.key ?? -1) : undefined;
        if (row !== undefined && row.settledAt !== null) {
          tables.results.delete(row.key);
          tables.delegations.set(row.key, { ...row, status: 'in_progress', settledAt: null });
        }
      }
      return [...commands];
    },
  },
];

function withoutCollected(command: Command): Command {
  if (!('collected' in command)) {
    return command;
  }
  const { collected: _collected, ...rest } = command;
  return rest as Command;
}
