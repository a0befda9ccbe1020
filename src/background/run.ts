/**
 * One task at work in a function: what the function is given to work with, and what is done for it before and after.
 *
 * What it delegates is its child. A function that returns while children of it are alive is not done before they are;
 * where it fails or is stopped, they are cancelled. What it owns is let go of at the very end.
 */
import { ChildProcess } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { Failure, type Attempt, type Handled } from '../carriers/in-process/carrier.ts';
import { isSettled, type Usage } from '../core/delegation/index.ts';
import { ErrandError } from '../core/error.ts';
import { keyOf, type Output as Made } from '../core/ports/index.ts';
import { boundedProgress } from '../core/progress.ts';
import { cancel } from '../flow/index.ts';
import type { Desk } from '../tools/index.ts';
import type { Asking, Ending, Handle, Waited, WaitMode, Waiting } from './background.ts';
import type { AnyFunctionCallee, Output, Progress, Resource, Task, TaskContext } from './callee.ts';
import { delegate } from './delegate.ts';
import { deskOf } from './desk.ts';
import type { TaskHandle } from './handle.ts';
import { sessionOfSeat, DEFAULT_SESSION, type House } from './house.ts';
import { Resources } from './resources.ts';
import { check, dataOf, givenOf, jsonOf, requireUsage } from './schema.ts';
import { sessionOf } from './session-of.ts';
import { Stopped, type StoppedWhy } from './stopped.ts';
import { pauseForStore } from './wait.ts';
import { waitMode } from './wait-mode.ts';
import { isObject, requireField, wrong, type Kind } from './wrong.ts';

const GOES_ON: ReadonlySet<unknown> = new Set<StoppedWhy>(['shutdown', 'overtaken']);

const STEP: Kind = [
  (step) => typeof step === 'string' || isObject(step),
  'a text, or an object { message, percent, inTool }',
];
const RESOURCE: Kind = [
  (one) =>
    typeof one === 'function' ||
    one instanceof ChildProcess ||
    (isObject(one) && (Symbol.dispose in one || Symbol.asyncDispose in one)),
  'a function, something disposable, or a child process',
];

/** What runs a function that is registered under a name. */
export function handlerOf(
  house: House,
  callee: AnyFunctionCallee,
): (task: string, attempt: Attempt) => Promise<Handled> {
  return (text, attempt) => house.running.begin(new Run(house, attempt, callee), (run) => run.carryOut(text));
}

export class Run implements TaskContext {
  readonly #house: House;
  readonly #attempt: Attempt;
  readonly #callee: AnyFunctionCallee;
  readonly #children: TaskHandle[] = [];
  /** How often it has delegated the same thing. */
  #said: Map<string, number> | undefined;
  #resources: Resources | undefined;
  #made: Made | undefined;
  /** What it said last of how far it is. */
  #step: Progress = {};
  #session = DEFAULT_SESSION;
  #signal: AbortSignal | undefined;
  #isOver = false;

  constructor(house: House, attempt: Attempt, callee: AnyFunctionCallee) {
    this.#house = house;
    this.#attempt = attempt;
    this.#callee = callee;
  }

  get id(): string {
    return this.#attempt.id;
  }

  get key(): number {
    return this.#attempt.key;
  }

  /** The seat in whose name it delegates. */
  get workspace(): string {
    return this.#attempt.workspace;
  }

  /** What it is called by the program. */
  get name(): string {
    return this.#attempt.skill ?? this.#attempt.workspace;
  }

  /** The one at the root of its chain. */
  get session(): string {
    return this.#session;
  }

  get mayRunAgain(): boolean {
    return this.#callee.recovery === 'retry' || this.#callee.recovery === 'resume';
  }

  get made(): Made | undefined {
    return this.#made;
  }

  get signal(): AbortSignal {
    this.#signal ??= signalOf(this.#attempt.signal);
    return this.#signal;
  }

  progress(step: string | Progress): void {
    requireField('progress', step ?? null, STEP);
    this.#step = boundedProgress(typeof step === 'string' ? { message: step } : step);
    this.#attempt.progress(this.#step);
  }

  partial(output: Output): void {
    this.#made = givenOf(output).output;
    this.#attempt.partial(this.#made);
    this.#attempt.progress(this.#step);
  }

