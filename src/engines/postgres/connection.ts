/**
 * One connection. What is asked for together goes out together, without waiting for answers in between (`pipeline`).
 *
 * A statement is prepared when it is first used. A connection that broke is replaced at the next use; what was under
 * way on it fails as `Unavailable`, and whoever asked decides what that means.
 */
import pg from 'pg';
import type { Row } from './rows.ts';
import { SQL, type StatementName } from './statements.ts';
import { Unavailable } from './unavailable.ts';

const { Client } = pg;
const INT8 = 20;
const NUMERIC = 1700;
const CONNECT_MS = 5000;

export interface ConnectionOptions {
  url: string;
  /** How long one statement may take; a lock that is waited for counts. */
  statementMs: number;
  /** How long a transaction may stand still, so that a process that was stopped in one does not stop the others. */
  idleInTransactionMs: number;
}

/** Of a connection that also listens: what it says when it is made, and whom it tells of messages. */
export interface Listening {
  greeting: string;
  onMessage: (message: string) => void;
}

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #listening: Listening | undefined;
  #client: Promise<pg.Client> | undefined;
  #live: pg.Client | undefined;

  constructor(options: ConnectionOptions, listening?: Listening) {
    this.#options = options;
    this.#listening = listening;
  }

  async run(name: StatementName, values: unknown[] = []): Promise<Row[]> {
    const client = await this.#open();
    try {
      const { rows } = await client.query<Row>({ name, text: SQL[name], values, rowMode: 'array' });
      return rows;
    } catch (error) {
      throw this.#told(client, error);
    }
  }

  /** One statement out of several, for the tables that changed; prepared once for each choice of them. */
  async compose(names: readonly StatementName[], values: unknown[]): Promise<void> {
    const client = await this.#open();
    const name = names.map((part) => NAMES.indexOf(part).toString(36)).join('-');
    try {
      await client.query({ name: `w${name}`, text: composed(names), values });
    } catch (error) {
      throw this.#told(client, error);
    }
  }

  /** Text that is not known beforehand: a list with its conditions, or a step of a migration. */
  async query(text: string, values: unknown[] = []): Promise<Row[]> {
    const client = await this.#open();
    try {
      const { rows } = await client.query<Row>({ text, values, rowMode: 'array' });
      return rows;
    } catch (error) {
      throw this.#told(client, error);
    }
  }

  /** Several statements at once, without values. */
  async script(text: string): Promise<void> {
    const client = await this.#open();
    try {
      await client.query(text);
    } catch (error) {
      throw this.#told(client, error);
    }
  }

  /** The tag of what was carried out, such as COMMIT or ROLLBACK. */
  async control(name: 'begin' | 'commit' | 'rollback'): Promise<string> {
    const client = await this.#open();
    try {
      const { command } = await client.query({ text: SQL[name] });
      return command;
    } catch (error) {
      throw this.#told(client, error);
    }
  }

  #told(client: pg.Client, error: unknown): unknown {
    // An error with a code and a severity is the database's own answer; any other is the connection's.
    const code = error instanceof pg.DatabaseError && !FATAL.test(error.severity ?? '') ? error.code : undefined;
    if (code !== undefined && !AWAY.test(code)) {
      return NOT_NOW.test(code) ? new Unavailable('busy', error) : error;
    }
    this.#drop(client);
    return new Unavailable('lost', error);
  }

  /** Once, however many were waiting on it. */
  #drop(client: pg.Client): void {
    if (this.#live === client) {
      this.#client = undefined;
      this.#live = undefined;
      client.end().catch(() => {
        // It is broken already; there is nothing left to end.
      });
    }
  }

  async #open(): Promise<pg.Client> {
    this.#client ??= this.#connect().catch((cause: unknown) => {
      this.#client = undefined;
      throw new Unavailable('lost', cause);
    });
    return this.#client;
  }

  async #connect(): Promise<pg.Client> {
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
    client.on('error', () => this.#drop(client));
    await client.connect();
    if (this.#listening !== undefined) {
      client.on('notification', ({ payload }) => this.#listening?.onMessage(payload ?? ''));
      await client.query(this.#listening.greeting);
    }
    this.#live = client;
    return client;
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => undefined);
    this.#client = undefined;
    await client?.end();
  }
}

const NAMES = Object.keys(SQL) as StatementName[];
const HEAD = 7;

/** The row of `line` first: the main query reads what it moved, and the rest is carried out after the main query. */
function composed(names: readonly StatementName[]): string {
  const parts = names.map((name, index) => `part${index} AS (${SQL[name].replaceAll('$1', `$${HEAD + 1 + index}`)})`);
  const all = [`moved AS (${SQL.moveLine})`, `marked AS (${SQL.saveMark})`, ...parts];
  return `WITH ${all.join(', ')} SELECT 1 / (SELECT count(*) FROM moved)::integer`;
}

const FATAL = /^(?:FATAL|PANIC)$/u;
/** The server goes, or is one that only reads: another connection may find one that writes. */
const AWAY = /^(?:08|57P0|25006)/u;
/** A statement or a lock that took too long, or no room: nothing was done, and later it may be. */
const NOT_NOW = /^(?:57014|55P03|53)/u;
