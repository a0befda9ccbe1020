/**
 * The carrier for callees that are programs on this machine: one run of the program per task. The door of this folder.
 *
 * The task goes in, stdout is the result, stderr its progress, the exit code says how it ended. A program keeps nothing
 * between two runs, so what may have run is run again, or not at all (C2); told to stop, it has its grace, and then it
 * and all it started are ended (C9). Nothing that was started here outlives its task or the platform (C17).
 */
import { cut } from '../../core/text.ts';
import type { Assignment, Carrier, Clock, Delivering, Outcome, StopReason, Timer } from '../../core/ports/index.ts';
import type { Program } from '../../core/workspace/index.ts';
import { DIALECTS } from './dialects/dialect.ts';
import { environmentOf, type Environment } from './environment.ts';
import { startOf } from './input.ts';
import { Keeper } from './keeper.ts';
import { endOrphans, endRuns, runnerOf } from './leftovers.ts';
import { Notes } from './notes.ts';
import { notStarted, outcomeOf } from './outcome.ts';
import { Output } from './output.ts';
import { Pace, type Read } from './pace.ts';
import { launch, Run, type Ended, type NotStarted } from './run.ts';
import { Telling } from './telling.ts';

export { readProgram } from './read-program.ts';

export interface CommandCarrierOptions {
  clock: Clock;
  resultBytesMax: number;
  /** Where a program reaches this platform; known once it serves. */
  platformUrl: Promise<string>;
  /** Of the platform; programs get the variables that their operator listed. */
  environment: Environment;
  onFault: (error: unknown) => void;
}

const TELLING: ReadonlySet<unknown> = new Set<StopReason>(['cancelled', 'deadline', 'stalled']);
/** For what is let go without a word. */
const HURRY_MS = 2000;
const QUESTION_CHARACTERS = 64_000;
/** Runs that ended in this time are looked after together. */
const AFTER_MS = 100;
/** On a machine with many processes a look takes long, and they look less often. */
const LOOKS_APART = 10;
const AFTER_MOST_MS = 1000;

/** Of this process: what one has started is nothing to another. */
let carriers = 0;

export function commandCarrier(options: CommandCarrierOptions): Carrier {
  return new Programs(options);
}

class Programs implements Carrier {
  readonly name = 'command';
  readonly #options: CommandCarrierOptions;
  readonly #runner: string;
  readonly #keeper: Keeper;
  readonly #pace: Pace;
  readonly #runs = new Set<Run>();
  readonly #over = new Set<string>();
  #began: Promise<void> | undefined;
  #nextLook: Timer | undefined;
  #looking: Promise<void> = Promise.resolve();
  #lookMs = 0;
  #number = 0;
  #isClosed = false;

  constructor(options: CommandCarrierOptions) {
    carriers += 1;
    this.#options = options;
    this.#runner = `${runnerOf(process.pid)}.${carriers}`;
    this.#pace = new Pace(options.clock);
    this.#keeper = new Keeper(this.#runner, options.clock, options.environment);
  }

  async deliver(assignment: Assignment, delivering: Delivering): Promise<Outcome> {
    const { program, id } = assignment.callee;
    if (delivering.signal.aborted || this.#isClosed) {
      return { kind: 'unknown', error: 'let go before it began' };
    }
    if (assignment.mayHaveRun && assignment.delivery === 'at_most_once') {
      return { kind: 'unknown', error: 'an earlier run may have got somewhere, and nobody remembers it' };
    }
    if (program === null) {
      return { kind: 'unreachable', error: `no program is known for the workspace ${id}`, retryAfterMs: null };
    }
    await this.#begin();
    return delivering.signal.aborted || this.#isClosed
      ? { kind: 'unknown', error: 'let go before it began' }
      : this.#perform(program, assignment, delivering);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const runs = [...this.#runs];
    for (const run of runs) {
      run.stop(HURRY_MS);
    }
    await Promise.all(runs.map(async (run) => run.ended));
    this.#nextLook?.cancel();
    await this.#lookAfter();
    this.#pace.close();
    await this.#keeper.close();
  }

