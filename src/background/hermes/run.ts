/**
 * One unit at work: its runner is looked up by its id, and what it brings is kept in the one form.
 *
 * A runner is a closure and goes with its process. For a unit that is found without one the host may have another;
 * otherwise nobody knows what became of it, and that is said, with what was heard of it last.
 */
import { Failure } from '../../carriers/in-process/carrier.ts';
import type { Usage } from '../../core/delegation/index.ts';
import type { FunctionCallee, Output, Task, TaskContext } from '../callee.ts';
import { Stopped } from '../stopped.ts';
import type { BatchRunner, HermesOpening, Runner } from './hermes.ts';
import { isThere, outcomeOf, textOf, type Outcome } from './outcome.ts';
import { outsideId, unitOf, type Unit } from './unit.ts';

export type AnyRunner = Runner | BatchRunner;

/** The closures of a unit that lives: let go of at its end. */
export class Closures {
  readonly runner: AnyRunner;
  readonly #interrupt: ((reason: string) => unknown) | undefined;
  #told: Promise<string | null> | undefined;

  constructor(runner: AnyRunner, interrupt?: ((reason: string) => unknown) | null) {
    this.runner = runner;
    this.#interrupt = interrupt ?? undefined;
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
  /** Why it was told to stop, in the words of whoever did. */
  noteOf: (id: string) => Promise<string | undefined>;
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
  const unit = unitOf({ task: task.text, parts: task.parts });
  const closures = running.closures.get(task.id) ?? (await restored(running, task, unit));
  if (closures === undefined) {
    throw lost(task, context);
  }
  const stop = (): void => void tell(running, closures, { signal: context.signal, id: task.id });
  context.signal.addEventListener('abort', stop, { once: true });
  if (context.signal.aborted) {
    stop();
  }
  const outcome = outcomeOf(unit, await returned(closures.runner, task, context));
  const kept = keptOf(outcome);
  if (isThere(outcome)) {
    return kept;
  }
  context.partial(kept);
  throw new Failure('callee_failed', outcome.error ?? outcome.status);
}

async function tell({ onFault, noteOf }: Running, closures: Closures, { signal, id }: Telling): Promise<void> {
  const why = signal.reason instanceof Stopped ? signal.reason.why : String(signal.reason);
  const note = why === 'cancelled' ? await noteOf(id).catch(onFault) : undefined;
  const failed = await closures.tell(note ?? why);
  if (failed !== null) {
    onFault(new Error(`interrupt_fn failed: ${failed}`));
  }
}

async function restored({ restore }: Running, task: Task, unit: Unit): Promise<Closures | undefined> {
  const { mayHaveRun, attempt, checkpoint } = task;
  const about = { delegation_id: outsideId(task.id), may_have_run: mayHaveRun, attempt, checkpoint };
  const runner = await restore?.({ ...unit, ...about });
  return runner === undefined ? undefined : new Closures(runner);
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

async function returned(runner: AnyRunner, task: Task, context: TaskContext): Promise<unknown> {
  try {
    return await runner({
      delegation_id: outsideId(task.id),
      signal: context.signal,
      attempt: task.attempt,
      checkpoint: task.checkpoint,
      progress: (message) => context.progress(message),
      keep_checkpoint: (value) => context.checkpoint(value),
    });
  } catch (error) {
    throw new Failure('callee_failed', named(error));
  }
}

/** As its callers know it: the name of its kind first. */
function named(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function keptOf(outcome: Outcome): Exclude<Output, string> {
  const usage = usageOf(outcome);
  return {
    text: textOf(outcome),
    parts: [{ kind: 'data', data: outcome }],
    ...(usage === undefined ? {} : { usage }),
  };
}

/** What is not said is not known, and never zero. */
function usageOf({ results }: Outcome): Usage | undefined {
  const inputTokens = sumOf(results.map(({ tokens }) => tokens?.input));
  const outputTokens = sumOf(results.map(({ tokens }) => tokens?.output));
  const costUsd = sumOf(results.map(({ cost_usd }) => cost_usd));
  const usage = {
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
    ...(costUsd === undefined ? {} : { costUsd }),
  };
  return Object.keys(usage).length === 0 ? undefined : usage;
}

export function sumOf(said: readonly unknown[]): number | undefined {
  const known = said.filter((one) => typeof one === 'number');
  return known.length === 0 ? undefined : known.reduce((sum, one) => sum + one, 0);
}
