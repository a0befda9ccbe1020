/**
 * One task that was taken on: what it shows to those who ask, and what its handler does to it.
 *
 * It is in one of five states and never leaves an ended one; what comes after that is nobody's any more. While it waits
 * for an answer its slot is free. Told to stop, the handler has a while to confirm; then the task is over without it.
 */
import type { TaskView } from '../../../a2a/index.ts';
import type { Status, Usage } from '../../../core/delegation/index.ts';
import type { Clock, Output, Timer } from '../../../core/ports/index.ts';
import { cut } from '../../../core/text.ts';
import type { Errand } from '../../errand.ts';
import { carryOut, type Handler, type Outcome, type Progress, type Task } from '../work.ts';
import type { ServingLimits } from './limits.ts';
import { Stopped, type StopReason, whyOf } from '../stopped.ts';
import type { AttemptOf, Order } from './order.ts';
import { weigh } from './weigh.ts';

/** As for an agent that reports through our own API. */
const NOTE_MAX = 4000;
const QUESTION_MAX = 64_000;
/** The longest a timer can be; a later moment is waited for in pieces. */
const PIECE_MS = 86_400_000;

export type StopWord = Exclude<StopReason, 'overtaken'>;

export type JobStatus = Extract<Status, 'in_progress' | 'input_required' | 'completed' | 'failed' | 'cancelled'>;

/** What there is to be told: its result, which comes right before its ending, or its state. */
export type News = 'result' | 'status';

export interface JobMeans {
  clock: Clock;
  limits: ServingLimits;
  /** The token is asked for at each call: a newer attempt brings a newer one. */
  connect: (attemptToken: () => string | undefined) => Errand;
}

interface Question {
  text: string;
  answered: (text: string) => void;
  stopped: (why: unknown) => void;
}

export class Job {
  readonly id: string;
  readonly context: string | null;
  readonly digest: string;
  readonly #means: JobMeans;
  readonly #delegation: string | undefined;
  readonly #abort = new AbortController();
  readonly #listeners = new Set<(news: News) => void>();
  readonly #questions: Question[] = [];
  #token: string | undefined;
  #epoch: number;
  #errand: Errand | undefined = undefined;
  #status: JobStatus = 'in_progress';
  #at: number;
  #note: string | undefined = undefined;
  #metadata: Record<string, unknown> = {};
  #result: Output | undefined = undefined;
  #bytes = 0;
  #isHandled = false;
  #timers: { deadline?: Timer; confirm?: Timer } = {};
  /** It has said something of itself: a step, a question, an ending. */
  hasSpoken = false;
  /** Somebody was told of it, so that it cannot be undone any more. */
  isShown = false;
  /** Given back before anybody was told of it: as if it had never come. */
  isWithdrawn = false;

  constructor(id: string, order: Order, means: JobMeans) {
    this.id = id;
    this.context = order.task.conversation;
    this.digest = order.digest;
    this.#means = means;
    this.#delegation = order.delegation;
    this.#token = order.attemptToken;
    this.#epoch = order.epoch;
    this.#at = means.clock.now();
  }

  get status(): JobStatus {
    return this.#status;
  }

  get at(): number {
    return this.#at;
  }

  /** What it keeps in memory, roughly. */
  get bytes(): number {
    return this.#bytes;
  }

  get isOver(): boolean {
    return this.#status !== 'in_progress' && this.#status !== 'input_required';
  }

  /** It has a slot: its handler is at work, told to stop or not. */
  get isRunning(): boolean {
    return !this.#isHandled && this.#questions.length === 0;
  }

