/**
 * One connection. What is asked for together goes out together, without waiting for answers in between (`pipeline`).
 *
 * A statement is prepared when it is first used. A connection that broke is replaced at the next use; what was under
 * way on it fails as `ConnectionLost`, and whoever asked decides what that means.
 */
import pg from 'pg';
import { ConnectionLost } from './connection-lost.ts';
import type { Row } from './rows.ts';
import { SQL, type StatementName } from './statements.ts';

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

export class Connection {
  readonly #options: ConnectionOptions;
  #client: Promise<pg.Client> | undefined;
  #live: pg.Client | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
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
    if (error instanceof pg.DatabaseError && !FATAL.test(error.severity ?? '')) {
      return error;
    }
    this.#drop(client);
    return new ConnectionLost(error instanceof Error ? error.message : String(error), { cause: error });
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
      throw new ConnectionLost(cause instanceof Error ? cause.message : String(cause), { cause });
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
const HEAD = 5;

/** The row of `line` first: the main query reads what it moved, and the rest is carried out after the main query. */
function composed(names: readonly StatementName[]): string {
  const parts = names.map((name, index) => `part${index} AS (${SQL[name].replaceAll('$1', `$${HEAD + 1 + index}`)})`);
  const all = [`moved AS (${SQL.moveLine})`, `marked AS (${SQL.saveMark})`, ...parts];
  return `WITH ${all.join(', ')} SELECT 1 / (SELECT count(*) FROM moved)::integer`;
}

const FATAL = /^(?:FATAL|PANIC)$/u;
