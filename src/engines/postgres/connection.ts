/**
 * One connection. What is asked for together goes out together, without waiting for answers in between (`pipeline`).
 *
 * A statement is prepared when it is first used. A connection that broke is replaced at the next use; what was under
 * way on it fails as `Unavailable`, and whoever asked decides what that means.
 */
import pg from 'pg';
import { encodeRows, layoutsOf, type Layouts } from './binary.ts';
import type { Row, Values } from './rows.ts';
import { SQL, type StatementName } from './statements.ts';
import { Unavailable } from './unavailable.ts';

const { Client } = pg;
const INT8 = 20;
const NUMERIC = 1700;
const CONNECT_MS = 5000;
/** No organisation has this name: whoever reads next says for whom. */
const NOT_KNOWN = '';

export interface ConnectionOptions {
  url: string;
  /** How long one statement may take; a lock that is waited for counts. */
  statementMs: number;
  /** How long a transaction may stand still, so that a process that was stopped in one does not stop the others. */
  idleInTransactionMs: number;
}

/** What a connection says when it is made, and whom it tells of messages, if it listens. */
export interface Manners {
  greeting: string;
  onMessage?: (message: string) => void;
}

/** A client, the organisation it reads for at the moment, and the forms in which its database takes rows. */
interface Session {
  client: pg.Client;
  org: string;
  layouts: Layouts;
}

