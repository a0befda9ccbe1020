/**
 * One run of a function, from the task it is given to what it brings, over as many deliveries as it takes.
 *
 * A delivery ends when the function does, and also when it asks or rests: then it has no slot, and goes on with the next
 * delivery. What it brings while it has none waits for that one.
 */
import type { Reason } from '../../core/delegation/index.ts';
import type { Assignment, Clock, Delivering, Outcome, Output, StopReason, Timer } from '../../core/ports/index.ts';
import { cut } from '../../core/text.ts';
import { Failure, type Attempt, type Handled, type Handler, type Step } from './attempt.ts';

/** `parked`: it has no slot, and none is under way to it. */
type State = 'working' | 'parked' | 'left' | 'over';

export interface Beginning {
  assignment: Assignment;
  clock: Clock;
  cancelMs: number;
  /** It has brought what it brings. */
  onOver: () => void;
}

interface Question {
  question: string;
  isPut: boolean;
  isPassedOn: boolean;
  answered: PromiseWithResolvers<string>;
}

/** Of what it threw: more belongs into a result. */
const ERROR_CHARACTERS = 16_000;

const TELLING: ReadonlySet<unknown> = new Set<StopReason>(['cancelled', 'deadline', 'stalled']);

export class Execution implements Attempt {
  readonly #beginning: Beginning;
  #assignment: Assignment;
  #state: State = 'working';
  #delivering: Delivering | undefined;
  #delivery = Promise.withResolvers<Outcome>();
  #stopListening: (() => void) | undefined;
  #abort: AbortController | undefined;
  #grace: Timer | undefined;
  #stopped: StopReason | undefined;
  #isAcknowledged = false;
  #partial: Output | undefined;
  #kept: Outcome | undefined;
  readonly #questions: Question[] = [];
  /** What it waits for, and who waits for a slot because that is there. */
  #awaited = 0;
  #slot: PromiseWithResolvers<void> | undefined;
  #rested: PromiseWithResolvers<void> | undefined;
  readonly #steering: string[];
  #onLeft: (() => void) | undefined;

  constructor(beginning: Beginning) {
    this.#beginning = beginning;
    this.#assignment = beginning.assignment;
    this.#steering = [...(beginning.assignment.steering ?? [])];
  }

  /** Its name at this carrier, for as long as this process lives. */
  get mark(): string {
    const { id, epoch } = this.#beginning.assignment;
    return `${id}#${epoch}`;
  }

  get key(): number {
    return this.#assignment.key;
  }

  get id(): string {
    return this.#assignment.id;
  }

  get workspace(): string {
    return this.#assignment.callee.id;
  }

  get caller(): string {
    return this.#assignment.caller;
  }

  get attempt(): number {
    return this.#assignment.attempt;
  }

  get epoch(): number {
    return this.#assignment.epoch;
  }

  get conversation(): string | null {
    return this.#assignment.conversation;
  }

  get deadlineAt(): number {
    return this.#assignment.deadlineAt;
  }

  get mayHaveRun(): boolean {
    return this.#beginning.assignment.mayHaveRun;
  }

  get attemptToken(): string {
    return this.#assignment.attemptToken;
  }

  get traceparent(): string | undefined {
    return this.#assignment.traceparent;
  }

  get context(): string | undefined {
    return this.#assignment.context;
  }

  get parts(): Assignment['parts'] {
    return this.#assignment.parts;
  }

  get skill(): string | undefined {
    return this.#assignment.skill;
  }

