/**
 * What belongs to one task and ends with it, however it ends: let go of in the reverse order of its coming, each with
 * so much time, and none kept back because another one failed.
 */
import { ChildProcess } from 'node:child_process';
import type { Clock } from '../core/ports/index.ts';
import type { Resource } from './callee.ts';

const EACH_MS = 5000;

export class Resources {
  readonly #clock: Clock;
  readonly #onFault: (error: unknown) => void;
  readonly #held: Resource[] = [];
  #released: Promise<void> | undefined;

  constructor(clock: Clock, onFault: (error: unknown) => void) {
    this.#clock = clock;
    this.#onFault = onFault;
  }

  /** What comes after the end is let go of at once. */
  add(resource: Resource): void {
    if (this.#released === undefined) {
      this.#held.push(resource);
    } else {
      void this.#release(resource);
    }
  }

  /** Once, whoever asks; never rejects. */
  async release(): Promise<void> {
    this.#released ??= this.#releaseAll();
    return this.#released;
  }

  async #releaseAll(): Promise<void> {
    for (let resource = this.#held.pop(); resource !== undefined; resource = this.#held.pop()) {
      await this.#release(resource);
    }
  }

  async #release(resource: Resource): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = this.#clock.after(EACH_MS, () =>
      late.reject(new Error(`A resource of a task was not let go of within ${EACH_MS} ms.`)),
    );
    try {
      await Promise.race([letGoOf(resource), late.promise]);
    } catch (error) {
      this.#onFault(error);
    } finally {
      timer.cancel();
    }
  }
}

async function letGoOf(resource: Resource): Promise<void> {
  if (resource instanceof ChildProcess) {
    await end(resource);
  } else if (typeof resource === 'function') {
    await resource();
  } else if (Symbol.asyncDispose in resource) {
    await resource[Symbol.asyncDispose]();
  } else {
    resource[Symbol.dispose]();
  }
}

/** The whole group, where the child leads one (`detached: true`). */
async function end(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) {
    signalGroup(pid);
    return;
  }
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  signalGroup(pid);
  child.kill('SIGKILL');
  await ended;
}

/** One that leads no group, or whose group is gone, is no fault. */
function signalGroup(pid: number | undefined): void {
  if (pid === undefined) {
    return;
  }
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) {
      throw error;
    }
  }
}