/** A statement of a commit and the rows that it writes. */
export interface Part {
  name: StatementName;
  rows: Values[] | number[] | object;
}

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #manners: Manners;
  #session: Promise<Session> | undefined;
  #live: Session | undefined;

  constructor(options: ConnectionOptions, manners: Manners) {
    this.#options = options;
    this.#manners = manners;
  }

  async run(name: StatementName, values: unknown[] = []): Promise<Row[]> {
    return this.#ask(async ({ client }) => rowsOf(client, { name, text: SQL[name], values }));
  }

  /** Behind the wall of an organisation (E20): the one who reads says so before, on its way, if it is not said yet. */
  async runWithin(org: string, name: StatementName, values: unknown[]): Promise<Row[]> {
    return this.#within(org, { name, text: SQL[name], values });
  }

  /** Text that is not known beforehand: a list with its conditions. */
  async queryWithin(org: string, text: string, values: unknown[]): Promise<Row[]> {
    return this.#within(org, { text, values });
  }

  async #within(org: string, query: Query): Promise<Row[]> {
    return this.#ask(async (session) => {
      const { client } = session;
      const said = session.org === org ? undefined : rowsOf(client, { name: 'wall', text: SQL.wall, values: [org] });
      session.org = org;
      try {
        const [rows] = await Promise.all([rowsOf(client, query), said]);
        return rows;
      } catch (error) {
        session.org = NOT_KNOWN;
        throw error;
      }
    });
  }

  /** One statement out of several, for the tables that changed; prepared once for each choice of them. */
  async compose(parts: readonly Part[], head: unknown[]): Promise<void> {
    const names = parts.map(({ name }) => name);
    const name = names.map((part) => NAMES.indexOf(part).toString(36)).join('-');
    await this.#ask(async ({ client, layouts }) => {
      const values = [...head, ...parts.map((part) => encoded(part, layouts))];
      await client.query({ name: `w${name}`, text: composed(names), values });
    });
  }

  /** All rows of a table, by a statement that takes nothing else. */
  async write(part: Part): Promise<void> {
    const { name } = part;
    await this.#ask(async ({ client, layouts }) =>
      client.query({ name, text: SQL[name], values: [encoded(part, layouts)] }),
    );
  }

  /** A step of a migration: text that is used once, or several statements without values. */
  async query(text: string, values: unknown[] = []): Promise<Row[]> {
    return this.#ask(async ({ client }) => rowsOf(client, { text, values }));
  }

  async script(text: string): Promise<void> {
    await this.#ask(async ({ client }) => client.query(text));
  }

  /** The tag of what was carried out, such as COMMIT or ROLLBACK. */
  async control(name: 'begin' | 'commit' | 'rollback'): Promise<string> {
    return this.#ask(async ({ client }) => (await client.query({ text: SQL[name] })).command);
  }

  async #ask<T>(ask: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#open();
    try {
      return await ask(session);
    } catch (error) {
      throw this.#told(session, error);
    }
  }

  #told(session: Session, error: unknown): unknown {
    // An error with a code and a severity is the database's own answer; any other is the connection's.
    const code = error instanceof pg.DatabaseError && !FATAL.test(error.severity ?? '') ? error.code : undefined;
    if (code !== undefined && !AWAY.test(code)) {
      return NOT_NOW.test(code) ? new Unavailable('busy', error) : error;
    }
    this.#drop(session);
    return new Unavailable('lost', error);
  }

  /** Once, however many were waiting on it. */
  #drop(session: Session): void {
    if (this.#live === session) {
      this.#session = undefined;
      this.#live = undefined;
      end(session.client);
    }
  }

  async #open(): Promise<Session> {
    this.#session ??= this.#connect().catch((cause: unknown) => {
      this.#session = undefined;
      throw cause instanceof pg.DatabaseError && !FATAL.test(cause.severity ?? '')
        ? cause
        : new Unavailable('lost', cause);
    });
    return this.#session;
  }

  async #connect(): Promise<Session> {
    const client = new Client({
      connectionString: this.#options.url,
      pipeline: true,
      connectionTimeoutMillis: CONNECT_MS,
      statement_timeout: this.#options.statementMs,
      idle_in_transaction_session_timeout: this.#options.idleInTransactionMs,
      application_name: 'errand',
      types: {
        getTypeParser: (oid: number) => (oid === INT8 || oid === NUMERIC ? Number : pg.types.getTypeParser(oid)),
      },
    });
    const session: Session = { client, org: NOT_KNOWN, layouts: new Map() };
    client.on('error', () => this.#drop(session));
    client.on('notification', ({ payload }) => this.#manners.onMessage?.(payload ?? ''));
    try {
      await client.connect();
      await client.query(this.#manners.greeting);
      session.layouts = layoutsOf(await rowsOf(client, { text: SQL.layouts, values: [] }));
    } catch (error) {
      end(client);
      throw error;
    }
    this.#live = session;
    return session;
  }

  async close(): Promise<void> {
    const session = await this.#session?.catch(() => undefined);
    this.#session = undefined;
    this.#live = undefined;
    await session?.client.end();
  }
}

interface Query {
  name?: string;
  text: string;
  values: unknown[];
}

async function rowsOf(client: pg.Client, query: Query): Promise<Row[]> {
  return (await client.query<Row>({ ...query, rowMode: 'array' })).rows;
}

function end(client: pg.Client): void {
  client.end().catch(() => {
    // It is broken already; there is nothing left to end.
  });
}

const NAMES = Object.keys(SQL) as StatementName[];
const HEAD = 8;

/** The row of `line` first: the main query reads what it moved, and the rest is carried out after the main query. */
function composed(names: readonly StatementName[]): string {
  const parts = names.map((name, index) => `part${index} AS (${SQL[name].replaceAll('$1', `$${HEAD + 1 + index}`)})`);
  const all = [`moved AS (${SQL.moveLine})`, `marked AS (${SQL.saveMark})`, ...parts];
  return `WITH ${all.join(', ')} SELECT 1 / (SELECT count(*) FROM moved)::integer`;
}

const GIVEN = /::(?<type>given_\w+)\[\]/u;

function encoded({ name, rows }: Part, layouts: Layouts): Buffer | string {
  const layout = layouts.get(GIVEN.exec(SQL[name])?.groups?.['type'] ?? '');
  return layout === undefined ? JSON.stringify(rows) : encodeRows(layout, rows as Values[]);
}

const FATAL = /^(?:FATAL|PANIC)$/u;
/** The server goes, or is one that only reads: another connection may find one that writes. */
const AWAY = /^(?:08|57P0|25006)/u;
/** A statement or a lock that took too long, or no room: nothing was done, and later it may be. */
const NOT_NOW = /^(?:57014|55P03|53)/u;
