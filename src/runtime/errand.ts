/**
 * What an agent has of the platform once it is connected: it delegates, holds handles, reads its inbox, looks for
 * peers, remembers, and gives its model the tools.
 *
 * One word per idea, and the same words in one process (`errand/background`) and over the network.
 */
import type { Delivery, Part, Reason, Status, Usage } from '../core/delegation/index.ts';
import type { Desk, Memory, Peer } from '../tools/index.ts';
import type { Tool } from '../tools/adapters/json-schema.ts';

export interface Asking {
  /** The workspace that is asked. */
  to: string;
  task: string;
  context?: string;
  parts?: readonly Part[];
  conversation?: string;
  priority?: 'critical' | 'task' | 'info';
  deadlineMs?: number;
  validForMs?: number;
  startAt?: Date;
  /** A delegation of ours that has not started and is replaced by this one. */
  supersedes?: string;
  delivery?: Delivery;
  labels?: Readonly<Record<string, string>>;
}

export interface DelegateOptions {
  /** One key delegates once, however often it is said; made anew for each call where nothing is said. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

/** How a delegation ended. It is a value, never an exception: a failure is an ending too. */
export interface Ending {
  id: string;
  status: Extract<Status, 'completed' | 'failed' | 'cancelled'>;
  /** The whole of it; what was made before a failure, if there is something. */
  text?: string;
  parts?: readonly Part[];
  sha256?: string;
  reason?: Reason;
  error?: string;
  usage?: Usage;
}

/** One step that could be seen from outside. */
export interface Step {
  seq: number;
  type: string;
  at: Date;
  data: Readonly<Record<string, unknown>>;
}

export interface Handle {
  readonly id: string;
  readonly to: string;
  /** As it was seen last; `refresh` asks. */
  readonly status: Status;
  refresh(): Promise<Status>;
  /**
   * Settles with the ending, however long it takes and whatever is away meanwhile. Never rejects: where the platform
   * refuses to tell, it is `failed` with the reason `outcome_unknown`. After `close` it stays unanswered.
   */
  readonly done: Promise<Ending>;
  /**
   * Its history from the first step on, and then what happens, until it has ended: each step once, without a gap, also
   * after a lost connection. Each loop begins anew.
   */
  readonly events: AsyncIterable<Step>;
  /** The ending if it comes in this time; undefined if not, or if it asks something. Rejects at its signal. */
  wait(options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<Ending | undefined>;
  /** What it asks right now. Who was shown it is not told of it again. */
  question(): Promise<string | undefined>;
  answer(text: string): Promise<Status>;
  cancel(reason?: string): Promise<Status>;
  /** Enough to have the same handle again in another process: `errand.handle(standing)`. */
  toJSON(): Standing;
}

/** A handle as data. */
export interface Standing {
  id: string;
  to: string;
  status: Status;
}

export interface BatchHandle {
  readonly id: string;
  readonly handles: readonly Handle[];
  readonly done: Promise<readonly Ending[]>;
}

/** What waits for this agent to be read, as one text, with the notices it tells of. */
export interface Turn {
  text: string;
  notices: readonly { id: string; kind: 'settled' | 'asked' | 'batch'; delegation?: string; batch?: string }[];
  /** For whoever leaves the loop with this turn; who asks for the next one has acknowledged it by that. */
  acknowledge(): Promise<void>;
}

export interface Errand {
  readonly url: string;
  readonly workspace: string;
  delegate(asking: Asking, options?: DelegateOptions): Promise<Handle>;
  delegateBatch(askings: readonly Asking[], options?: DelegateOptions): Promise<BatchHandle>;
  /** By its id alone `to` is empty and `status` is `pending`, until it was looked at. */
  handle(held: string | Standing): Handle;
  /**
   * One turn at a time; what a turn tells of is acknowledged when the next one is asked for, and not before. Endings
   * that a handle waits for (`done`, `wait`) are left to the handle.
   */
  inbox(options?: { signal?: AbortSignal; most?: number }): AsyncIterable<Turn>;
  peers(words?: string): Promise<readonly Peer[]>;
  readonly memory: {
    commit(content: string, scope?: 'LOCAL' | 'TEAM' | 'GLOBAL'): Promise<{ id: string; scope: string }>;
    recall(
      words?: string,
      options?: { scope?: 'LOCAL' | 'TEAM' | 'GLOBAL'; limit?: number },
    ): Promise<readonly Memory[]>;
  };
  /** For a model without a framework; the adapters take `desk`. */
  readonly tools: readonly Tool[];
  readonly desk: Desk;
  /** Ends what listens for it; handles that wait stay unanswered. Nothing that was delegated is touched. */
  close(): Promise<void>;
}
