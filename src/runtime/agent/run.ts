/**
 * One run of a handler, from the task it is given to the ending that is brought home.
 *
 * It may outlive an attempt: while it waits for an answer it has neither slot nor lease, and goes on under the next
 * epoch. What the platform says of its right to work counts at once: whoever was overtaken says nothing any more.
 */
import type { Timer } from '../../core/ports/index.ts';
import type { Errand } from '../errand.ts';
import type { Place } from '../place.ts';
import { ProgressLine } from './progress.ts';
import { Questions } from './question.ts';
import { Stopped, whyOf, type StopReason } from './stopped.ts';
import { codeOf, isOvertaken, say, taskOf, type Given, type Saying } from './wire.ts';
import { carryOut, type Handler, type Outcome, type Progress, type Task } from './work.ts';

/** `asking`: the platform is being told of a question. `suspended`: it has it, and the slot is free. */
type State = 'working' | 'asking' | 'suspended' | 'over';

/** What a run needs of the agent it belongs to. */
export interface Surroundings {
  place: Place;
  handle: Handler;
  skewMs: number;
  /** The platform in the name of an attempt, whose token may change. */
  connect: (token: () => string) => Errand;
  /** Whether one more may wait for an answer. */
  maySuspend: () => boolean;
  /** Its slot became free, or was taken again, or it is over. */
  onChange: (run: Run) => void;
  onFault: (error: unknown) => void;
}

const RESULT_WITHIN_MS = 120_000;

export class Run {
  readonly id: string;
  readonly task: Task;
  leaseMs: number;
  readonly #around: Surroundings;
  readonly #stop = new AbortController();
  /** Aborted where there is nothing to say any more. */
  readonly #silenced = new AbortController();
  readonly #progress: ProgressLine;
  readonly #questions: Questions;
  readonly #deadline: Timer;
  #state: State = 'working';
  #epoch: number;
  #token: string;
  /** What the handler brought while its question was under way: it goes home with the next epoch. */
  #kept: Outcome | undefined;
  #isEnding = false;
  #putting: Promise<void> = Promise.resolve();
  #errand: Errand | undefined;

  constructor(around: Surroundings, given: Given) {
    this.#around = around;
    this.id = given.delegation_id;
    this.task = taskOf(given, around.skewMs);
    this.#epoch = given.epoch;
    this.#token = given.attempt_token;
    this.leaseMs = given.lease_ms;
    const { clock } = around.place;
    this.#progress = new ProgressLine(clock, async (step) => this.#report(step));
    this.#questions = new Questions(async (question) => this.#putNext(question), given);
    this.#deadline = clock.after(Math.max(0, this.task.deadline.getTime() - clock.now()), () => this.stop('deadline'));
  }

  get epoch(): number {
    return this.#epoch;
  }

  get isSuspended(): boolean {
    return this.#state === 'suspended';
  }