  /** Once, before the first program. */
  async #begin(): Promise<void> {
    this.#began ??= endOrphans(this.#options.clock);
    await this.#began;
    this.#keeper.begin();
  }

  async #perform(program: Program, assignment: Assignment, delivering: Delivering): Promise<Outcome> {
    const start = startOf(program, assignment);
    if ('why' in start) {
      return { kind: 'failed', reason: 'rejected', error: start.why };
    }
    const run = await this.#start(program, assignment, start.argv);
    if (!(run instanceof Run)) {
      return notStarted(run);
    }
    delivering.reports.acknowledged();
    const telling = new Telling(this.#options.clock, delivering.reports);
    const heard = this.#listen(run, program, telling);
    run.give(start.stdin);
    const stopped = stopOn(delivering.signal, run, program.graceMs);
    const ended = await Promise.race([run.ended, stopped.gone]);
    stopped.forget();
    telling.end();
    return ended === 'let go'
      ? { kind: 'unknown', error: `let go of the program: ${String(delivering.signal.reason)}` }
      : heard(ended);
  }

  async #start(program: Program, assignment: Assignment, argv: readonly string[]): Promise<Run | NotStarted> {
    this.#number += 1;
    const mark = `${this.#runner}.${this.#number}`;
    const { environment: own, platformUrl, clock } = this.#options;
    const environment = environmentOf(own, { program, assignment, platformUrl: await platformUrl, run: mark });
    const { shell, directory } = program;
    const run = await launch({ argv, shell, directory, environment }, clock);
    if (run instanceof Run) {
      this.#keep(run, mark);
    }
    return run;
  }

  #keep(run: Run, mark: string): void {
    this.#runs.add(run);
    this.#keeper.watch(run.pid);
    void this.#partFrom(run, mark);
    if (this.#isClosed) {
      run.kill();
    }
  }

  async #partFrom(run: Run, mark: string): Promise<void> {
    await run.ended;
    this.#runs.delete(run);
    this.#keeper.forget(run.pid);
    this.#over.add(mark);
    if (!this.#isClosed) {
      const waitMs = Math.min(AFTER_MOST_MS, Math.max(AFTER_MS, this.#lookMs * LOOKS_APART));
      this.#nextLook ??= this.#options.clock.after(waitMs, () => void this.#lookAfter());
    }
  }

  /** What is said while it works is told at once; the rest when it has ended. */
  #listen(run: Run, { dialect }: Program, telling: Telling): (ended: Ended) => Outcome {
    const { resultBytesMax, onFault } = this.#options;
    const read: Read = (stream, take) => this.#pace.read(stream, take, () => run.hasLeaderEnded);
    const reader = dialect === 'text' ? undefined : DIALECTS[dialect].open();
    const output = new Output(
      {
        ...{ read, bytesMax: resultBytesMax, reader, onFault },
        onTold: (told) => telling.say(told),
        onTooMuch: () => run.kill(),
      },
      run.stdout,
    );
    run.stdout.on('data', () => telling.alive());
    const notes: Notes = new Notes(run.stderr, read, () => telling.note(() => notes.newest));
    return (ended) => {
      const { lastWords } = notes;
      const said = output.end();
      const outcome = outcomeOf({ ended, said, lastWords, isTooMuch: output.isTooMuch, isStopped: run.isStopped });
      return outcome.kind === 'asked'
        ? { ...outcome, question: cut(outcome.question, QUESTION_CHARACTERS).text }
        : outcome;
    };
  }

  /** Whoever left the group of a run that is over; one look after the other. */
  async #lookAfter(): Promise<void> {
    this.#nextLook = undefined;
    this.#looking = this.#looking.then(async () => this.#look());
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { clock, onFault } = this.#options;
    const over = new Set(this.#over);
    this.#over.clear();
    if (over.size > 0) {
      const began = clock.now();
      await endRuns(over, clock).catch(onFault);
      this.#lookMs = Math.abs(clock.now() - began);
    }
  }
}

/** Settles as `let go` where nobody waits for its word. */
function stopOn(signal: AbortSignal, run: Run, graceMs: number) {
  const gone = Promise.withResolvers<'let go'>();
  function onAbort(): void {
    if (TELLING.has(signal.reason)) {
      run.stop(graceMs);
    } else {
      run.stop(Math.min(graceMs, HURRY_MS));
      gone.resolve('let go');
    }
  }
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) {
    onAbort();
  }
  return { gone: gone.promise, forget: () => signal.removeEventListener('abort', onAbort) };
}
