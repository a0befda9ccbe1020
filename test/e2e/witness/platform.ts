/**
 * The platform under test as a process of its own: started, waited for, and killed by the number it was started under.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(import.meta.dirname, '../../..');
const START_MS_MAX = 30_000;

/** Short waits, so that a round has room for many; none of them is what is tested. */
const ENVIRONMENT = {
  ERRAND_BACKOFF_FIRST_MS: '20',
  ERRAND_BACKOFF_MOST_MS: '400',
  ERRAND_ATTEMPTS_MAX: '20',
  ERRAND_NOTICE_LEASE_MS: '1000',
  ERRAND_CANCEL_GRACE_MS: '500',
};

export interface Place {
  port: number;
  data: string;
  /** Beside what every platform under test is told. */
  environment?: Readonly<Record<string, string>>;
}

export class Platform {
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;
  readonly #startedAt = performance.now();
  /** What it said on stderr, for a report of a failure. */
  readonly complaints: string[] = [];

  constructor(place: Place) {
    const flags = ['--host', '127.0.0.1', '--port', String(place.port), '--data', place.data, '--open'];
    this.#child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', 'src/cli/main.ts', 'up', ...flags],
      {
        cwd: ROOT,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, ...ENVIRONMENT, ...place.environment },
      },
    );
    this.#gone = once(this.#child, 'exit');
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      const text = chunk.toString('utf8');
      if (text.includes('"level":"error"') || text.includes('Error')) {
        this.complaints.push(text.slice(0, 2000));
      }
    });
  }

  /** Milliseconds from its start until it serves. */
  async serving(): Promise<number> {
    const { stdout } = this.#child;
    if (stdout === null) {
      throw new Error('The platform has no stdout.');
    }
    const lines = createInterface({ input: stdout });
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), START_MS_MAX);
    try {
      const said = await Promise.race([once(lines, 'line'), this.#gone.then(() => undefined)]);
      if (said === undefined) {
        throw new Error(`The platform ended before it served: ${this.complaints.join('')}`);
      }
      return performance.now() - this.#startedAt;
    } finally {
      clearTimeout(timer);
    }
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
  }

  /** It stands still, and does not know it. */
  stop(): void {
    this.#child.kill('SIGSTOP');
  }

  goOn(): void {
    this.#child.kill('SIGCONT');
  }

  /** Whether it has ended, by itself or not. */
  get isGone(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Settles when it has ended. */
  get gone(): Promise<unknown> {
    return this.#gone;
  }
}