  /** Its handler may be at work, or what it brought is on its way. */
  get takesSlot(): boolean {
    return this.#state === 'working' || this.#state === 'asking';
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** Nothing is to be said of it any more, whatever its handler still does. */
  get isSilenced(): boolean {
    return this.#silenced.signal.aborted;
  }

  /** Never rejects. */
  async start(): Promise<void> {
    void this.#acknowledge();
    const attempt = {
      task: this.task,
      signal: this.#stop.signal,
      progress: (step: Progress) => this.#progress.say(step),
      ask: async (question: string) => this.#ask(question),
      connect: () => (this.#errand ??= this.#around.connect(() => this.#token)),
    };
    const outcome = await carryOut(this.#around.handle, attempt);
    this.#progress.end();
    this.#isEnding = true;
    await this.#putting;
    await this.#bringHome(outcome);
    await this.#errand?.close();
  }

  /** The first reason counts. */
  stop(why: StopReason): void {
    if (!this.#stop.signal.aborted) {
      const stopped = new Stopped(why);
      this.#stop.abort(stopped);
      this.#questions.refuse(stopped);
    }
  }

  /** Somebody else has it, or it has its ending: nothing of it is said any more. */
  silence(why: StopReason = 'overtaken'): void {
    this.#silenced.abort();
    this.#deadline.cancel();
    this.stop(why);
    if (this.#kept !== undefined) {
      this.#end();
    }
  }

  /** The platform asks it to stop, and waits to hear that it did. */
  cancel(): void {
    if (!this.#isEnding) {
      this.stop('cancelled');
    }
  }

  /** It has its ending, and not the one that is on its way from here. */
  settled({ status, reason }: Readonly<Record<string, unknown>>): void {
    if (!this.#isEnding || this.#kept !== undefined) {
      const why = reason === 'deadline_exceeded' ? 'deadline' : 'overtaken';
      this.silence(status === 'cancelled' ? 'cancelled' : why);
    }
  }

  /** Its lease was over before it was renewed. */
  returned(): void {
    if (!this.isSuspended && !this.#isEnding) {
      this.silence();
    }
  }

  /** Of a task that it waits with, the answer. */
  mayResume({ epoch, answer }: Given): boolean {
    return (
      (this.isSuspended || this.#state === 'asking') && !this.isSilenced && answer !== undefined && epoch > this.#epoch
    );
  }

  /** The answer is there, and with it a slot, a lease and a new right to speak. */
  resume(given: Given): void {
    this.#state = 'working';
    this.#epoch = given.epoch;
    this.#token = given.attempt_token;
    this.leaseMs = given.lease_ms;
    void this.#acknowledge();
    const kept = this.#kept;
    if (kept === undefined) {
      this.#questions.answer(given.answer ?? '');
    } else {
      this.#kept = undefined;
      void this.#bringHome(kept);
    }
  }

  /** What the platform said when the lease was to be renewed; a word that crossed another one counts no more. */
  renewed(said: { epoch: number; cancel_requested?: boolean; code?: string }): void {
    if (said.epoch !== this.#epoch || this.#state !== 'working') {
      return;
    }
    if (said.code === undefined) {
      if (said.cancel_requested === true) {
        this.cancel();
      }
    } else if (said.code === 'stale_epoch' || said.code === 'not_found' || !this.#isEnding) {
      this.silence();
    }
  }

  /** Given back while its handler still works: it runs elsewhere, and what this one brings is not wanted. */
  async giveBack(withinMs: number): Promise<void> {
    if (this.isSilenced || this.#isEnding || this.#state !== 'working') {
      return;
    }
    this.#silenced.abort();
    const body = { epoch: this.#epoch, error: STOPPING, retryable: true };
    try {
      await this.#post('fail', body, { withinMs, signal: new AbortController().signal });
    } catch (error) {
      // Then its lease runs out.
      this.#around.onFault(error);
    }
  }

  async #ask(question: string): Promise<string> {
    this.#stop.signal.throwIfAborted();
    return this.#questions.ask(question);
  }

  async #putNext(question: string): Promise<void> {
    const putting = this.#put(question);
    this.#putting = putting.catch(() => {});
    await putting;
  }

  async #put(question: string): Promise<void> {
    const { signal } = this.#stop;
    signal.throwIfAborted();
    if (!this.#around.maySuspend()) {
      throw new Error('This agent waits for as many answers as it may; the question was not put.');
    }
    const { epoch } = this;
    this.#state = 'asking';
    try {
      await this.#post('ask', { epoch, question }, { signal, patience: 'stubborn' });
    } catch (error) {
      if (this.#epoch !== epoch) {
        // It is answered already: what came back is about the question of before.
        return;
      }
      this.#state = 'working';
      if (isOvertaken(error)) {
        this.silence();
      }
      signal.throwIfAborted();
      throw error;
    }
    // The answer may have come before we heard that the question was put.
    if (this.#state === 'asking' && this.#epoch === epoch) {
      this.#state = 'suspended';
      this.#around.onChange(this);
    }
  }

  async #bringHome(outcome: Outcome): Promise<void> {
    const why = whyOf(this.#stop.signal);
    if (this.isSilenced || (why === 'deadline' && outcome.kind !== 'completed')) {
      // A deadline is for the platform to say.
      this.#end();
      return;
    }
    const [verb, body] = wordsOf(outcome, why);
    const saying: Saying = { signal: this.#silenced.signal, patience: 'stubborn', withinMs: RESULT_WITHIN_MS };
    const { epoch } = this;
    try {
      await this.#post(verb, { ...body, epoch }, saying);
    } catch (error) {
      if (this.#epoch !== epoch && !this.isSilenced) {
        // Its question was answered meanwhile: it counts under the new right.
        await this.#bringHome(outcome);
        return;
      }
      if (this.isSuspended && codeOf(error) === 'not_now') {
        // Its question was answered meanwhile, and it waits for a slot; or it has its ending, which is told soon.
        this.#kept = outcome;
        return;
      }
      await this.#refused(verb, error, saying);
    }
    this.#end();
  }

  /** What was brought is not taken as it is: its caller learns why, in the platform's words. */
  async #refused(verb: string, error: unknown, saying: Saying): Promise<void> {
    if (this.isSilenced || isOvertaken(error)) {
      return;
    }
    const code = codeOf(error);
    if (verb !== 'complete' || (code !== 'too_large' && code !== 'invalid_request')) {
      this.#around.onFault(error);
      return;
    }
    const reason = code === 'too_large' ? 'result_too_large' : 'callee_failed';
    const words = `The result was not taken: ${error instanceof Error ? error.message : code}`;
    try {
      await this.#post('fail', { error: words, retryable: false, reason, epoch: this.#epoch }, saying);
    } catch (again) {
      if (!this.isSilenced && !isOvertaken(again)) {
        this.#around.onFault(again);
      }
    }
  }

  #end(): void {
    if (this.#state !== 'over') {
      this.#state = 'over';
      this.#deadline.cancel();
      this.#progress.end();
      this.#around.onChange(this);
    }
  }

  async #acknowledge(): Promise<void> {
    await this.#mention('ack', {});
  }

