/**
 * Delegations on PostgreSQL: many processes, one order of commits, one round trip for all commands that came together.
 *
 * Every commit takes the one row of `line`, so commits have an order and so does the log. A process carries a batch
 * out over what it knows (`sheet.ts`) and sends it at once, the next one even before it has arrived (`writer.ts`); the
 * database refuses it where somebody else has written since. Then, and where something is not known, the row is taken first, what is needed is read under it, and the
 * batch is run again: three round trips instead of one.
 */
import type { Limits } from '../../core/delegation/index.ts';
import { isBarred, whyBarred } from '../../core/ports/index.ts';
import type { Clock, Command, Commit, Engine, Ids } from '../../core/ports/index.ts';
import { placeOf } from './archive.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { Database, EVERYBODY, type DatabaseOptions } from './database.ts';
import { readMark } from './mark.ts';
import { filesOf } from './files.ts';
import { Messenger } from './messenger.ts';
import { migrate } from './migrate.ts';
import { assertWalls } from './walls.ts';
import { reads } from './reads.ts';
import { StoreClock } from './store-clock.ts';
import { Writer } from './writer.ts';

export interface PostgresOptions extends Partial<DatabaseOptions> {
  url: string;
  clock: Clock;
  /** Whose time counts: the database's, or, in a test that moves time, that of the clock given. */
  timeOf?: 'database' | 'clock';
  /** Where the steps of the tables lie; a test brings those of a newer program. */
  steps?: URL;
  ids: Ids;
  limits: Limits;
  /** The name of this process in leases. */
  owner: string;
}

const READERS = 4;
/** While the database works on one batch, the law works on the next. */
const DEPTH = 2;
const STATEMENT_MS = 10_000;
const IDLE_IN_TRANSACTION_MS = 2000;

export async function openPostgres(options: PostgresOptions): Promise<Engine> {
  const bounds = {
    readers: READERS,
    statementMs: STATEMENT_MS,
    idleInTransactionMs: IDLE_IN_TRANSACTION_MS,
    ...options,
  };
  const database = new Database(bounds);
  try {
    await migrateAsOwner(bounds, options);
    await assertWalls(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  const { clock } = options;
  const time = new StoreClock(clock);
  const byDatabase = options.timeOf !== 'clock';
  const writer = new Writer(database.writer, { ...options, time, byDatabase });
  const messenger = new Messenger(database, { ...options, time, byDatabase });
  return {
    name: 'postgres',
    exclusive: false,
    depth: DEPTH,
    now: () => time.now(),
    async apply(commands: readonly Command[]): Promise<Commit> {
      const commit = await writer.apply(commands);
      messenger.tell({ seq: commit.events.at(-1)?.seq ?? 0, dueAt: commit.dueAt });
      return commit;
    },
    onElsewhere: (heard) => messenger.listen(heard),
    lead: async (forMs) => messenger.lead(forMs),
    files: filesOf({ database, org: EVERYBODY }, options.limits),
    ...reads({ database, clock, org: EVERYBODY }),
    within: (org) => ({ ...reads({ database, clock, org }), files: filesOf({ database, org }, options.limits) }),
    async close() {
      await writer.close();
      await messenger.close();
      await database.close();
    },
  };
}

/** On a connection that is closed again: what serves is never the owner of the tables. */
async function migrateAsOwner(
  bounds: ConnectionOptions,
  { clock, steps }: Pick<PostgresOptions, 'clock' | 'steps'>,
): Promise<void> {
  const owner = new Connection(bounds, { greeting: 'SET lock_timeout = 1000' });
  try {
    await migrate(owner, clock.now(), steps);
    await assertServable(owner, bounds.url);
  } finally {
    await owner.close();
  }
}

/** E21: what is being moved, or was moved away, is not opened to be served. */
async function assertServable(owner: Connection, url: string): Promise<void> {
  const mark = await readMark(owner);
  if (isBarred(mark)) {
    throw new Error(whyBarred(mark, placeOf(url)));
  }
}