  checkpoint(value: unknown): void {
    const text = jsonOf('checkpoint', value);
    const most = this.#house.line.limits.metadataBytesMax;
    if (Buffer.byteLength(text) > most) {
      const message = `checkpoint: at most ${most} bytes of JSON; write more to a file and keep its name.`;
      throw new ErrandError({ code: 'too_large', message });
    }
    this.#attempt.progress({ ...this.#step, checkpoint: text });
  }

  usage(usage: Usage): void {
    requireUsage(usage);
    this.#attempt.progress({ ...this.#step, usage });
  }

  async ask(question: string): Promise<string> {
    if (typeof question !== 'string' || question === '') {
      throw wrong('ask: a text that is not empty');
    }
    return this.#stopping(this.#attempt.ask(question));
  }

  delegate(asking: Asking): Handle {
    return this.#house.running.within(this, () => delegate(this.#house, asking));
  }

  async wait(mode: WaitMode, handles: readonly Handle[], waiting: Waiting = {}): Promise<Waited> {
    return this.#house.running.within(this, async () => waitMode(this.#house, { mode, handles, waiting }));
  }

  async *endings(): AsyncGenerator<Ending> {
    const told = new Set<TaskHandle>();
    for (;;) {
      const open = this.#children.filter((child) => !told.has(child));
      if (open.length === 0) {
        return;
      }
      const { endings, open: left } = await this.wait('any', open);
      for (const child of open.filter((one) => !left.includes(one))) {
        told.add(child);
      }
      yield* endings;
    }
  }

