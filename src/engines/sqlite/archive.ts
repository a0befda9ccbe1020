/**
 * The store as an archive: opened by nobody else (E8), read in pages and put page by page, each page one commit with the
 * mark that names it.
 *
 * A page ends at so many rows or so many characters, whichever is first, so that a store of large results is moved in
 * the same memory as one of small ones.
 */
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Archive, Cursor, Kind, Leaf, Mark, Records, Side } from '../../core/ports/index.ts';
import { assertDurable, openDatabase } from './database.ts';
import { lock, type Lock } from './lock.ts';
import { advanceMark, readMark, writeMark } from './mark.ts';
import { assertCurrent, migrate } from './migrate.ts';
import { Ends } from './ends.ts';
import type { Row } from './rows.ts';
import { type Desk, SHELVES, type Shelf } from './shelves.ts';
import { prepare, type Statements } from './statements.ts';

const ROWS_MAX = 1000;
const CHARACTERS_MAX = 4 * 1024 * 1024;

export interface ArchiveOptions {
  path: string;
  side: Side;
  /** Only looked at: nothing is made, nothing is brought up to date. */
  isDry: boolean;
  now: number;
}

/** Undefined where there is nothing yet and nothing shall be made. */
export async function openSqliteArchive({ path, side, isDry, now }: ArchiveOptions): Promise<Archive | undefined> {
  const found = existsSync(path) ? tablesIn(path) : undefined;
  if (side === 'from' && found === undefined) {
    throw new Error(`There is no store at ${path}. Name the data folder of a platform, or its errand.db.`);
  }
  if (found !== undefined && !found.includes('migration') && (side === 'from' || found.length > 0)) {
    throw new Error(`${path} is not a store of Errand. Name the data folder of a platform, or its errand.db.`);
  }
  if (isDry && (found === undefined || found.length === 0)) {
    return undefined;
  }
  const held = lock(path);
  const db = openDatabase(path);
  try {
    if (isDry) {
      assertCurrent(db);
    } else {
      migrate(db, now);
      assertDurable(db);
    }
    return new SqliteArchive(db, held, placeOf(path));
  } catch (error) {
    db.close();
    held.release();
    throw error;
  }
}

/** As one would name it on a command line. */
export function placeOf(path: string): string {
  return basename(path) === 'errand.db' ? dirname(path) : path;
}

function tablesIn(path: string): string[] {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return db
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .all()
      .map(({ name }) => String(name));
  } catch (cause) {
    throw new Error(`${path} is not a store of Errand. Name the data folder of a platform, or its errand.db.`, {
      cause,
    });
  } finally {
    db.close();
  }
}

class SqliteArchive implements Archive {
  readonly place: string;
  readonly #db: DatabaseSync;
  readonly #held: Lock;
  readonly #sql: Statements;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(db: DatabaseSync, held: Lock, place: string) {
    this.#db = db;
    this.#held = held;
    this.#sql = prepare(db);
    this.place = place;
  }

  async mark(): Promise<Mark | undefined> {
    return readMark(this.#db);
  }

  async setMark(mark: Mark | null): Promise<void> {
    writeMark(this.#db, mark);
  }

  async count(kind: Kind): Promise<number> {
    const [table = ''] = SHELVES[kind].table.split(' ', 1);
    return (this.#statement(`SELECT count(*) FROM ${table}`).get() as unknown as Row)[0] as number;
  }

  async read<K extends Kind>(kind: K, after: Cursor | null): Promise<Leaf<K>> {
    const shelf: Shelf<Records[K]> = SHELVES[kind];
    const by = shelf.by.join(', ');
    const where = after === null ? '' : `WHERE (${by}) > (${after.map(() => '?').join(', ')})`;
    const statement = this.#statement(`SELECT ${shelf.columns}, ${by} FROM ${shelf.table} ${where} ORDER BY ${by}`);
    const records: Records[K][] = [];
    let characters = 0;
    let last: Row | undefined;
    for (const row of statement.iterate(...(after ?? [])) as unknown as Iterable<Row>) {
      records.push(shelf.read(row));
      last = row;
      characters += row.reduce((sum: number, cell) => sum + (typeof cell === 'string' ? cell.length : 0), 0);
      if (records.length === ROWS_MAX || characters >= CHARACTERS_MAX) {
        break;
      }
    }
    return { records, cursor: last === undefined ? null : (last.slice(-shelf.by.length) as (string | number)[]) };
  }

  async put<K extends Kind>(kind: K, records: readonly Records[K][], mark: Mark): Promise<void> {
    const shelf: Shelf<Records[K]> = SHELVES[kind];
    this.#sql.begin.run();
    try {
      advanceMark(this.#db, mark);
      const ends = new Ends(this.#db);
      const desk: Desk = { sql: this.#sql, chain: (id, name, last) => ends.chain(id, name, last) };
      for (const record of records) {
        shelf.put(desk, record);
      }
      ends.flush();
      this.#sql.commit.run();
    } catch (error) {
      if (this.#db.isTransaction) {
        this.#sql.rollback.run();
      }
      throw error;
    }
  }

  #statement(text: string): StatementSync {
    let statement = this.#prepared.get(text);
    if (statement === undefined) {
      statement = this.#db.prepare(text);
      statement.setReturnArrays(true);
      this.#prepared.set(text, statement);
    }
    return statement;
  }

  async close(): Promise<void> {
    this.#db.close();
    this.#held.release();
  }
}
