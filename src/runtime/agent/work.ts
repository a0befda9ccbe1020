/**
 * One task in the hands of a handler, however it came here: what the handler is given, and what became of it.
 *
 * A way of getting work (pulling it, or being called) brings an `Attempt` and takes home an `Outcome`; the handler knows
 * neither. What it throws is its failure; what it throws after it was told to stop confirms that it stopped.
 */
import type { Part, Usage } from '../../core/delegation/index.ts';
import type { Asking, DelegateOptions, Errand, Handle } from '../errand.ts';

export interface Task {
  /** Of the delegation; the same on every attempt. */
  id: string;
  text: string;
  context?: string;
  /** As they came, text included. */
  parts: readonly Part[];
  caller: string;
  conversation: string | null;
  attempt: number;
  deadline: Date;
  /** An earlier attempt may have got somewhere. */
  mayHaveRun: boolean;
  traceparent?: string;
}

export interface Progress {
  message?: string;
  percent?: number;
  /** In a tool of its own it may be silent for longer. */
  inTool?: boolean;
}

export interface TaskContext {
  /** Aborted when nobody waits for the task any more: cancelled, past its deadline, taken over, or the agent stops. */
  readonly signal: AbortSignal;
  progress(step: string | Progress): void;
  /**
   * Asks the caller; the slot is free until the answer comes. If the agent was restarted meanwhile, the handler begins
   * anew and is answered at once when it asks the same again.
   */
  ask(question: string): Promise<string>;
  /** On behalf of this task: what it delegates is its child, is cancelled with it and counts into its bounds. */
  delegate(asking: Asking, options?: DelegateOptions): Promise<Handle>;
  /** The platform as this task sees it. */
  readonly errand: Errand;
}

export type Answered = string | { text?: string; parts?: readonly Part[]; usage?: Usage };

export type Handler = (task: Task, context: TaskContext) => Answered | Promise<Answered>;

/** What a way of getting work brings. */
export interface Attempt {
  task: Task;
  signal: AbortSignal;
  progress(step: Progress): void;
  ask(question: string): Promise<string>;
  /** With the token of this attempt; asked for once, when the handler first wants it. */
  connect(): Errand;
}

export type Outcome =
  | { kind: 'completed'; text: string; parts?: readonly Part[]; usage?: Usage }
  | { kind: 'failed'; error: string; retryable: boolean }
  | { kind: 'cancelled' };

/** Thrown by a handler that could do it later: the task goes back to its queue. */
export class TryLater extends Error {
  override readonly name = 'TryLater';
}

export async function carryOut(handler: Handler, attempt: Attempt): Promise<Outcome> {
  try {
    return outcomeOf(await handler(attempt.task, contextOf(attempt)));
  } catch (error) {
    if (attempt.signal.aborted) {
      return { kind: 'cancelled' };
    }
    return { kind: 'failed', error: textOf(error), retryable: error instanceof TryLater };
  }
}

function contextOf(attempt: Attempt): TaskContext {
  let errand: Errand | undefined;
  const connected = (): Errand => (errand ??= attempt.connect());
  return {
    signal: attempt.signal,
    progress: (step) => attempt.progress(typeof step === 'string' ? { message: step } : step),
    ask: async (question) => attempt.ask(question),
    delegate: async (asking, options) => connected().delegate(asking, options),
    get errand() {
      return connected();
    },
  };
}

function outcomeOf(answered: unknown): Outcome {
  if (typeof answered === 'string') {
    return { kind: 'completed', text: answered };
  }
  const { text, parts, usage } = (answered ?? {}) as Exclude<Answered, string>;
  if (typeof text !== 'string' && !Array.isArray(parts)) {
    const error = 'the agent answered with neither a text nor parts';
    return { kind: 'failed', error, retryable: false };
  }
  return {
    kind: 'completed',
    text: typeof text === 'string' ? text : '',
    ...(parts === undefined ? {} : { parts }),
    ...(usage === undefined ? {} : { usage }),
  };
}

function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text === '' ? 'the agent failed without saying why' : text;
}