  async #report({ message, percent, inTool }: Progress): Promise<void> {
    if (this.#state === 'working') {
      await this.#mention('progress', { message, percent, in_tool: inTool });
    }
  }

  /** Said once: it does not have to arrive, but what comes back counts. */
  async #mention(verb: string, body: object): Promise<void> {
    const { epoch } = this;
    try {
      await this.#post(verb, { ...body, epoch }, { signal: this.#silenced.signal });
    } catch (error) {
      if (isOvertaken(error)) {
        this.renewed({ epoch, code: codeOf(error) ?? '' });
      }
    }
  }

  async #post(verb: string, body: object, saying: Saying): Promise<void> {
    const { place } = this.#around;
    const path = `${place.own}/assignments/${encodeURIComponent(this.id)}/${verb}`;
    await say(place, { method: 'POST', path, body }, saying);
  }
}

/** How the platform is told of it. */
function wordsOf(outcome: Outcome, why: StopReason | undefined): [verb: string, body: object] {
  switch (outcome.kind) {
    case 'completed': {
      const { text, parts, usage } = outcome;
      const used =
        usage === undefined
          ? undefined
          : { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens, cost_usd: usage.costUsd };
      return ['complete', { text, ...(parts === undefined || parts.length === 0 ? {} : { parts }), usage: used }];
    }
    case 'failed':
      return ['fail', { error: shortened(outcome.error), retryable: outcome.retryable }];
    default:
      return why === 'cancelled' ? ['cancelled', {}] : ['fail', { error: STOPPING, retryable: true }];
  }
}

const STOPPING = 'The agent is stopping.';
const ERROR_CHARACTERS = 60_000;

function shortened(error: string): string {
  return error.length <= ERROR_CHARACTERS ? error : `${error.slice(0, ERROR_CHARACTERS).toWellFormed()}…`;
}