  get checkpoint(): string | undefined {
    return this.#beginning.assignment.checkpoint;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#listen();
      this.#abort = new AbortController();
      if (this.#stopped !== undefined) {
        this.#abort.abort(this.#stopped);
      }
    }
    return this.#abort.signal;
  }

  get isLetGo(): boolean {
    return this.#stopped !== undefined;
  }

  progress(step: Step): void {
    // What comes after the end of the delivery belongs to nobody.
    if (this.#state === 'working' && this.#stopped === undefined) {
      this.acknowledge();
      this.#delivering?.reports.progressed(step);
    }
  }

  partial(output: Output): void {
    this.#partial = output;
  }

  async ask(question: string): Promise<string> {
    return this.#put(question, false);
  }

  async passOn(question: string): Promise<string> {
    return this.#put(question, true);
  }

  async rest<T>(until: Promise<T>): Promise<T> {
    this.#awaited += 1;
    this.#parkSoon();
    try {
      const there = await until;
      // Let go of because it goes on elsewhere or later, it waits for nothing here: what it is told is no ending.
      if (this.#stopped !== undefined && !TELLING.has(this.#stopped)) {
        this.#throwIfStopped();
      }
      return there;
    } finally {
      this.#awaited -= 1;
      // Parked by a question as well: that too took its slot.
      if (this.#awaited === 0 && (this.#rested !== undefined || this.#state === 'parked')) {
        await this.#regain();
      }
    }
  }

  steers(): string[] {
    const taken = this.#steering.splice(0);
    if (taken.length > 0 && this.#state === 'working') {
      this.#delivering?.reports.heeded?.(taken.length);
    }
    return taken;
  }

  steer(text: string): void {
    this.#steering.push(text);
  }

  whenLeft(call: () => void): void {
    this.#onLeft = call;
  }

  start(handler: Handler, delivering: Delivering): Promise<Outcome> {
    this.#delivering = delivering;
    void this.#carryOut(handler);
    return this.#delivery.promise;
  }

  /** It has not ended at once: that is said, and it hears when it is to stop. */
  goesOn(): void {
    this.#listen();
    this.acknowledge();
  }

  /** With a slot again, and perhaps an answer. */
  async goOn(assignment: Assignment, delivering: Delivering): Promise<Outcome> {
    this.#assignment = assignment;
    this.#delivery = Promise.withResolvers();
    this.#state = 'working';
    this.#isAcknowledged = false;
    this.#delivering = delivering;
    this.goesOn();
    const put = this.#questions.find(({ isPut }) => isPut);
    if (put !== undefined && assignment.answer !== undefined) {
      this.#questions.splice(this.#questions.indexOf(put), 1);
      put.answered.resolve(assignment.answer);
    }
    this.#rested = undefined;
    this.#slot?.resolve();
    this.#slot = undefined;
    if (this.#kept === undefined) {
      this.#parkSoon();
    } else {
      this.#bring(this.#kept);
    }
    return this.#delivery.promise;
  }

  acknowledge(): void {
    if (!this.#isAcknowledged && this.#state === 'working') {
      this.#isAcknowledged = true;
      this.#delivering?.reports.acknowledged();
    }
  }

  /** Nobody waits for it any more: it is told, and left behind. */
  leave(why: StopReason): void {
    this.#tell(why);
    if (this.#state !== 'over') {
      this.#giveUp();
    }
  }

  /** Not before somebody could hear it: most are over by then, and listening would cost them more than they do. */
  #listen(): void {
    if (this.#state !== 'working' || this.#stopListening !== undefined || this.#delivering === undefined) {
      return;
    }
    const { signal } = this.#delivering;
    const onAbort = (): void => this.#stop(signal.reason as StopReason);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#stopListening = () => signal.removeEventListener('abort', onAbort);
    if (signal.aborted) {
      onAbort();
    }
  }

  #stop(why: StopReason): void {
    this.#tell(why);
    if (TELLING.has(why) && this.#beginning.cancelMs > 0) {
      this.#grace ??= this.#beginning.clock.after(this.#beginning.cancelMs, () => this.#giveUp());
    } else {
      this.#giveUp();
    }
  }

  /** The first reason counts. */
  #tell(why: StopReason): void {
    if (this.#stopped === undefined) {
      this.#stopped = why;
      this.#abort?.abort(why);
      for (const { answered } of this.#questions.splice(0)) {
        answered.reject(new Error(`the task was stopped: ${why}`));
      }
      this.#rested?.resolve();
      this.#slot?.reject(new Error(`the task was stopped: ${why}`));
    }
  }

  #throwIfStopped(): void {
    if (this.#state === 'over') {
      throw new Error('the task has ended');
    }
    if (this.#stopped !== undefined) {
      throw new Error(`the task was stopped: ${this.#stopped}`);
    }
  }

  async #put(question: string, isPassedOn: boolean): Promise<string> {
    const { answer, question: before } = this.#beginning.assignment;
    if (answer !== undefined && before === question) {
      return answer;
    }
    this.#throwIfStopped();
    const answered = Promise.withResolvers<string>();
    this.#questions.push({ question, isPut: false, isPassedOn, answered });
    // It needs a slot to be asked from; where it rests, that is given up for it.
    this.#rested?.resolve();
    this.#parkSoon();
    return answered.promise;
  }

  async #carryOut(handler: Handler): Promise<void> {
    let outcome: Outcome;
    try {
      outcome = completed(await handler(this.#assignment.task, this));
    } catch (error) {
      outcome = this.#failed(error);
    }
    this.#bring(outcome);
  }

  #failed(error: unknown): Outcome {
    this.#listen();
    const output = this.#partial === undefined ? {} : { output: this.#partial };
    return this.#stopped === undefined
      ? {
          kind: 'failed',
          reason: reasonOf(error),
          error: textOf(error),
          ...output,
        }
      : { kind: 'cancelled', ...output };
  }

  #bring(outcome: Outcome): void {
    switch (this.#state) {
      case 'working':
        this.#end(outcome);
        break;
      case 'parked':
        // It had not waited for what it waited for: it is over once it has a slot again.
        this.#kept = outcome;
        this.#rested?.resolve();
        break;
      case 'left':
        this.#state = 'over';
        // Told to let go because it goes on elsewhere or later: that it did is no ending.
        if (outcome.kind !== 'cancelled' || TELLING.has(this.#stopped)) {
          this.#delivering?.reports.ended?.(outcome);
        }
        this.#beginning.onOver();
        break;
      case 'over':
        break;
    }
  }

  #end(outcome: Outcome): void {
    this.#state = 'over';
    this.#detach();
    this.#beginning.onOver();
    this.#delivery.resolve(outcome);
  }

  #giveUp(): void {
    if (this.#state === 'working' || this.#state === 'parked') {
      this.#state = 'left';
      this.#detach();
      this.#onLeft?.();
      const output = this.#partial === undefined ? {} : { output: this.#partial };
      this.#delivery.resolve({ kind: 'unknown', error: `let go of the function: ${this.#stopped ?? ''}`, ...output });
    }
  }

  #detach(): void {
    this.#grace?.cancel();
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  /** When this turn of the loop is over it may be there already, and nothing has to be written. */
  #parkSoon(): void {
    if (this.#awaited > 0 || this.#questions.length > 0) {
      this.#beginning.clock.soon(() => this.#park());
    }
  }

  #park(): void {
    this.#listen();
    if (this.#state !== 'working' || this.#stopped !== undefined) {
      return;
    }
    const asked = this.#questions.find(({ isPassedOn }) => !isPassedOn || this.#awaited > 0);
    if (asked === undefined && this.#awaited === 0) {
      return;
    }
    this.acknowledge();
    this.#state = 'parked';
    this.#detach();
    const remote = { task: this.mark };
    if (asked === undefined) {
      this.#rested = Promise.withResolvers();
      this.#delivery.resolve({ kind: 'rests', remote, until: this.#rested.promise });
    } else {
      asked.isPut = true;
      this.#delivery.resolve({ kind: 'asked', question: asked.question, remote });
    }
  }

  /** What it waited for is there; it goes on when it has a slot. */
  async #regain(): Promise<void> {
    this.#throwIfStopped();
    this.#slot ??= Promise.withResolvers();
    this.#rested?.resolve();
    return this.#slot.promise;
  }
}

function completed(handled: Handled): Outcome {
  if (typeof handled === 'string') {
    return { kind: 'completed', output: { text: handled } };
  }
  const { usage, ...output } = handled;
  return { kind: 'completed', output, ...(usage === undefined ? {} : { usage }) };
}

/** Whatever was thrown, this throws nothing: its task would never end. */
function textOf(error: unknown): string {
  try {
    const text = String(error instanceof Error ? error.message : error);
    return text === '' ? 'the function failed without saying why' : short(text);
  } catch {
    return 'the function failed with something that has no words';
  }
}

function short(text: string): string {
  const { text: head, truncated } = cut(text, ERROR_CHARACTERS);
  return truncated ? `${head}… (shortened)` : head;
}

function reasonOf(error: unknown): Reason {
  try {
    return error instanceof Failure ? error.reason : 'callee_failed';
  } catch {
    return 'callee_failed';
  }
}
