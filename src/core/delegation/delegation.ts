/**
 * The row that stands for one delegation, and the two bodies that hang from it.
 *
 * The row is small and hot: whatever a decision needs and nothing else. What was asked (`Request`) and what came
 * back (`Result`) are written once, into tables of their own, and are read only by those who want to see them.
 */
import type { Purse } from './budget.ts';
import type { Reason } from './reason.ts';
import type { Status } from './status.ts';

export const PRIORITIES = { critical: 100, task: 50, info: 10 } as const;

export type Priority = (typeof PRIORITIES)[keyof typeof PRIORITIES];

/** Highest first: the order in which a free slot looks at them. */
export const BANDS: readonly Priority[] = [PRIORITIES.critical, PRIORITIES.task, PRIORITIES.info];

export type Delivery = 'at_least_once' | 'at_most_once';

/** `self`: the calling agent delivers by itself and only reports to us. */
export type Origin = 'delegate' | 'a2a' | 'self';

/** What changes rarely and is read rarely, kept out of the columns. */
export interface Detail {
  /** Which of the things that the callee does. */
  skill?: string;
  /** The peer's own name for the work, once it gave one. */
  remoteTask?: string;
  remoteContext?: string;
  /** Who asked for the cancel, and when the grace ends. */
  cancel?: { by: string; note?: string; until: number };
  /** A question that waits for its answer, or the answer on its way to the callee. */
  question?: string;
  /** The key of the notice that put the question. */
  asked?: number;
  answer?: { text: string; by: string; question?: string };
  progress?: { message?: string; percent?: number };
  inTool?: boolean;
  /** Up to this moment the callee has used up what it may write about it (D17). */
  saidUntil?: number;
  warnedAt?: number;
  /** What it and all below it may use, and have used. */
  purse?: Purse;
  budgetWarned?: true;
  /** Its process let go of it in good order: that it did not end there is not its own doing. */
  handedBack?: true;
  /** Its ending is told to nobody but who waits for it. */
  quiet?: true;
  /** One of a batch that somebody has already, who waited for it: known also after a restart. */
  collected?: true;
  /** It waits for what it has delegated itself, and needs no slot for that. */
  rests?: true;
  /** What it said last of how far it is, for whoever has to begin again. */
  checkpoint?: string;
  /** Words for it that it has not taken yet. */
  steering?: readonly string[];
  /** The last attempt may have reached the callee: ask before sending again. */
  outcomeUnknown?: boolean;
  /** How the callee took the cancel. */
  calleeConfirmed?: boolean;
  calleeMayStillRun?: boolean;
  supersededBy?: string;
  usage?: Usage;
}

/** What the callee says it used; unknown stays absent, never zero. */
export interface Usage {
  inputTokens?: number;
  outputTokens?: number;
  costUsd?: number;
}

export interface Delegation {
  /** Grows with time and is carried inside `id`, so that indexes append. */
  key: number;
  id: string;
  org: string;
  caller: string;
  callee: string;
  origin: Origin;
  delivery: Delivery;
  status: Status;
  reason: Reason | null;
  error: string | null;
  priority: Priority;
  /** Its place in the round between callers; given when it starts to wait. */
  turn: number;
  /** May be taken by a free slot: nothing of its own holds it back. */
  ready: boolean;
  conversation: string | null;
  /** Grows with every hand-over; an older one is void (D6). */
  epoch: number;
  attempt: number;
  owner: string | null;
  leaseUntil: number | null;
  notBefore: number | null;
  deadlineAt: number;
  validUntil: number | null;
  /** The next moment at which time alone changes something; null once settled. */
  dueAt: number | null;
  parent: number | null;
  root: number | null;
  depth: number;
  batch: number | null;
  createdAt: number;
  queuedAt: number;
  dispatchedAt: number | null;
  progressAt: number | null;
  settledAt: number | null;
  /** Grows by one with every event of this delegation; the event carries it as its number. */
  version: number;
  resultLength: number | null;
  resultSha256: string | null;
  detail: Detail;
}

/** A part of a message as it came: text, data, or a file by value or by reference. */
export type Part =
  | { kind: 'text'; text: string }
  | { kind: 'data'; data: unknown }
  | { kind: 'file'; name?: string; mimeType?: string; uri?: string; bytes?: string };

export interface Request {
  task: string;
  context?: string;
  parts?: Part[];
  labels?: Record<string, string>;
  traceparent?: string;
  retryOf?: string;
  batchIndex?: number;
}

export interface Result {
  text: string;
  /** Absent when the result is its text alone. */
  parts?: Part[];
  /** Of the text, in UTF-8 bytes. */
  length: number;
  sha256: string;
}

/** An answer that came too late to count: kept as evidence, never promoted. */
export interface LateResult {
  delegation: number;
  at: number;
  epoch: number;
  what: string;
  excerpt: string;
  sha256: string | null;
}

export interface Batch {
  key: number;
  id: string;
  org: string;
  caller: string;
  join: 'all';
  size: number;
  completed: number;
  failed: number;
  cancelled: number;
  createdAt: number;
  settledAt: number | null;
}
