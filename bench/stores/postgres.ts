/**
 * A store in a database of its own on a server that the bench has started, filled by one statement for each table.
 *
 * The copies are written while nothing but their place in the log has to be right: indexes come after rows, and a
 * commit is not waited for; what is measured begins after a checkpoint, with every setting as it was.
 */
import pg from 'pg';
import { openPostgres } from '../../src/engines/postgres/engine.ts';
import type { TestServer } from '../../test/support/postgres.ts';
import type { Store } from './store.ts';

export async function postgresStore(server: TestServer): Promise<Store> {
  const url = await server.database();
  return {
    name: 'postgres',
    open: async (parts) => openPostgres({ url, ...parts }),
    fill: async (rows) => fill(url, rows),
    remove: async () => server.drop(url),
  };
}

/** What differs in a copy: it lies so many keys in the past, and its events so many places further on in the log. */
const COPIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  request: { key: 'key - past' },
  result: { key: 'key - past' },
  event: { seq: 'seq + further', delegation: 'delegation - past' },
  delegation: { key: 'key - past', foreign_id: 'NULL' },
  notice: { key: 'key - past', delegation: 'delegation - past' },
};

interface Seed {
  copies: number;
  /** From the first key to the last. */
  span: number;
  events: number;
}

async function fill(url: string, rows: number): Promise<void> {
  const client = await connect(url);
  const seed = await seedOf(client, rows);
  await client.query("ALTER SYSTEM SET max_wal_size = '64GB'");
  await client.query('SELECT pg_reload_conf()');
  const indexes = await takeIndexes(client);
  await Promise.all(Object.keys(COPIES).map(async (table) => multiply(url, table, seed)));
  await client.query('UPDATE line SET seq = (SELECT max(seq) FROM event)');
  await Promise.all(indexes.map(async (text) => aside(url, [text])));
  await Promise.all(Object.keys(COPIES).map(async (table) => aside(url, [`VACUUM (ANALYZE) ${table}`])));
  await client.query('ALTER SYSTEM RESET max_wal_size');
  await client.query('SELECT pg_reload_conf()');
  await client.query('CHECKPOINT');
  await client.end();
}

async function seedOf(client: pg.Client, rows: number): Promise<Seed> {
  const { rows: found } = await client.query<Seed>(
    `SELECT (ceil($1::numeric / count(*)) - 1)::float8 AS copies,
    (max(key) - min(key) + 1)::float8 AS span, (SELECT max(seq) FROM event)::float8 AS events FROM delegation`,
    [rows],
  );
  const [seed] = found;
  if (seed === undefined) {
    throw new Error('There is nothing to copy.');
  }
  return seed;
}

/** Takes away every index that holds no key, and answers with the statements that bring them back. */
async function takeIndexes(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; text: string }>(
    `SELECT c.relname AS name,
    pg_get_indexdef(i.indexrelid) AS text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE NOT i.indisprimary AND i.indrelid = ANY ($1::text[]::regclass[])`,
    [Object.keys(COPIES)],
  );
  for (const { name } of rows) {
    await client.query(`DROP INDEX ${name}`);
  }
  return rows.map(({ text }) => text);
}

async function multiply(url: string, table: string, { copies, span, events }: Seed): Promise<void> {
  const client = await connect(url);
  const { rows } = await client.query<{ name: string }>(
    'SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum',
    [table],
  );
  const columns = rows.map(({ name }) => COPIES[table]?.[name] ?? name);
  await client.query('SET synchronous_commit = off');
  await client.query(`CREATE TEMPORARY TABLE seed AS SELECT * FROM ${table}`);
  // The oldest first, as they would have been written.
  await client.query(`INSERT INTO ${table} SELECT ${columns.join(', ')} FROM (SELECT copy * ${span} AS past,
    (${copies} + 1 - copy) * ${events} AS further FROM generate_series(${copies}::bigint, 1, -1) AS copy) AS copies,
    LATERAL (SELECT * FROM seed ORDER BY 1 OFFSET 0) AS seed`);
  await client.end();
}

async function aside(url: string, statements: readonly string[]): Promise<void> {
  const client = await connect(url);
  await client.query("SET maintenance_work_mem = '512MB'");
  for (const text of statements) {
    await client.query(text);
  }
  await client.end();
}

const SETTINGS = ['server_version', 'fsync', 'synchronous_commit', 'wal_sync_method', 'wal_level', 'shared_buffers'];

/** Under what conditions this server takes a commit. */
export async function postgresConditions(server: TestServer): Promise<Record<string, string>> {
  const said: Record<string, string> = {};
  for (const name of SETTINGS) {
    const [row] = await server.ask(`SHOW ${name}`);
    said[`postgres, ${name}`] = String(row?.[0]);
  }
  return said;
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}
