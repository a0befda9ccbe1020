/**
 * What a program has of background delegation: it delegates to functions of its own, to programs and to peers, holds
 * handles, waits or is told at the right moment, and can stop all of it.
 *
 * The same words as over the network (`errand`); what is new is that a handle is there at once, that what a function
 * takes and gives may be typed, and that turns come only while the host is idle.
 */
import type { Budget, Part, Reason, Status, Usage } from '../core/delegation/index.ts';
import type { ErrorCode } from '../core/error.ts';
import type { Step as Logged } from '../runtime/index.ts';
import type { Desk } from '../tools/index.ts';
import type { Callee, InputOf, OutputOf } from './callee.ts';

export type Callees = Readonly<Record<string, Callee>>;

/** What becomes of a task when every slot is taken. */
export type Full = 'queue' | 'reject' | 'inline';

export interface Asking<W extends Callees = Callees, N extends keyof W & string = keyof W & string> {
  to: N;
  /** What to do, complete in itself. Where the input is typed it may be left out. */
  task?: string;
  input?: InputOf<W[N]>;
  /** Whose task it is, and who is told of its ending; inside a function it is always the one it works for. */
  session?: string;
  context?: string;
  parts?: readonly Part[];
  /** Tasks with one name reach their callee one after another, in their order. */
  conversation?: string;
  priority?: 'critical' | 'task' | 'info';
  deadlineMs?: number;
  /** So long it may wait for its start. */
  validForMs?: number;
  startAt?: Date;
  supersedes?: string;
  labels?: Readonly<Record<string, string>>;
  /** What it, and everything that it delegates, may use up; inside a function it comes out of that one's own. */
  budget?: Budget;
  /** One key delegates once in a session, however often it is said, also after a restart; as long as it is `kept`. */
  idempotencyKey?: string;
  full?: Full;
  traceparent?: string;
}

/** What came of the attempt to delegate. A refusal names the bound it hit and only what can be done. */
export type Admission =
  | { kind: 'accepted'; state: 'running' | 'queued' | 'waiting'; position?: number }
  /** The key was used before: this is the task it stands for. */
  | { kind: 'known'; id: string; status: Status }
  | {
      kind: 'rejected';
      code: ErrorCode;
      message: string;
      retryAfterMs?: number;
      nextActions: readonly string[];
    };

/** How a task ended. It is a value, never an exception: a failure is an ending too. */
export interface Ending<O = unknown> {
  id: string;
  to: string;
  status: Extract<Status, 'completed' | 'failed' | 'cancelled'>;
  /** The whole of it; what was made before a failure, if there is something. */
  text?: string;
  /** What the callee gave, where that is a text or a value. */
  value?: O;
  parts?: readonly Part[];
  sha256?: string;
  reason?: Reason;
  error?: string;
  usage?: Usage;
  durationMs: number;
  /** What was last heard of one whose outcome nobody knows. */
  last?: { progress?: string; percent?: number; checkpoint?: string; at: Date; attempt: number };
  /** Words for it that it never took. */
  missed?: readonly string[];
}

/** A handle as data: `errand.handle(standing)` in another process has the same one. */
export interface Standing {
  id: string;
  to: string;
  session: string;
}

/** What came of the wish to stop something. */
export interface Receipt {
  id: string;
  /** `ended`: it had its ending before. `cancelled`: it had not begun. `asked`: it was told, and has its grace. */
  state: 'ended' | 'cancelled' | 'asked';
  ending: Promise<Ending>;
}

export interface SteerReceipt {
  state: 'kept';
  /** Whether the callee took it before its end. */
  outcome: Promise<'taken' | 'missed'>;
}

/** One line of the history of a task. */
export interface Step extends Logged {
  /** In words, with the type `delegation.warned`: it was silent for too long, or four fifths of its budget are used. */
  warning?: string;
}

export interface Handle<O = unknown> {
  readonly id: string;
  readonly to: string;
  readonly session: string;
  /** As it was seen last. */
  readonly status: Status;
  /** Settles when it is kept, or refused; never rejects. */
  readonly accepted: Promise<Admission>;
  /**
   * Settles with the ending, and takes it: nobody is told of it again. Never rejects, but where a function waits for
   * itself, or for one that it was delegated by: neither can end before it does.
   */
  readonly done: Promise<Ending<O>>;
  /** Its history from the first step on, and then what happens, until it has ended or this is shut down. */
  readonly events: AsyncIterable<Step>;
  /** The ending if it comes in this time; undefined if not, or if it asks something. */
  wait(options?: Waiting): Promise<Ending<O> | undefined>;
  question(): Promise<string | undefined>;
  answer(text: string): Promise<Status>;
  steer(text: string): Promise<SteerReceipt>;
  cancel(reason?: string): Promise<Receipt>;
  toJSON(): Standing;
}

