/**
 * The one seam: every change goes through `record`, and commands that come together are committed together.
 *
 * The first command of a turn of the event loop asks for a flush at its end; the flush takes everything that is there
 * in one commit. While a commit is under way the next batch gathers. No timer and no least delay: the commit itself is
 * the window, so an idle platform pays one per command and a busy one shares it (measured: 2,700 inserts/s alone,
 * 42,000/s in batches of 64).
 */
import type { Answer, Clock, Command, Commit, Engine } from '../core/ports/index.ts';

const BATCH_MAX = 512;
/** Fewer than these wait for the batch that is under way: a commit of their own would cost more than it brings. */
const AHEAD_LEAST = 16;

interface Waiting {
  command: Command;
  resolve: (answer: Answer) => void;
}

export interface RecorderOptions {
  engine: Pick<Engine, 'apply' | 'depth'>;
  clock: Pick<Clock, 'soon'>;
  /** Called after each commit, before the answers go out. */
  onCommit: (commit: Commit) => void;
  onFault: (error: unknown) => void;
}

export class Recorder {
  readonly #options: RecorderOptions;
  #gathering: Waiting[] = [];
  #underWay = 0;
  #isAsked = false;
  #closed = false;
  #fenced = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Answers after the commit that holds it is on stable storage. */
  record(command: Command): Promise<Answer> {
    return new Promise((resolve) => {
      this.#gathering.push({ command, resolve });
      this.#askForFlush();
    });
  }

  /** Writes that were refused because somebody else had taken over: a sign that this process stood still (D6). */
  get fenced(): number {
    return this.#fenced;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  get depth(): number {
    return this.#gathering.length;
  }

  /** Lets what has gathered go out; whatever comes later is not written. */
  async close(): Promise<void> {
    while (this.#gathering.length > 0 || this.#underWay > 0) {
      await new Promise<void>((resolve) => this.#options.clock.soon(resolve));
    }
    this.#closed = true;
  }

  #askForFlush(): void {
    if (!this.#isAsked && this.#gathering.length > 0 && this.#underWay < (this.#options.engine.depth ?? 1)) {
      this.#isAsked = true;
      this.#options.clock.soon(() => {
        this.#isAsked = false;
        if (this.#underWay === 0 || this.#gathering.length >= AHEAD_LEAST) {
          void this.#flush();
        }
      });
    }
  }

  async #flush(): Promise<void> {
    const batch = this.#gathering.splice(0, this.#size());
    this.#underWay += 1;
    this.#askForFlush();
    const commit = await this.#commit(batch.map(({ command }) => command));
    this.#underWay -= 1;
    this.#askForFlush();
    this.#tell(commit);
    let index = 0;
    for (const { resolve } of batch) {
      const answer = commit.answers[index] ?? { kind: 'fault', error: new Error('The engine gave no answer.') };
      index += 1;
      this.#fenced += Number(answer.kind === 'late' && answer.why === 'stale_epoch');
      resolve(answer);
    }
  }

  /** Half of what is there, where another batch may follow at once: so the two take turns instead of waiting together. */
  #size(): number {
    const { length } = this.#gathering;
    const halves = this.#underWay === 0 && (this.#options.engine.depth ?? 1) > 1 && length >= AHEAD_LEAST * 2;
    return Math.min(BATCH_MAX, halves ? Math.ceil(length / 2) : length);
  }

  async #commit(commands: Command[]): Promise<Commit> {
    try {
      if (this.#closed) {
        throw new Error('The store is closed.');
      }
      return await this.#options.engine.apply(commands);
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      const answers = commands.map((): Answer => ({ kind: 'fault', error }));
      return { answers, events: [], handovers: [], stops: [], dueAt: null };
    }
  }

  #tell(commit: Commit): void {
    try {
      this.#options.onCommit(commit);
    } catch (error) {
      this.#options.onFault(error);
    }
  }
}
