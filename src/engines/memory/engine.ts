/**
 * Delegations in memory: the same law, the same answers, nothing kept. For tests, the simulation and the library.
 *
 * A batch that throws is undone and its commands are tried one by one, as in the engines that keep things (E2).
 */
import { apply, newWork, together } from '../../core/apply/index.ts';
import type { Limits } from '../../core/delegation/index.ts';
import type { Clock, Command, Commit, Engine, Ids } from '../../core/ports/index.ts';
import { filesOf } from './files.ts';
import { reads } from './reads.ts';
import { Tables } from './tables.ts';
import { MemoryTransaction, type Place } from './transaction.ts';

export interface MemoryOptions {
  clock: Pick<Clock, 'now'>;
  ids: Ids;
  limits: Limits;
  /** The name of this process in leases. */
  owner: string;
  /** Given when several processes of a simulation share one store, or one is opened again. */
  tables?: Tables;
  /** False where several share it. */
  exclusive?: boolean;
  /** So many of those that are settled and told are kept, the newest; without it all of them, for their time. */
  settledMost?: number;
  /** So many lines of the log are kept, the newest; without it all of them. */
  eventsMost?: number;
}

export async function openMemory(options: MemoryOptions): Promise<Engine> {
  const tables = options.tables ?? new Tables();
  tables.bound({ settledMost: options.settledMost, eventsMost: options.eventsMost });
  const place: Place = { tables, ids: options.ids, limits: options.limits, owner: options.owner };

  const run = (commands: readonly Command[]): Commit => {
    tables.begin();
    try {
      const tx = new MemoryTransaction(place, options.clock.now());
      const work = newWork(tx);
      const answers = commands.map((command) => apply(work, command));
      return { answers, events: tx.events, handovers: work.handovers, stops: work.stops, dueAt: tx.dueAt };
    } catch (error) {
      tables.rollback();
      throw error;
    }
  };

  return {
    name: 'memory',
    exclusive: options.exclusive ?? true,
    now: () => options.clock.now(),
    async apply(commands) {
      const commit = together(run, commands);
      tables.tell(options.owner, { seq: tables.log.lastSeq, dueAt: commit.dueAt });
      return commit;
    },
    onElsewhere(heard) {
      tables.listen(options.owner, heard);
    },
    lead: async (forMs) => tables.lead(options.owner, options.clock.now(), forMs),
    files: filesOf(place),
    ...reads(tables),
    async close() {
      tables.leave(options.owner);
    },
  };
}

export { Tables } from './tables.ts';
