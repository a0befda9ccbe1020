/**
 * A process of a rule: started, heard, halted, and killed by the number it was started under.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export class Child {
  readonly #process: ChildProcess;
  readonly #gone: Promise<unknown>;
  #heard = '';

  constructor(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.#process = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    this.#gone = once(this.#process, 'exit');
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#heard = (this.#heard + chunk.toString('utf8')).slice(-20_000);
      });
    }
  }

  get pid(): number {
    return this.#process.pid ?? -1;
  }

  async said(words: string): Promise<void> {
    while (!this.#heard.includes(words)) {
      const ended = await Promise.race([once(this.#process.stdout!, 'data'), this.#gone.then(() => undefined)]);
      if (ended === undefined && !this.#heard.includes(words)) {
        throw new Error(`it ended before it said "${words}": ${this.#heard}`);
      }
    }
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#gone;
  }

  halt(): void {
    this.#process.kill('SIGSTOP');
  }

  goOn(): void {
    this.#process.kill('SIGCONT');
  }
}