export interface BatchHandle {
  readonly id: string;
  readonly session: string;
  readonly handles: readonly Handle[];
  readonly accepted: Promise<Admission>;
  /** In the order of the tasks. */
  readonly done: Promise<readonly Ending[]>;
  cancel(reason?: string): Promise<readonly Receipt[]>;
  toJSON(): { id: string; session: string; handles: readonly Standing[] };
}

export interface Waiting {
  /** With none, or less, only what is there by now. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

export type WaitMode = 'all' | 'any' | { first: number };

export interface Waited {
  /** Those that were there in time: taken, so that nobody is told of them again. */
  endings: readonly Ending[];
  /** Those that go on; they are told of as they end. */
  open: readonly Handle[];
}

/** What waits for a session to be read, as one text, handed over while its host is idle. */
export interface Turn {
  readonly session: string;
  readonly text: string;
  /** What it tells of: endings, and questions that wait for an answer. */
  readonly tasks: readonly { id: string; to: string; status: Status; kind: 'settled' | 'asked' | 'batch' }[];
  readonly isDigest: boolean;
  /** Asking for the next turn does the same. */
  acknowledge(): Promise<void>;
}

export interface TurnOptions {
  signal?: AbortSignal;
  /** Endings in one turn; more come with the next one. */
  most?: number;
  /** More than this are told as a digest: a line each. */
  digestOver?: number;
  /** For the results of one turn together, in characters, or in tokens of four characters. */
  budget?: { characters: number } | { tokens: number };
  /** Resolves when the host is idle, beside `busy` and `idle`: asked once there is something to tell. */
  whenIdle?: () => Promise<unknown>;
}

export interface Listed {
  id: string;
  to: string;
  session: string;
  status: Status;
  reason?: Reason;
  task: string;
  batch?: string;
  parent?: string;
  depth: number;
  progress?: string;
  question?: string;
  waitingFor?: string;
  createdAt: Date;
  settledAt?: Date;
}

export interface ListFilter {
  /** What it delegated itself; the children of that are listed where all are. */
  session?: string;
  status?: Status;
  /** Only what has not ended. */
  active?: boolean;
  limit?: number;
}

export type ShutdownMode = 'drain' | 'cancel' | 'keep';

export interface ShutdownReport {
  mode: ShutdownMode;
  tasks: readonly { id: string; to: string; became: Status | 'kept' | 'left_running' }[];
}

export interface Background<W extends Callees = Callees> {
  delegate<N extends keyof W & string>(asking: Asking<W, N>): Handle<OutputOf<W[N]>>;
  /** One unit: all of it is accepted or nothing, it has one handle and one notice. */
  delegate(askings: readonly Asking<W>[]): BatchHandle;
  /** By its id alone, `to` and `session` are empty until it was looked at. */
  handle(held: string | Standing): Handle;
  wait(mode: WaitMode, handles: readonly Handle[], options?: Waiting): Promise<Waited>;
  cancel(what: string | { session: string } | { batch: string } | 'all', reason?: string): Promise<readonly Receipt[]>;
  list(filter?: ListFilter): Promise<readonly Listed[]>;
  active(session?: string): Promise<readonly Listed[]>;
  /** One turn at a time; what a turn tells of is acknowledged when the next one is asked for, and not before. */
  turns(session?: string, options?: TurnOptions): AsyncIterable<Turn>;
  /** The host of a session works: no turn is handed over until it is idle. */
  busy(session?: string): void;
  idle(session?: string): void;
  /** What it still has under way goes on; its turns end, and its endings go to the orphans. */
  closeSession(session: string): Promise<void>;
  /** The endings of sessions that are closed. */
  orphans(options?: TurnOptions): AsyncIterable<Turn>;
  /** How many run at a time: of all functions together, or of one callee that has slots of its own. */
  resize(capacity: number, callee?: keyof W & string): Promise<void>;
  /** For models: the tools of the one list, at the desk of this session. */
  desk(session?: string): Desk;
  shutdown(options?: { mode?: ShutdownMode; deadlineMs?: number }): Promise<ShutdownReport>;
  [Symbol.asyncDispose](): Promise<void>;
}
