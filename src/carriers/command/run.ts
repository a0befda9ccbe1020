/**
 * One program at work: started in a group of its own, listened to, told to stop, and gone with all that it started.
 *
 * It has ended when its leader has; what the group still does then is cut off, and what left the group is looked for
 * afterwards. Nobody waits for a pipe that a grandchild holds open, but what was in it by then is read to its end,
 * however long the loop was busy with something else: a result is never cut.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Clock, Timer } from '../../core/ports/index.ts';
import { signalGroup } from './group.ts';

/** For the group of a leader that has ended to say its last words. */
const DRAIN_MS = 200;
/** A pipe that brought nothing in this time is empty. */
const QUIET_MS = 50;
/** Whoever left the group and goes on writing is not waited for. */
const DRAIN_LOOKS_MAX = 10;
/** Whoever is still there this long after SIGKILL is not ours to end. */
const GIVE_UP_MS = 5000;
const SHELL = '/bin/sh';

export interface Command {
  argv: readonly string[];
  shell: boolean;
  directory: string;
  environment: Record<string, string>;
}

export type Ended = { kind: 'exited'; code: number } | { kind: 'killed'; signal: string } | { kind: 'stuck' };

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
  /** What it wrote may still be on its way. */
  hasLeaderEnded = false;
  readonly #clock: Clock;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #timers = new Set<Timer>();
  readonly #leader = Promise.withResolvers<Ended>();
  readonly #closed = Promise.withResolvers<'closed'>();
  #isStopped = false;
  #isKilled = false;
  #isClosed = false;
  #isOver = false;

  constructor(child: ChildProcessWithoutNullStreams, pid: number, clock: Clock) {
    this.#clock = clock;
    this.#child = child;
    this.pid = pid;
    this.#watch();
    this.ended = this.#end();
  }

  get stdout(): Readable {
    return this.#child.stdout;
  }

  get stderr(): Readable {
    return this.#child.stderr;
  }

  /** It was told to stop while it was at work. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  give(text: string): void {
    this.#child.stdin.end(text);
  }

  /** Asks all of it to stop, once, and ends it after the grace. */
  stop(graceMs: number): void {
    if (this.hasLeaderEnded) {
      return;
    }
    if (!this.#isStopped) {
      this.#isStopped = true;
      signalGroup(this.pid, 'SIGTERM');
    }
    this.#after(graceMs, () => this.kill());
  }

  kill(): void {
    if (!this.#isOver) {
      signalGroup(this.pid, 'SIGKILL');
    }
    if (!this.hasLeaderEnded && !this.#isKilled) {
      this.#isKilled = true;
      this.#after(GIVE_UP_MS, () => this.#leader.resolve({ kind: 'stuck' }));
    }
  }

  #watch(): void {
    const child = this.#child;
    child.once('exit', (code, signal) => {
      this.hasLeaderEnded = true;
      this.#leader.resolve(code === null ? { kind: 'killed', signal: signal ?? '' } : { kind: 'exited', code });
    });
    child.once('close', () => {
      this.#isClosed = true;
      this.#closed.resolve('closed');
    });
    for (const stream of [child.stdin, child.stdout, child.stderr]) {
      stream.on('error', () => {
        // A program need not read what it is given, and may close what it likes; its end says how it went.
      });
    }
  }

  async #end(): Promise<Ended> {
    const how = await this.#leader.promise;
    if (how.kind !== 'stuck') {
      this.stdout.resume();
      this.stderr.resume();
      await this.#closedWithin(DRAIN_MS);
      this.kill();
      await this.#drain();
    }
    this.#isOver = true;
    for (const timer of this.#timers) {
      timer.cancel();
    }
    for (const stream of this.#child.stdio) {
      stream?.destroy();
    }
    return how;
  }

  /** Until both pipes are closed, or bring nothing more although they are read. A pipe that is read keeps this alive. */
  async #drain(): Promise<void> {
    for (let look = 0; look < DRAIN_LOOKS_MAX && !this.#isClosed; look += 1) {
      const before = this.#bytesRead;
      await this.#closedWithin(QUIET_MS);
      // A timer of a busy loop comes before what the system has to tell; a moment later that has been told as well.
      await new Promise<void>((resolve) => this.#clock.soon(resolve));
      if (this.#bytesRead === before) {
        return;
      }
    }
  }

  get #bytesRead(): number {
    const [stdout, stderr] = [this.stdout, this.stderr] as Socket[];
    return (stdout?.bytesRead ?? 0) + (stderr?.bytesRead ?? 0);
  }

  async #closedWithin(ms: number): Promise<void> {
    const late = new Promise<void>((resolve) => this.#after(ms, resolve));
    await Promise.race([this.#closed.promise, late]);
  }

  #after(ms: number, call: () => void): void {
    const timer = this.#clock.after(ms, () => {
      this.#timers.delete(timer);
      call();
    });
    this.#timers.add(timer);
  }
}
