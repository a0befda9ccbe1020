/**
 * The carrier for callees that are functions in this very process, by the id of their workspace. The door of this folder.
 *
 * A function gets the task and a context, and gives back a text, an output or a question; what it throws is its
 * failure. Nothing can be asked about an earlier process, so what may have run is run again, or not at all (C2).
 * A function that is told to stop has a moment to confirm it by ending; one that does not is left behind (C9).
 */
import type { Part } from '../../core/delegation/index.ts';
import type {
  Assignment,
  Carrier,
  Clock,
  Delivering,
  Outcome,
  Output,
  StopReason,
  Timer,
} from '../../core/ports/index.ts';

export interface Attempt {
  id: string;
  caller: string;
  attempt: number;
  epoch: number;
  conversation: string | null;
  deadlineAt: number;
  /** Lets the function delegate on behalf of this delegation. */
  attemptToken: string;
  traceparent?: string;
  context?: string;
  parts?: readonly Part[];
  /** The answer to the question it returned last time. */
  answer?: string;
  /** Aborted when nobody waits for it any more. */
  signal: AbortSignal;
  progress(message?: string, percent?: number): void;
  /** To be returned: the delivery ends with the question, and the answer comes with the next call. */
  ask(question: string): Handled;
}

export type Handled = string | Output | { question: string };

export type Handler = (task: string, attempt: Attempt) => Handled | Promise<Handled>;

export interface InProcessCarrierOptions {
  /** By workspace id; a `Map` will do, and may change while it is used. */
  handlers: { get(workspace: string): Handler | undefined };
  clock: Clock;
  /** For a function to end after it was told to stop. */
  cancelMs?: number;
}

const TELLING: ReadonlySet<unknown> = new Set<StopReason>(['cancelled', 'deadline', 'stalled']);

export function inProcessCarrier(options: InProcessCarrierOptions): Carrier {
  const closing = new AbortController();
  return {
    name: 'in_process',
    async deliver(assignment: Assignment, delivering: Delivering): Promise<Outcome> {
      const handler = options.handlers.get(assignment.callee.id);
      if (delivering.signal.aborted) {
        return { kind: 'unknown', error: 'let go before it began' };
      }
      if (assignment.mayHaveRun && assignment.delivery === 'at_most_once') {
        return { kind: 'unknown', error: 'an earlier attempt may have run, and nobody remembers it' };
      }
      if (handler === undefined) {
        const error = `no function for the workspace ${assignment.callee.id} in this process`;
        return { kind: 'unreachable', error, retryAfterMs: null };
      }
      const signal = AbortSignal.any([delivering.signal, closing.signal]);
      delivering.reports.acknowledged();
      return raceStop(run(handler, assignment, { ...delivering, signal }), signal, options);
    },
    async close(): Promise<void> {
      closing.abort('shutdown' satisfies StopReason);
    },
  };
}

async function run(handler: Handler, assignment: Assignment, delivering: Delivering): Promise<Outcome> {
  try {
    const handled = await handler(assignment.task, attemptOf(assignment, delivering));
    return outcomeOf(handled);
  } catch (error) {
    if (delivering.signal.aborted) {
      return { kind: 'cancelled' };
    }
    return { kind: 'failed', reason: 'callee_failed', error: textOf(error) };
  }
}

function outcomeOf(handled: Handled): Outcome {
  if (typeof handled === 'string') {
    return { kind: 'completed', output: { text: handled } };
  }
  return 'question' in handled ? { kind: 'asked', question: handled.question } : { kind: 'completed', output: handled };
}

function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text === '' ? 'the function failed without saying why' : text;
}

function attemptOf(assignment: Assignment, delivering: Delivering): Attempt {
  const { reports, signal } = delivering;
  const { id, caller, attempt, epoch, conversation, deadlineAt, attemptToken } = assignment;
  const { traceparent, context, parts, answer } = assignment;
  return {
    id,
    caller,
    attempt,
    epoch,
    conversation,
    deadlineAt,
    attemptToken,
    signal,
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(context === undefined ? {} : { context }),
    ...(parts === undefined ? {} : { parts }),
    ...(answer === undefined ? {} : { answer }),
    ask: (question) => ({ question }),
    progress(message, percent) {
      // What comes after the end of the delivery belongs to nobody.
      if (!signal.aborted) {
        reports.progressed({
          ...(message === undefined ? {} : { message }),
          ...(percent === undefined ? {} : { percent }),
        });
      }
    },
  };
}

/** The function's own ending, if it comes in time. */
async function raceStop(
  ending: Promise<Outcome>,
  signal: AbortSignal,
  options: InProcessCarrierOptions,
): Promise<Outcome> {
  const stopped = Promise.withResolvers<Outcome>();
  let timer: Timer | undefined;
  function onAbort(): void {
    const outcome: Outcome = { kind: 'unknown', error: `let go of the function: ${String(signal.reason)}` };
    const graceMs = TELLING.has(signal.reason) ? (options.cancelMs ?? 5000) : 0;
    if (graceMs === 0) {
      stopped.resolve(outcome);
    } else {
      timer = options.clock.after(graceMs, () => stopped.resolve(outcome));
    }
  }
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) {
    onAbort();
  }
  try {
    return await Promise.race([ending, stopped.promise]);
  } finally {
    timer?.cancel();
    signal.removeEventListener('abort', onAbort);
  }
}
