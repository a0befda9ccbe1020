/**
 * The store as an archive: moved by one process and served by none, read in pages and put page by page, each page one
 * commit with the mark that names it.
 *
 * Three things keep others out. Whoever serves holds a term, and while one runs nothing is opened here; a row that is
 * written and not committed, for as long as the session lives, keeps out a second mover; and from the first mark on the
 * bar on `line` refuses whatever is committed (E21).
 */
import { isBarred, type Archive, type Cursor, type Kind, type Leaf } from '../../core/ports/index.ts';
import type { Mark, Records, Side } from '../../core/ports/index.ts';
import { Connection } from './connection.ts';
import { advanceMark, OVERTAKEN, readMark, writeMark } from './mark.ts';
import { assertCurrent, migrate } from './migrate.ts';
import type { Row } from './rows.ts';
import { SHELVES, type Shelf } from './shelves.ts';
import { Unavailable } from './unavailable.ts';

const ROWS_MAX = 1000;
const CHARACTERS_MAX = 4 * 1024 * 1024;
const MAKES = 'SET lock_timeout = 1000';
/** Whoever may not see all of a table is told so, instead of being shown a part of it as if it were all (E20). */
const MOVES = 'SET row_security = off';
const STATEMENT_MS = 300_000;
const IDLE_IN_TRANSACTION_MS = 10_000;
const CLAIM = "INSERT INTO term VALUES ('moving', 'errand migrate', 1, 0)";

export interface ArchiveOptions {
  url: string;
  side: Side;
  /** Only looked at: nothing is made, nothing is brought up to date. */
  isDry: boolean;
  now: number;
}

/** Undefined where there is nothing yet and nothing shall be made. */
export async function openPostgresArchive(options: ArchiveOptions): Promise<Archive | undefined> {
  const { url, isDry, now } = options;
  const place = placeOf(url);
  const bounds = { url, statementMs: STATEMENT_MS, idleInTransactionMs: IDLE_IN_TRANSACTION_MS };
  const first = new Connection(bounds, { greeting: MAKES });
  try {
    const tables = await tablesOf(first, place);
    assertOurs(tables, { ...options, place });
    if (isDry && tables.length === 0) {
      return undefined;
    }
    await assertFree(first, place);
    await (isDry ? assertCurrent(first) : migrate(first, now));
  } finally {
    await first.close();
  }
  // Another one: a connection learns when it is made in which forms its tables take rows.
  const connection = new Connection(bounds, { greeting: MOVES });
  const claim = new Connection({ ...bounds, idleInTransactionMs: 0 }, { greeting: MAKES });
  const archive = new PostgresArchive({ connection, claim }, place);
  try {
    await claimFor(claim, place);
    await assertFree(connection, place);
    return archive;
  } catch (error) {
    await archive.close();
    throw error;
  }
}

/** Whoever else claims it waits for the end of this transaction, and that ends with the session, however that ends. */
async function claimFor(claim: Connection, place: string): Promise<void> {
  try {
    await claim.control('begin');
    await claim.query(CLAIM);
  } catch (cause) {
    throw cause instanceof Unavailable && cause.how === 'busy'
      ? new Error(`${place} is being moved by another process already, or was named for both sides.`, { cause })
      : cause;
  }
}

function assertOurs(tables: readonly string[], { side, place }: { side: Side; place: string }): void {
  if (!tables.includes('migration') && (side === 'from' || tables.length > 0)) {
    throw new Error(
      side === 'from'
        ? `${place} holds no store of Errand. Name the database that a platform has served from.`
        : `${place} holds tables of something else. Name a database that is empty.`,
    );
  }
}

/** Its address without what is secret in it. */
export function placeOf(url: string): string {
  const shown = new URL(url);
  shown.password = '';
  shown.searchParams.delete('password');
  return shown.href;
}

async function tablesOf(connection: Connection, place: string): Promise<string[]> {
  try {
    const found = await connection.query('SELECT tablename FROM pg_tables WHERE schemaname = current_schema()');
    return found.map(([name]) => name as string);
  } catch (cause) {
    if (!(cause instanceof Unavailable)) {
      throw cause;
    }
    const why = cause.cause instanceof Error ? cause.cause.message : cause.message;
    throw new Error(
      `${place} cannot be opened (${why}). Look whether the server runs, the database exists, and the ` +
        'address, the user and the password are right.',
      { cause },
    );
  }
}

