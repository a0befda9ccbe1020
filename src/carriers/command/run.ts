/**
 * One program at work: started in a group of its own, listened to, told to stop, and gone with all that it started.
 *
 * It has ended when its leader has; what the group still does then is cut off, and what left the group is looked for
 * afterwards. Nobody waits for a pipe that a grandchild holds open.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Clock, Timer } from '../../core/ports/index.ts';
import { signalGroup } from './group.ts';

/** For what is still in the pipe when the leader has ended. */
const DRAIN_MS = 200;
const SHELL = '/bin/sh';

export interface Command {
  argv: readonly string[];
  shell: boolean;
  directory: string;
  environment: Record<string, string>;
}

export type Ended = { kind: 'exited'; code: number } | { kind: 'killed'; signal: string };

export interface NotStarted {
  kind: 'not_started';
  error: NodeJS.ErrnoException;
}

/** What a system cannot start it says at once or a moment later. */
export async function launch(command: Command, clock: Clock): Promise<Run | NotStarted> {
  try {
    const child = start(command);
    const { pid } = child;
    return pid === undefined ? await neverBegan(child) : new Run(child, pid, clock);
  } catch (error) {
    return { kind: 'not_started', error: error as NodeJS.ErrnoException };
  }
}

function start({ argv, shell, directory, environment }: Command): ChildProcessWithoutNullStreams {
  const [name = '', ...rest] = shell ? [SHELL, '-c', ...argv] : argv;
  return spawn(name, rest, { cwd: directory, env: environment, detached: true, stdio: 'pipe' });
}

async function neverBegan(child: ChildProcessWithoutNullStreams): Promise<NotStarted> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ kind: 'not_started', error }));
  });
}

export class Run {
  /** The leader of the group. */
  readonly pid: number;
  readonly ended: Promise<Ended>;
  readonly #clock: Clock;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #timers = new Set<Timer>();
  #isOver = false;

  constructor(child: ChildProcessWithoutNullStreams, pid: number, clock: Clock) {
    this.#clock = clock;
    this.#child = child;
    this.pid = pid;
    this.ended = this.#end();
  }

  get stdout(): Readable {
    return this.#child.stdout;
  }

  get stderr(): Readable {
    return this.#child.stderr;
  }

  give(text: string): void {
    const { stdin } = this.#child;
    stdin.on('error', () => {
      // A program need not read what it is given.
    });
    stdin.end(text);
  }

  /** Asks all of it to stop, and ends it after the grace. */
  stop(graceMs: number): void {
    if (!this.#isOver) {
      signalGroup(this.pid, 'SIGTERM');
      this.#after(graceMs, () => this.kill());
    }
  }

  kill(): void {
    if (!this.#isOver) {
      signalGroup(this.pid, 'SIGKILL');
    }
  }

  async #end(): Promise<Ended> {
    const child = this.#child;
    const { promise, resolve } = Promise.withResolvers<Ended>();
    child.once('exit', (code, signal) => {
      const how: Ended = code === null ? { kind: 'killed', signal: signal ?? '' } : { kind: 'exited', code };
      child.once('close', () => resolve(how));
      this.#after(DRAIN_MS, () => resolve(how));
    });
    const how = await promise;
    this.kill();
    this.#isOver = true;
    for (const timer of this.#timers) {
      timer.cancel();
    }
    for (const stream of child.stdio) {
      stream?.destroy();
    }
    return how;
  }

  #after(ms: number, call: () => void): void {
    this.#timers.add(this.#clock.after(ms, call));
  }
}