  get view(): TaskView {
    const metadata = {
      ...(this.#delegation === undefined ? {} : { delegation_id: this.#delegation }),
      ...this.#metadata,
    };
    return {
      id: this.id,
      context: this.context,
      status: this.#status,
      reason: null,
      started: true,
      at: this.#at,
      ...(this.#note === undefined ? {} : { note: this.#note }),
      ...(this.#result === undefined ? {} : { result: this.#result }),
      ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    };
  }

  /** Told of everything from now on, until the returned function is called. */
  listen(listener: (news: News) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  async run(handler: Handler, task: Task): Promise<void> {
    this.#watchDeadline(task.deadline.getTime());
    const outcome = await this.#handled(handler, task);
    this.#isHandled = true;
    this.#dropQuestions();
    this.#conclude(outcome);
    await this.#errand?.close();
  }

  async #handled(handler: Handler, task: Task): Promise<Outcome> {
    if (this.#abort.signal.aborted) {
      return { kind: 'cancelled' };
    }
    return carryOut(handler, {
      task,
      signal: this.#abort.signal,
      progress: (step) => this.#progress(step),
      ask: async (question) => this.#ask(question),
      connect: () => (this.#errand ??= this.#means.connect(() => this.#token)),
    });
  }

  /** The same delegation, handed over anew while it goes on. */
  renew({ attemptToken, epoch }: AttemptOf): void {
    if (attemptToken !== undefined && epoch >= this.#epoch) {
      this.#epoch = epoch;
      this.#token = attemptToken;
    }
  }

  /** False when it waits for none. */
  answer(text: string): boolean {
    const question = this.isOver ? undefined : this.#questions.shift();
    if (question === undefined) {
      return false;
    }
    this.#showQuestion();
    question.answered(text);
    return true;
  }

  stop(word: StopWord): void {
    if (this.isOver || this.#abort.signal.aborted) {
      return;
    }
    const { clock, limits } = this.#means;
    this.#timers.confirm = clock.after(limits.confirmMs, () => {
      this.#end({ ...endingAfter(word), note: `${endingAfter(word).note}; it has not confirmed that it did` });
    });
    this.#abort.abort(new Stopped(word));
    this.#dropQuestions();
  }

  #progress(step: Progress): void {
    if (this.isOver || this.#abort.signal.aborted) {
      return;
    }
    const { message, percent, inTool } = step;
    if (typeof message === 'string' && message !== '') {
      this.#note = cut(message.toWellFormed(), NOTE_MAX).text;
    }
    if (Number.isFinite(percent)) {
      this.#metadata['percent'] = percent;
    }
    this.#metadata['in_tool'] = inTool === true ? true : undefined;
    this.#say();
  }

  async #ask(question: string): Promise<string> {
    if (typeof question !== 'string' || question === '') {
      throw new TypeError('ask takes the question, a text.');
    }
    this.#abort.signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const text = cut(question.toWellFormed(), QUESTION_MAX).text;
      this.#questions.push({ text, answered: resolve, stopped: reject });
      if (this.#questions.length === 1) {
        this.#showQuestion();
      }
    });
  }

  /** One at a time, in their order. */
  #showQuestion(): void {
    const [next] = this.#questions;
    this.#status = next === undefined ? 'in_progress' : 'input_required';
    this.#note = next?.text;
    this.#say();
  }

  /** Taken, and then not wanted: whoever brings it again begins anew. */
  get isGivenBack(): boolean {
    return this.#status === 'failed' && this.#metadata['retryable'] === true;
  }

  #dropQuestions(): void {
    for (const { stopped } of this.#questions.splice(0)) {
      stopped(this.#abort.signal.reason ?? new Stopped('stopping'));
    }
  }

  #conclude(outcome: Outcome): void {
    if (outcome.kind === 'cancelled') {
      this.#end(endingAfter(whyOf(this.#abort.signal) ?? 'cancelled'));
    } else if (outcome.kind === 'failed') {
      this.isWithdrawn = outcome.retryable && !this.isShown && !this.isOver;
      this.#end({ status: 'failed', note: outcome.error, retryable: outcome.retryable });
    } else {
      const weighed = weigh(outcome, this.#means.limits.resultBytesMax);
      this.#end(
        'error' in weighed
          ? { status: 'failed', note: weighed.error }
          : { status: 'completed', ...weighed, usage: outcome.usage },
      );
    }
  }

  #end(ending: Ending): void {
    this.#timers.deadline?.cancel();
    this.#timers.confirm?.cancel();
    if (this.isOver) {
      return;
    }
    this.#status = ending.status;
    this.#note = ending.note === undefined ? undefined : cut(ending.note.toWellFormed(), NOTE_MAX).text;
    this.#result = ending.output;
    this.#bytes = ending.bytes ?? 0;
    this.#metadata = {
      ...(ending.usage === undefined ? {} : { usage: usageShape(ending.usage) }),
      ...(ending.retryable === true ? { retryable: true } : {}),
    };
    if (ending.output !== undefined) {
      this.#tell('result');
    }
    this.#say();
  }

  #say(): void {
    // No two states have the same moment, so that one is told from the other by it.
    this.#at = Math.max(this.#means.clock.now(), this.#at + 1);
    this.hasSpoken = true;
    this.#tell('status');
  }

  #tell(news: News): void {
    for (const listener of this.#listeners) {
      listener(news);
    }
  }

  #watchDeadline(until: number): void {
    const { clock } = this.#means;
    const left = until - clock.now();
    if (left <= 0) {
      this.stop('deadline');
      return;
    }
    this.#timers.deadline = clock.after(Math.min(left, PIECE_MS), () => this.#watchDeadline(until));
  }
}

interface Ending {
  status: Extract<JobStatus, 'completed' | 'failed' | 'cancelled'>;
  note?: string;
  output?: Output;
  bytes?: number;
  usage?: Usage | undefined;
  retryable?: boolean;
}

/** What a task is that stopped because it was told to. */
function endingAfter(word: StopReason): Ending & { note: string } {
  switch (word) {
    case 'cancelled':
      return { status: 'cancelled', note: 'it was told to stop' };
    case 'deadline':
      return { status: 'failed', note: 'it was stopped at its deadline' };
    case 'overtaken':
    case 'stopping':
      return { status: 'failed', note: 'the agent was stopped while it worked on it', retryable: true };
  }
}

function usageShape({ inputTokens, outputTokens, costUsd }: Usage): Record<string, number> {
  return {
    ...(inputTokens === undefined ? {} : { input_tokens: inputTokens }),
    ...(outputTokens === undefined ? {} : { output_tokens: outputTokens }),
    ...(costUsd === undefined ? {} : { cost_usd: costUsd }),
  };
}
