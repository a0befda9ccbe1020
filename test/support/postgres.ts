/**
 * A real PostgreSQL of one's own for the tests of one file, or for a bench: its data is a folder that goes.
 *
 * For tests it leaves to the system when its disk is written: whatever ends a process here, the machine goes on, and
 * nothing of a commit is lost. Cut power is what test/e2e/power-cut is for. For a bench its settings are those it comes
 * with, so a commit is on stable storage when it answers.
 *
 * `TEST_DATABASE_URL` points the tests at another server. Every store is a database of its own.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { PostgresProcess } from './postgres-process.ts';

export interface TestServer {
  /** Makes an empty database and answers with its address. */
  database(): Promise<string>;
  drop(url: string): Promise<void>;
  /** Carries a statement out beside the databases of the tests, and answers with its rows. */
  ask(text: string): Promise<unknown[][]>;
  /** Stopped in the middle and started again; absent where the server is another's. */
  restart?: (downMs: number) => Promise<void>;
  close(): Promise<void>;
}

const UNSYNCED = ['fsync=off', 'full_page_writes=off'];

export async function openServer(): Promise<TestServer> {
  return serverIn(tmpdir(), UNSYNCED);
}

export async function openSyncedServer(where: string = tmpdir()): Promise<TestServer> {
  return serverIn(where, []);
}

async function serverIn(where: string, settings: readonly string[]): Promise<TestServer> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given !== undefined) {
    return serverAt(given, async () => {});
  }
  const folder = mkdtempSync(join(where, 'errand-pg-'));
  const server = await PostgresProcess.at({ folder, data: join(folder, 'data'), settings });
  server.make();
  await server.start();
  const restart = async (downMs: number): Promise<void> => {
    await server.end();
    await pause(downMs);
    await server.start();
  };
  const own = serverAt(server.url, async () => {
    await server.end();
    rmSync(folder, { recursive: true, force: true });
  });
  return { ...own, restart };
}

function serverAt(url: string, close: () => Promise<void>): TestServer {
  let count = 0;
  return {
    async database() {
      count += 1;
      const name = `errand_${process.pid}_${count}`;
      await ask(url, `CREATE DATABASE ${name}`);
      const its = new URL(url);
      its.pathname = `/${name}`;
      return its.href;
    },
    async drop(its) {
      await ask(url, `DROP DATABASE ${new URL(its).pathname.slice(1)} WITH (FORCE)`);
    },
    ask: async (text) => ask(url, text),
    close,
  };
}

async function ask(url: string, text: string): Promise<unknown[][]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<unknown[]>({ text, rowMode: 'array' });
  await client.end();
  return rows;
}
