/**
 * Delegations on SQLite: one file, one writer, one commit for all the commands that came together.
 *
 * `apply` runs a batch in one transaction and answers after the commit is on stable storage (E1). If anything throws,
 * nothing of the batch was written, and its commands are tried one by one, so that one that cannot be written never
 * takes its neighbours along (E2). Everything else reads what the last commit left (E6).
 */
import type { DatabaseSync } from 'node:sqlite';
import { apply, newWork, together } from '../../core/apply/index.ts';
import type { Limits } from '../../core/delegation/index.ts';
import { isBarred, whyBarred } from '../../core/ports/index.ts';
import type { Clock, Command, Commit, Engine, Ids } from '../../core/ports/index.ts';
import { placeOf } from './archive.ts';
import { Cache } from './cache.ts';
import { assertDurable, openDatabase } from './database.ts';
import { filesOf } from './files.ts';
import { lock, type Lock } from './lock.ts';
import { readMark } from './mark.ts';
import { migrate } from './migrate.ts';
import { reads } from './reads.ts';
import type { Row } from './rows.ts';
import { prepare } from './statements.ts';
import { SqliteTransaction, type Place } from './transaction.ts';

const SEATS_KEPT = 20_000;
const ROWS_KEPT = 4096;

export interface SqliteOptions {
  path: string;
  /** What whoever opens it calls that place, for the words of a refusal. */
  called?: string;
  clock: Pick<Clock, 'now'>;
  ids: Ids;
  limits: Limits;
  /** The name of this process in leases. */
  owner: string;
  /** Told once when the disk or the file is broken; from then on nothing is written any more. */
  onBroken?: (error: Error) => void;
}

export async function openSqlite(options: SqliteOptions): Promise<Engine> {
  const held = lock(options.path, options.called);
  const db = openUnder(held, options);
  const statements = prepare(db);
  const place: Place = { ...options, db, statements, seats: new Cache(SEATS_KEPT), recent: new Cache(ROWS_KEPT) };
  options.ids.above((statements.lastKey.get() as unknown as Row)[0] as number);
  let lastSeq = (statements.lastSeq.get() as unknown as Row)[0] as number;

  let broken: Error | undefined;
  const attempt = <T>(write: () => T): T => {
    if (broken !== undefined) {
      throw broken;
    }
    try {
      statements.begin.run();
      const written = write();
      statements.commit.run();
      return written;
    } catch (error) {
      if (db.isTransaction) {
        statements.rollback.run();
      }
      if (isBreakage(error)) {
        broken = error;
        options.onBroken?.(error);
      }
      throw error;
    }
  };
  const run = (commands: readonly Command[]): Commit => {
    const { tx, commit } = attempt(() => {
      const begun = new SqliteTransaction(place, { now: options.clock.now(), lastSeq });
      const work = newWork(begun);
      const answers = commands.map((command) => apply(work, command));
      begun.flush();
      const { handovers, stops } = work;
      return { tx: begun, commit: { answers, events: begun.events, handovers, stops, dueAt: begun.dueAt } };
    });
    lastSeq = tx.lastSeq;
    tx.publish();
    return commit;
  };

  return {
    name: 'sqlite',
    exclusive: true,
    now: () => options.clock.now(),
    // Nobody else can have the file open: there is no elsewhere, and whoever has it leads.
    onElsewhere() {},
    lead: async () => true,
    apply: async (commands) => together(run, commands),
    files: filesOf(place, attempt),
    ...reads(place),
    async close() {
      db.close();
      held.release();
    },
  };
}

/** Ready to be served; where it cannot be, whoever mends that finds it free. */
function openUnder(held: Lock, { path, clock }: SqliteOptions): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = openDatabase(path);
    migrate(db, clock.now());
    assertDurable(db);
    assertServable(db, path);
    return db;
  } catch (error) {
    db?.close();
    held.release();
    throw error instanceof Error && 'errcode' in error && error.errcode === NOT_A_DATABASE
      ? new Error(`${path} is no SQLite database, or it is damaged. Take another file, or put a copy in its place.`, {
          cause: error,
        })
      : error;
  }
}

/** E21: what is being moved, or was moved away, is not opened to be served. */
function assertServable(db: DatabaseSync, path: string): void {
  const mark = readMark(db);
  if (isBarred(mark)) {
    throw new Error(whyBarred(mark, placeOf(path)));
  }
}

/** A write that failed once may seem to succeed when it is tried again, and be lost: it is never tried again. */
const NOT_A_DATABASE = 26;
const BREAKAGES: ReadonlySet<number> = new Set([10, 11, NOT_A_DATABASE]);

function isBreakage(error: unknown): error is Error {
  return error instanceof Error && 'errcode' in error && BREAKAGES.has(Number(error.errcode) & 0xff);
}
