/**
 * The words of the door `errand/background/hermes`: the function names, returned dictionaries and fields that programs
 * written for an earlier kind of background delegation know.
 *
 * Their names stay as they were, in snake_case, with times in seconds. What they did wrong is mended; behind them is the
 * one line, and nothing here decides anything about a delegation.
 */
import type { ErrorCode } from '../../core/error.ts';
import type { Full } from '../background.ts';
import type { Progress, Schema } from '../callee.ts';
import type { Opening } from '../settings.ts';
import type { Unit } from './unit.ts';

/** How a unit, or one task of it, ended. The list is closed. */
export type UnitStatus =
  | 'completed'
  /** Some of a batch completed, some did not. */
  | 'partial'
  | 'error'
  | 'failed'
  | 'interrupted'
  | 'timeout'
  | 'stalled'
  /** Nobody knows what it did. */
  | 'unknown';

export type LiveStatus = 'queued' | 'running' | 'interrupting';

export type DeliveryState = 'pending' | 'claimed' | 'delivered' | 'dropped' | 'none';

/** What a runner gives back for one task; fields that are not named here are kept as they are. */
export interface ChildResult {
  task_index?: number;
  status?: string;
  summary?: string | null;
  error?: string | null;
  api_calls?: number;
  duration_seconds?: number;
  model?: string | null;
  exit_reason?: string | null;
  tokens?: { input?: number; output?: number };
  tool_trace?: readonly unknown[];
  cost_usd?: number;
  truncated?: boolean;
  /** Where it has an `output_schema`: whether it answers with that, after one correction at most. */
  schema_valid?: boolean;
  schema_errors?: readonly string[];
  [more: string]: unknown;
}

/** Of a child whose answer is not what its `output_schema` asks for. */
export interface Correction {
  task_index: number;
  errors: readonly string[];
}

/** Any Standard Schema. */
export type OutputSchema = Schema;

export interface FinishedChild extends ChildResult {
  task_index: number;
}

export interface BatchResult {
  results: readonly ChildResult[];
  total_duration_seconds?: number;
}

/** For a runner that wants to know more than nothing; one that takes no argument is as good. */
export interface RunnerControl {
  readonly delegation_id: string;
  /** Aborted when nobody waits for it any more. */
  readonly signal: AbortSignal;
  readonly attempt: number;
  /** What an earlier attempt kept of how far it was. */
  readonly checkpoint: unknown;
  /** The children that an earlier attempt had recorded. */
  readonly finished: readonly TaskResult[];
  /** Empty at first. Where answers do not hold, the runner is called once more with them, to bring those anew. */
  readonly corrections: readonly Correction[];
  /** A sign of life; in a tool of its own it may be silent for longer. */
  progress(step: string | Progress): void;
  keep_checkpoint(value: unknown): void;
  /** One child of the unit has finished: kept from now on, whatever becomes of the others. */
  record_unit_child(child: FinishedChild): Promise<void>;
}

export type Runner = (control: RunnerControl) => ChildResult | Promise<ChildResult>;
export type BatchRunner = (control: RunnerControl) => BatchResult | Promise<BatchResult>;

interface Dispatching {
  context?: string | null;
  toolsets?: readonly string[] | null;
  role?: string | null;
  model?: string | null;
  /** Whose unit it is, and who is told of it; '' is the one session of a program that has only one. */
  session_key?: string | null;
  /** Called once when the unit is told to stop. */
  interrupt_fn?: ((reason: string) => unknown) | null;
  /** From now on so many run at a time. */
  max_async_children?: number;
  /** When every slot is taken, for this unit. */
  full?: Full;
  idempotency_key?: string;
  timeout_seconds?: number;
}

export interface Dispatch extends Dispatching {
  goal: string;
  runner: Runner;
  /** What its summary has to say, as JSON. */
  output_schema?: OutputSchema | null;
}

export interface BatchDispatch extends Dispatching {
  goals: readonly string[];
  runner: BatchRunner;
  /** For each of them, or for all. */
  output_schema?: OutputSchema | readonly (OutputSchema | null)[] | null;
}

export type Dispatched =
  | {
      status: 'dispatched';
      delegation_id: string;
      mode: 'background';
      goal: string;
      goals: readonly string[];
      count: number;
      /** For a model: not to wait for it, and not to ask again and again. */
      note: string;
      state: LiveStatus | 'ended';
      /** The idempotency key was used before: this is its unit, and the new runner is not called. */
      duplicate?: true;
    }
  | { status: 'rejected'; error: string; code: ErrorCode; next_actions: readonly NextAction[] };

/** Each is a function of the door, or a field of the next dispatch. */
export type NextAction =
  | 'wait_async_delegations'
  | 'interrupt'
  | 'list_async_delegations'
  | 'full'
  | 'idempotency_key'
  | 'openHermes';

interface UnitFields extends Unit {
  delegation_id: string;
  error: string | null;
  dispatched_at: number;
}

export type Counts = Partial<Record<UnitStatus, number>>;

export interface TaskResult extends ChildResult {
  task_index: number;
  status: Exclude<UnitStatus, 'partial'>;
  summary: string | null;
  error: string | null;
}

