/**
 * Defects that only show where several platforms share a store, planted on purpose; and controls: what looks like a
 * defect and must break nothing.
 */
import type { Delegation } from '../../src/core/delegation/index.ts';
import type { Engine } from '../../src/core/ports/index.ts';
import { but, DEFECTS, harmless, isAboutTime } from './defects.ts';
import type { Planted } from './store.ts';

export const SHARED_DEFECTS: readonly Planted[] = [
  ...DEFECTS.filter(({ name }) => name.startsWith('T0 no epoch check') || name.startsWith('T0 settlement without')),
  {
    name: 'a platform drops what others have written: who waits there is not woken',
    caughtBy: 'E16',
    engine: (engine) => hearsOnlyItself(engine),
  },
  {
    name: 'nobody looks after what another platform held',
    caughtBy: 'D11',
    commands: (commands, { tables, owner }) =>
      commands.map((command) => {
        const isTimed = command.type === 'rescue' || isAboutTime(command);
        const row = isTimed ? tables.delegations.get(command.ref.key ?? 0) : undefined;
        return row === undefined || row.owner === null || row.owner === owner ? command : harmless();
      }),
  },
  {
    name: 'a delivery goes on whatever another platform has written',
    caughtBy: 'D10',
    line: ({ runs }) => {
      const stop = runs.stop.bind(runs);
      // A stop that its own commit named comes with the whole row.
      runs.stop = (about, why) => 'status' in about && stop(about, why);
    },
  },
  {
    name: 'a platform hands over what another one has dispatched',
    caughtBy: 'D6',
    engine: (engine) => handsOverWhatItSees(engine),
  },
  {
    name: 'each platform counts its own slots',
    caughtBy: 'D9',
    transaction: (tx) => {
      const ownAt = (id: string) => tx.liveAt(id, 1000).filter((row) => isSeenBy(tx.owner, row)).length;
      return but(tx, {
        workspace: (id) => {
          const seat = tx.workspace(id);
          return seat === undefined ? undefined : { ...seat, running: ownAt(id) };
        },
        saveWorkspace: (seat) =>
          tx.saveWorkspace({ ...seat, running: (tx.workspace(seat.id)?.running ?? 0) + seat.running - ownAt(seat.id) }),
      });
    },
  },
];

export const CONTROLS: readonly Omit<Planted, 'caughtBy'>[] = [
  {
    name: 'every platform looks after what time does, all at once',
    engine: (engine) => ({ ...engine, lead: async () => true }),
  },
  {
    name: 'every commit is heard of a second time, and so is every old one',
    engine: (engine) => ({
      ...engine,
      onElsewhere: (heard) => engine.onElsewhere((news) => [news, { seq: 0, dueAt: 0 }, news].map(heard)),
    }),
  },
];

function isSeenBy(owner: string, row: Delegation): boolean {
  const isRunning = row.status === 'dispatched' || row.status === 'in_progress';
  return isRunning && row.origin !== 'self' && (row.owner === owner || row.owner === row.callee);
}

function hearsOnlyItself(engine: Engine): Engine {
  const own = new Set<number>();
  return {
    ...engine,
    async apply(commands) {
      const commit = await engine.apply(commands);
      for (const { seq } of commit.events) {
        own.add(seq);
      }
      return commit;
    },
    events: async (filter) => (await engine.events(filter)).filter(({ seq }) => own.has(seq)),
  };
}

function handsOverWhatItSees(engine: Engine): Engine {
  const seen: number[] = [];
  return {
    ...engine,
    async events(filter) {
      const events = await engine.events(filter);
      seen.push(
        ...events.flatMap(({ type, delegation }) => (type === 'delegation.dispatched' ? (delegation ?? []) : [])),
      );
      return events;
    },
    async apply(commands) {
      const commit = await engine.apply(commands);
      const rows = await Promise.all(seen.splice(0).map(async (key) => engine.delegation({ key })));
      const running = rows.filter((row) => row?.status === 'dispatched').filter((row) => row !== undefined);
      return { ...commit, handovers: [...commit.handovers, ...running.map((delegation) => ({ delegation }))] };
    },
  };
}
