/**
 * What can happen to a delegation, as data. All writing goes through these and through nothing else.
 *
 * A command names a delegation and what happened to it; it never says what the row becomes. That is decided by
 * `transitions.ts` and `decide.ts` inside the transaction that writes it. Commands of a carrier or of a pulling
 * agent bring the epoch under which they work; an older epoch is refused (D6).
 */
import type { Budget } from './budget.ts';
import type { Delivery, Origin, Priority, Request, Result, Usage } from './delegation.ts';
import type { Reason } from './reason.ts';

/** A delegation is named by the key inside its id, or by a whole id where it was given from outside. */
export type Ref = { key: number; id?: string } | { key?: undefined; id: string };

export interface Accept {
  type: 'accept';
  /** Given from outside; null for one that the commit makes, in the order of commits. */
  id: string | null;
  /** Made in advance, in the order of commits, where one process has the store to itself: a handle at once. */
  minted?: Minted;
  caller: string;
  callee: string;
  /** Who speaks: a workspace, a person, a token. Written into the event. */
  actor: string;
  origin: Origin;
  delivery: Delivery;
  priority: Priority;
  conversation: string | null;
  deadlineMs: number;
  validForMs: number | null;
  startAt: number | null;
  /** From the caller's attempt token, never from what it claims. */
  parent: number | null;
  supersedes: string | null;
  idempotency: { key: string; hash: string } | null;
  request: Request;
  /** Which of the things that the callee does. */
  skill?: string;
  /** A task of that kind may delegate to its own kind again. */
  recursive?: true;
  /** What it, and all below it, may use up. */
  budget?: Budget;
  /** Whoever delegates it waits for it as long as it lives itself: there is nobody else to be told. */
  quiet?: true;
  /** Where no slot is free it is refused instead of waiting for one. */
  orRefuse?: true;
}

/** A key and the id that carries it. */
export interface Minted {
  key: number;
  id: string;
}

export interface OpenBatch {
  type: 'open_batch';
  minted?: Minted;
  caller: string;
  idempotency: { key: string; hash: string } | null;
  tasks: Accept[];
}

interface On {
  ref: Ref;
  actor: string;
}

interface UnderLease {
  ref: Ref;
  epoch: number;
  actor: string;
}

export type Release = On & { type: 'release' };
export type Acknowledge = UnderLease & { type: 'acknowledge'; remoteTask?: string; remoteContext?: string };
export type Progress = UnderLease & {
  type: 'progress';
  message?: string;
  percent?: number;
  inTool?: boolean;
  /** From where it may go on, should it have to begin again; it stands until there is another. */
  checkpoint?: string;
  /** What it has used by now. */
  usage?: Usage;
};
/** It waits for what it has delegated: its slot is free meanwhile. */
export type Depend = UnderLease & { type: 'depend'; remoteTask: string };
/** What it waited for is there. */
export type Wake = On & { type: 'wake' };
/** Words for the callee while it works, and that it took so many of them. */
export type Steer = On & { type: 'steer'; text: string };
export type Heed = UnderLease & { type: 'heed'; count: number };
export type Ask = UnderLease & { type: 'ask'; question: string; remoteTask?: string; remoteContext?: string };
export type Answer = On & { type: 'answer'; text: string };
/** Back into the queue: `busy` costs no attempt, the others do. */
export type Requeue = UnderLease & {
  type: 'requeue';
  why: 'busy' | 'unreachable' | 'unknown' | 'lease_lost';
  error: string | null;
  retryAfterMs: number | null;
  /** The callee's name for the work is worth nothing any more. */
  forgotten?: true;
  /** What was made by then, for an ending that comes of this. */
  partial?: Result;
  /** Drawn outside, so that the decision stays pure: 0 ≤ chance < 1. */
  chance: number;
};
/** `collected`: somebody in this process waits for this very ending, so that it need not be told (D7). */
export type Complete = UnderLease & { type: 'complete'; result: Result; usage?: Usage; collected?: true };
export type Fail = UnderLease & {
  type: 'fail';
  reason: Reason;
  error: string;
  partial?: Result;
  usage?: Usage;
  collected?: true;
};
/** `partial`: what was made by then, for one that has begun and ends with this. */
export type Cancel = On & { type: 'cancel'; note?: string; partial?: Result };
export type ConfirmCancel = UnderLease & { type: 'confirm_cancel'; partial?: Result; collected?: true };
/** The deadline, or the time it was worth waiting for, is over. */
export type Expire = On & { type: 'expire'; partial?: Result };
/** The callee had its time to confirm a cancel. */
export type Abandon = On & { type: 'abandon' };
/** Warned, and still no progress. */
export type Stall = On & { type: 'stall'; partial?: Result };
export type Rescue = On & { type: 'rescue'; chance: number };
export type Warn = On & { type: 'warn' };
/** For a whole lease; or for so long, 0 to let go of it: then whoever looks takes it over. */
/** `anew`: its holder could not be heard for a while, through no fault of its own; its silence begins anew as well. */
export type Renew = UnderLease & { type: 'renew'; forMs?: number; anew?: true };
export type Reprioritise = On & { type: 'reprioritise'; priority: Priority };
/** An agent that delivers by itself says how far it is. */
export type Report = On & {
  type: 'report';
  status: 'queued' | 'in_progress' | 'completed' | 'failed';
  result?: Result;
  error?: string;
};
/** A message to the callee names a recorded delegation: from here on it is ours to deliver. */
export type Adopt = On & { type: 'adopt'; request: Request };

export type DelegationCommand =
  | Release
  | Acknowledge
  | Progress
  | Depend
  | Wake
  | Steer
  | Heed
  | Ask
  | Answer
  | Requeue
  | Complete
  | Fail
  | Cancel
  | ConfirmCancel
  | Expire
  | Abandon
  | Stall
  | Rescue
  | Warn
  | Renew
  | Reprioritise
  | Report
  | Adopt;

export type DelegationCommandType = DelegationCommand['type'];

/** A column of the table: a command, or the dispatch that a free slot brings about by itself. */
export type Cause = DelegationCommandType | 'dispatch';

export const DELEGATION_COMMANDS: readonly DelegationCommandType[] = [
  'release',
  'acknowledge',
  'progress',
  'depend',
  'wake',
  'steer',
  'heed',
  'ask',
  'answer',
  'requeue',
  'complete',
  'fail',
  'cancel',
  'confirm_cancel',
  'expire',
  'abandon',
  'stall',
  'rescue',
  'warn',
  'renew',
  'reprioritise',
  'report',
  'adopt',
];