  desk(): Desk {
    return deskOf(this.#house, this.#session, this);
  }

  steers(): readonly string[] {
    return this.#attempt.steers();
  }

  own<R extends Resource>(resource: R): R {
    requireField('own', resource ?? null, RESOURCE);
    if (this.#resources === undefined) {
      const resources = new Resources(this.#house.clock, this.#house.line.onFault);
      this.#resources = resources;
      this.#attempt.whenLeft(() => void resources.release());
      if (this.#isOver) {
        void resources.release();
      }
    }
    this.#resources.add(resource);
    return resource;
  }

  /** Its slot is free meanwhile. What cannot end before this does would be waited for for ever. */
  async waitFor<T>(handles: readonly TaskHandle[], wait: () => Promise<T>): Promise<T> {
    const others = handles.filter((handle) => !this.#children.includes(handle));
    if (others.length > 0) {
      await this.#refuseAbove(others);
    }
    return this.rest(wait());
  }

  /** It waits for what it has delegated: its slot is free meanwhile. */
  async rest<T>(until: Promise<T>): Promise<T> {
    return this.#stopping(this.#attempt.rest(until));
  }

  /** Words for it that came while it works. */
  steer(text: string): void {
    this.#attempt.steer(text);
  }

  adopt(child: TaskHandle): void {
    this.#children.push(child);
  }

  /** Whether it has the ending of this child. */
  isTold(key: number): boolean {
    return this.#children.some((child) => child.key === key && child.ending !== undefined);
  }

  /** For the same thing delegated again by a run that begins anew: the same child. */
  keyOf(what: string): string {
    this.#said ??= new Map();
    const times = (this.#said.get(what) ?? 0) + 1;
    this.#said.set(what, times);
    return `${this.id}/${times}/${what}`;
  }

  /** A child asks, and it is this one that waits for the child: whoever waits for this one is asked. */
  passOn(asking: TaskHandle): void {
    void this.#passOn(asking).catch((error: unknown) => {
      // Once it is over, or told to stop, nobody waits for the child any more.
      if (!this.#isOver && !this.signal.aborted) {
        this.#house.line.onFault(error);
      }
    });
  }

  async carryOut(text: string): Promise<Handled> {
    const { runs } = this.#house;
    runs.set(this.key, this);
    try {
      this.#session = sessionOfSeat(this.#attempt.caller) ?? (await this.#rootSession());
      if (this.#attempt.isLetGo) {
        // While that was looked up: it does not begin.
        throw this.signal.reason;
      }
      const returned = await this.#callee.run(this.#taskOf(text) as Task<never>, this);
      const made = this.#callee.output === undefined ? handledOf(returned) : await this.#checked(returned);
      if (this.#children.length > 0 || this.#resources !== undefined) {
        // Should its time be over before its children and resources are, this is what it brought.
        this.#made = typeof made === 'string' ? { text: made } : made;
        this.#attempt.partial(this.#made);
        await this.#childrenEnded();
      }
      return made;
    } catch (error) {
      // Where it goes on elsewhere, or at the next start, it finds them again.
      if (!GOES_ON.has(this.#attempt.signal.reason)) {
        await this.#cancelChildren();
      }
      throw error;
    } finally {
      this.#isOver = true;
      if (this.#resources !== undefined) {
        await this.#resources.release();
      }
      if (runs.get(this.key) === this) {
        runs.delete(this.key);
      }
    }
  }

  async #refuseAbove(handles: readonly TaskHandle[]): Promise<void> {
    const { engine } = this.#house.line;
    const keys = new Map(handles.map(({ key, id }) => [key ?? keyOf('dlg', id), id]));
    for (let above: number | null = this.key; above !== null;) {
      const id = keys.get(above);
      if (id !== undefined) {
        const whose = above === this.key ? 'this very task' : 'a task that this one was delegated by';
        const message = `${id} is ${whose}, and cannot end before this one does. Wait for what you have delegated.`;
        throw new ErrandError({ code: 'cycle', message });
      }
      above = (await engine.delegation({ key: above }))?.parent ?? null;
    }
  }

  #taskOf(text: string): Task {
    const { id, context, parts = [], attempt, deadlineAt, mayHaveRun, checkpoint } = this.#attempt;
    const [only] = parts;
    return {
      id,
      text,
      context,
      parts,
      session: this.#session,
      attempt,
      mayHaveRun,
      input: only?.kind === 'data' ? only.data : undefined,
      deadline: new Date(deadlineAt),
      checkpoint: checkpoint === undefined ? undefined : JSON.parse(checkpoint),
    };
  }

  async #rootSession(): Promise<string> {
    const row = await this.#house.line.engine.delegation({ key: this.key });
    return row === undefined ? DEFAULT_SESSION : sessionOf(this.#house, row);
  }

  async #checked(returned: unknown): Promise<Handled> {
    const checked = await check(this.#callee.output, returned);
    if ('wrong' in checked) {
      throw new Failure('invalid_response', `What came back is not what it promises: ${checked.wrong}`);
    }
    // A schema that gives nothing promises nothing.
    return checked.value === undefined ? handledOf(checked.value) : dataOf(checked.value);
  }

  /** Whatever they bring is part of what this one brings: nobody else is told of it. */
  async #childrenEnded(): Promise<void> {
    const open = this.#children.filter(({ ending }) => ending === undefined);
    if (open.length > 0) {
      await this.rest(
        waitMode(this.#house, { mode: 'all', handles: open, waiting: {}, onQuestion: (one) => this.passOn(one) }),
      );
    }
  }

  async #cancelChildren(): Promise<void> {
    const open = this.#children.filter(({ ending }) => ending === undefined);
    await Promise.all(
      open.map(async (child) => {
        const row = await child.row();
        if (row !== undefined && !isSettled(row.status)) {
          const note = 'The one above it ended.';
          await cancel(this.#house.line, { ref: { key: row.key, id: row.id }, actor: this.id }, note);
        }
      }),
    );
  }

  async #passOn(asking: TaskHandle): Promise<void> {
    const question = await this.#surely(async () => asking.question());
    if (question !== undefined) {
      const answered = await this.#stopping(this.#attempt.passOn(question));
      await this.#surely(async () => asking.answer(answered));
    }
  }

  /** The store may be away, and comes back: whoever asks would else wait for ever. */
  async #surely<T>(call: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        const isAway = error instanceof ErrandError && error.code === 'unavailable';
        if (!isAway || this.#isOver || this.#house.closing.aborted) {
          throw error;
        }
      }
      await pauseForStore(this.#house);
    }
  }

  async #stopping<T>(waiting: Promise<T>): Promise<T> {
    try {
      return await waiting;
    } catch (error) {
      this.signal.throwIfAborted();
      throw error;
    }
  }
}

function handledOf(returned: unknown): Handled {
  if (typeof returned === 'string') {
    return returned;
  }
  const { output, usage } = givenOf(returned);
  return usage === undefined ? output : { ...output, usage };
}

/** The same signal, with a reason that says in words why. */
function signalOf(signal: AbortSignal): AbortSignal {
  const control = new AbortController();
  // A function may hand it to as many as it likes.
  setMaxListeners(0, control.signal);
  const onAbort = (): void => control.abort(new Stopped(signal.reason as StoppedWhy));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) {
    onAbort();
  }
  return control.signal;
}