/** One shape, for one task and for many. */
export interface AsyncDelegationEvent extends UnitFields {
  type: 'async_delegation';
  status: UnitStatus;
  completed_at: number;
  /** Of one task its own; of a batch null, each has its own in `results`. */
  summary: string | null;
  api_calls: number;
  duration_seconds: number;
  total_duration_seconds: number;
  exit_reason: string | null;
  /** One for each goal, in their order. */
  results: readonly TaskResult[];
  counts: Counts;
  /** Some of it is there, and not all. */
  partial: boolean;
  /** What was last heard of one whose outcome is not known. */
  diagnostics: {
    last_status: 'queued' | 'running';
    last_activity_at: number;
    /** From then to its end. */
    quiet_seconds: number;
    phase: 'idle' | 'in_tool';
    progress: string | null;
    checkpoint: unknown;
    attempts: number;
    may_still_run: boolean;
  } | null;
}

export interface AsyncDelegationRecord extends UnitFields {
  status: LiveStatus | UnitStatus;
  completed_at: number | null;
  progress: string | null;
  delivery_state: DeliveryState;
}

export interface InterruptReceipt {
  delegation_id: string;
  state: 'ended' | 'cancelled' | 'asked';
  /** Why its `interrupt_fn` could not be called to its end. */
  interrupt_error: string | null;
  ended: Promise<{ how: 'before' | 'never_began' | 'acknowledged' | 'forced'; event: AsyncDelegationEvent }>;
}

export interface Claim {
  claim_id: string;
  event: AsyncDelegationEvent;
  /** How often it was handed out, this time counted. */
  attempts: number;
  lease_seconds: number;
}

export interface CompletionQueue {
  /** What waits to be told, under a lease: of one session, or of each. */
  claim(options?: { session_key?: string; most?: number }): Promise<readonly Claim[]>;
  /** The next one, as soon as there is one; undefined when the time is over. */
  get(options?: { session_key?: string; timeout_seconds?: number; signal?: AbortSignal }): Promise<Claim | undefined>;
  /** The turn that carried it is durable. False, here and below: the claim is not yours any more. */
  complete(claim: Claim): Promise<boolean>;
  /** For whoever asks next. */
  release(claim: Claim): Promise<boolean>;
  defer(claim: Claim, seconds: number): Promise<boolean>;
  /** Told to nobody; the outcome can still be read. */
  drop(claim: Claim, reason: string): Promise<boolean>;
  /** Each in turn; one whose handler throws is released, and told again. Answers how many were delivered. */
  drain(
    handler: (event: AsyncDelegationEvent) => unknown,
    options?: { session_key?: string; most?: number },
  ): Promise<number>;
}

export interface WaitResult {
  /** Taken: nobody is told of them again. */
  events: readonly AsyncDelegationEvent[];
  pending: readonly string[];
}

export interface StopReport {
  mode: 'drain' | 'cancel' | 'keep';
  delegations: readonly { delegation_id: string; became: string }[];
}

export interface Hermes {
  dispatch_async_delegation(dispatch: Dispatch): Promise<Dispatched>;
  dispatch_async_delegation_batch(dispatch: BatchDispatch): Promise<Dispatched>;
  /** Everything that lives, and the ended ones that are listed still; the oldest first. */
  list_async_delegations(filter?: { session_key?: string }): Promise<readonly AsyncDelegationRecord[]>;
  /** The outcome of one that has ended, however often it was asked for; undefined while it has none. */
  get_async_delegation(delegation_id: string): Promise<AsyncDelegationEvent | undefined>;
  wait_async_delegations(
    delegation_ids: readonly string[],
    options?: { mode?: 'all' | 'any' | number; timeout_seconds?: number; signal?: AbortSignal },
  ): Promise<WaitResult>;
  /** How many were told to stop; what waits for a slot does not begin. */
  interrupt_all(reason?: string): Promise<number>;
  interrupt(what: string | { session_key: string } | 'all', reason?: string): Promise<readonly InterruptReceipt[]>;
  active_count(): Promise<number>;
  /** Up or down; what runs goes on. */
  set_max_async_children(most: number): Promise<void>;
  readonly completion_queue: CompletionQueue;
  format_async_delegation(
    event: AsyncDelegationEvent | readonly AsyncDelegationEvent[],
    /** At most so many of one result, and of all together half of what is left of their reader's context. */
    options?: { characters?: number; remaining_characters?: number },
  ): string;
  shutdown(options?: { mode?: 'drain' | 'cancel' | 'keep'; deadline_seconds?: number }): Promise<StopReport>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Of a unit whose runner went with its process. */
export interface Lost extends Unit {
  delegation_id: string;
  /** False: it never began. */
  may_have_run: boolean;
  attempt: number;
  checkpoint: unknown;
  /** The children that had finished. */
  finished: readonly TaskResult[];
}

export interface HermesOpening extends Pick<
  Opening,
  'store' | 'queue' | 'inline' | 'cancelGraceMs' | 'liveness' | 'deadlineMs' | 'resultBytes' | 'kept' | 'onFault'
> {
  /** How many run at a time: 3. */
  maxAsyncChildren?: number;
  /** When every slot is taken: be refused (the default), wait for one, or run at once all the same, within `inline`. */
  full?: Full;
  /** How deep a runner may delegate itself: 1, which is not at all. */
  maxSpawnDepth?: number;
  /** Ended and listed: 50. */
  retainedCompleted?: number;
  /** A folder for results that are too long for a turn: its text names the file that has the whole. */
  spill?: string;
  claims?: { leaseMs?: number; attemptsMax?: number; ageMs?: number };
  /**
   * A runner for a unit whose own went with its process; without one its outcome is unknown. Only for units that were
   * dispatched where this was given too: the others were promised not to be done twice.
   */
  restore?: (lost: Lost) => Runner | BatchRunner | undefined | Promise<Runner | BatchRunner | undefined>;
}