async function assertFree(connection: Connection, place: string): Promise<void> {
  const [[hasTerms] = []] = await connection.query("SELECT to_regclass('term') IS NOT NULL");
  if (hasTerms === true) {
    const [term] = await connection.query(
      `SELECT owner, until - (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS left FROM term
        WHERE name LIKE 'serving %' AND until > (extract(epoch FROM clock_timestamp()) * 1000)::bigint ORDER BY until DESC LIMIT 1`,
    );
    if (term !== undefined) {
      throw new Error(
        `${place} is being served by ${String(term[0])}. Stop that platform, then start this again ` +
          `(one that was killed counts as serving for ${Math.ceil((term[1] as number) / 1000)} s more).`,
      );
    }
  }
}

class PostgresArchive implements Archive {
  readonly place: string;
  readonly #connection: Connection;
  readonly #claim: Connection;

  constructor({ connection, claim }: { connection: Connection; claim: Connection }, place: string) {
    this.#connection = connection;
    this.#claim = claim;
    this.place = place;
  }

  async mark(): Promise<Mark | undefined> {
    return readMark(this.#connection);
  }

  async setMark(mark: Mark | null): Promise<void> {
    await writeMark(this.#connection, mark);
    if (mark !== null && !isBarred(mark)) {
      // The first questions would else be planned as if the tables were empty.
      await this.#connection.query('ANALYZE');
    }
  }

  async count(kind: Kind): Promise<number> {
    const [table = ''] = SHELVES[kind].table.split(' ', 1);
    const [row] = await this.#connection.query(`SELECT count(*) FROM ${table}`);
    return (row as Row)[0] as number;
  }

  async read<K extends Kind>(kind: K, after: Cursor | null): Promise<Leaf<K>> {
    const shelf: Shelf<Records[K]> = SHELVES[kind];
    const found = await this.#connection.query(pageText(shelf, after !== null), [...(after ?? [])]);
    const last = found.at(-1);
    return {
      records: found.map((row) => shelf.read(row)),
      cursor: last === undefined ? null : (last.slice(-shelf.by.length) as (string | number)[]),
    };
  }

  /** All of it goes out at once; what fails in between makes the commit at its end a rollback. */
  async put<K extends Kind>(kind: K, records: readonly Records[K][], mark: Mark): Promise<void> {
    const shelf: Shelf<Records[K]> = SHELVES[kind];
    const parts = shelf.put.map(({ statement, row }) => ({ name: statement, rows: records.map(row) }));
    try {
      await Promise.all([
        this.#connection.control('begin'),
        advanceMark(this.#connection, mark),
        ...parts.map(async (part) => this.#connection.write(part)),
        this.#connection.control('commit'),
      ]);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === OVERTAKEN) {
        throw new Error(`Somebody else has gone on with the move ${mark.id}. Look there, and start this one again.`, {
          cause: error,
        });
      }
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#connection.close(), this.#claim.close()]);
  }
}

/** Of so many rows at most those that come before there is too much in them, and never none. */
function pageText<R>({ table, columns, by, long }: Shelf<R>, goesOn: boolean): string {
  const names = by.map(([column]) => column);
  const order = by.map(([column, type]) => (type === 'text' ? `${column} COLLATE "C"` : column)).join(', ');
  const after = by.map(([, type], index) => `$${index + 1}::${type}`).join(', ');
  const where = goesOn ? `WHERE (${order}) > (${after})` : '';
  const lengths = long.map((column) => `coalesce(octet_length(${column}), 0)`).join(' + ');
  const before = `coalesce(sum(${lengths || '0'}) OVER
    (ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)`;
  return `SELECT ${columns}, ${names.join(', ')} FROM (SELECT *, ${before} AS before FROM
    (SELECT * FROM ${table} ${where} ORDER BY ${order} LIMIT ${ROWS_MAX}) AS rows) AS page
    WHERE before < ${CHARACTERS_MAX} ORDER BY ${order}`;
}
