/**
 * One unit at work: its runner is looked up by its id, and what it brings is kept in the one form.
 *
 * A runner is a closure and goes with its process. For a unit that is found without one the host may have another;
 * otherwise nobody knows what became of it, and that is said, with what was heard of it last.
 */
import { Failure } from '../../carriers/in-process/carrier.ts';
import type { FunctionCallee, Output, Task, TaskContext } from '../callee.ts';
import { Stopped } from '../stopped.ts';
import type { House } from '../house.ts';
import { contractOf, outcomeUnder, type Contract } from './contract.ts';
import { Finished, finishedIn, type Checkpoint } from './finished.ts';
import type {
  BatchDispatch,
  BatchRunner,
  Dispatch,
  HermesOpening,
  Runner,
  RunnerControl,
  TaskResult,
} from './hermes.ts';
import { keptOf } from './kept.ts';
import { isThere, outcomeOf } from './outcome.ts';
import { outsideId, unitOf, type Unit } from './unit.ts';

export type AnyRunner = Runner | BatchRunner;

type Given = Pick<Dispatch | BatchDispatch, 'runner' | 'interrupt_fn' | 'output_schema'>;

/** The closures of a unit that lives: let go of at its end. */
export class Closures {
  readonly runner: AnyRunner;
  readonly contract: Contract;
  readonly #interrupt: ((reason: string) => unknown) | undefined;
  #told: Promise<string | null> | undefined;

  constructor({ runner, interrupt_fn, output_schema }: Given) {
    this.runner = runner;
    this.contract = contractOf(output_schema);
    this.#interrupt = interrupt_fn ?? undefined;
  }

  /** Once, whoever tells it first; answers why it could not be told. */
  async tell(reason: string): Promise<string | null> {
    this.#told ??= this.#tell(reason);
    return this.#told;
  }

  async #tell(reason: string): Promise<string | null> {
    try {
      await this.#interrupt?.(reason);
      return null;
    } catch (error) {
      return named(error);
    }
  }
}

export interface Running {
  closures: Map<string, Closures>;
  restore: HermesOpening['restore'];
  onFault: (error: unknown) => void;
  /** What an earlier process left begins while this one opens. */
  house: Promise<House>;
}

interface Telling {
  signal: AbortSignal;
  id: string;
}

export function unitCallee(running: Running): FunctionCallee {
  return {
    // Never done twice by itself: only a host that says how can go on with what an earlier process had begun.
    recovery: running.restore === undefined ? 'unknown' : 'resume',
    recursive: true,
    run: async (task, context) => {
      try {
        return await carryOut(running, task, context);
      } finally {
        running.closures.delete(task.id);
      }
    },
  };
}

async function carryOut(running: Running, task: Task, context: TaskContext): Promise<Output> {
  const house = await running.house;
  const unit = unitOf({ task: task.text, parts: task.parts });
  const before = await finishedIn(house.line, (task.checkpoint ?? {}) as Checkpoint);
  const closures = running.closures.get(task.id) ?? (await restored(running, task, { unit, before }));
  if (closures === undefined) {
    throw lost(task, context);
  }
  const stop = (): void => void tell(running, closures, { signal: context.signal, id: task.id });
  context.signal.addEventListener('abort', stop, { once: true });
  if (context.signal.aborted) {
    stop();
  }
  const finished = new Finished(house, { task, context, goals: unit.goals.length, before });
  const control = controlOf(task, context, finished);
  const outcome = await outcomeUnder(closures.contract, context.signal, async (corrections) => {
    const returned = await returnedBy(closures.runner, { ...control, corrections });
    return outcomeOf(unit, returned, finished.results);
  });
  const kept = keptOf(outcome);
  if (isThere(outcome)) {
    return kept;
  }
  context.partial(kept);
  throw new Failure('callee_failed', outcome.error ?? outcome.status);
}

async function tell(running: Running, closures: Closures, { signal, id }: Telling): Promise<void> {
  const why = signal.reason instanceof Stopped ? signal.reason.why : String(signal.reason);
  const note = why === 'cancelled' ? await noteOf(running, id).catch(running.onFault) : undefined;
  const failed = await closures.tell(note ?? why);
  if (failed !== null) {
    running.onFault(new Error(`interrupt_fn failed: ${failed}`));
  }
}

/** Why it was told to stop, in the words of whoever did. */
async function noteOf({ house }: Running, id: string): Promise<string | undefined> {
  const { line } = await house;
  return (await line.engine.delegation({ id }))?.detail.cancel?.note;
}

async function restored(
  { restore }: Running,
  task: Task,
  { unit, before }: { unit: Unit; before: readonly TaskResult[] },
): Promise<Closures | undefined> {
  const { mayHaveRun, attempt } = task;
  const about = { delegation_id: outsideId(task.id), may_have_run: mayHaveRun, attempt, finished: before };
  const runner = await restore?.({ ...unit, ...about, checkpoint: valueIn(task) });
  return runner === undefined ? undefined : new Closures({ runner });
}

function valueIn({ checkpoint }: Pick<Task, 'checkpoint'>): unknown {
  return (checkpoint as Checkpoint | undefined)?.value;
}

function lost({ mayHaveRun }: Task, context: TaskContext): Failure {
  const last_status = mayHaveRun ? 'running' : 'queued';
  context.partial({ parts: [{ kind: 'data', data: { last_status } }] });
  return new Failure(
    'outcome_unknown',
    mayHaveRun
      ? 'The process in which it ran is gone, and nobody knows how far it was.'
      : 'The process that had its runner is gone; it had not begun, and nothing was done.',
  );
}

function controlOf(task: Task, context: TaskContext, finished: Finished): Omit<RunnerControl, 'corrections'> {
  return {
    delegation_id: outsideId(task.id),
    signal: context.signal,
    attempt: task.attempt,
    checkpoint: valueIn(task),
    finished: finished.results,
    progress: (step) => context.progress(step),
    keep_checkpoint: (value) => finished.keep(value),
    record_unit_child: async (child) => finished.record(child),
  };
}

async function returnedBy(runner: AnyRunner, control: RunnerControl): Promise<unknown> {
  try {
    return await runner(control);
  } catch (error) {
    throw new Failure('callee_failed', named(error));
  }
}

/** As its callers know it: the name of its kind first. */
function named(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const kind = error.name === 'Error' ? error.constructor.name : error.name;
  return `${kind}: ${error.message}`;
}
