/**
 * The law of one delegation: its words, its table, its clockwork and its place in the queue. Pure.
 */
export { batchStatus, endedOf, type BatchStatus } from './batch.ts';
export {
  charged,
  lesser,
  nearEnd,
  newPurse,
  overspent,
  refunded,
  shortOf,
  unitsIn,
  unused,
  usedSince,
  withReserved,
  type Budget,
  type Purse,
} from './budget.ts';
export {
  DELEGATION_COMMANDS,
  type Accept,
  type Adopt,
  type Answer,
  type DelegationCommand,
  type DelegationCommandType,
  type Minted,
  type OpenBatch,
  type Ref,
  type Report,
  type Requeue,
} from './command.ts';
export { dueAt, isOverdue, overdue, worthStartingUntil, type Moment, type Timed } from './deadline.ts';
export { costsAttempt, decide, type Verdict } from './decide.ts';
export {
  BANDS,
  PRIORITIES,
  type Batch,
  type Delegation,
  type Delivery,
  type Detail,
  type LateResult,
  type Origin,
  type Part,
  type Priority,
  type Request,
  type Result,
  type Usage,
} from './delegation.ts';
export { afterSaying } from './pace.ts';
export { aheadMs, NO_DURATIONS, observe, usualMs, type Durations } from './estimate.ts';
export { whyLetGo, type LettingGo } from './let-go.ts';
export { LIMITS, type Limits } from './limits.ts';
export { bandOf, effectivePriority, laneOf, nextOf, turnOf, type LaneKey, type Round } from './queue.ts';
export { CAUSES, REASONS, type Cause, type Reason, type WaitingFor } from './reason.ts';
export { backoffMs, type Try } from './retry.ts';
export { holdsSlot, isSettled, NEXT_ACTION, STATUSES, type Status } from './status.ts';
export { TRANSITIONS, type Next } from './transitions.ts';
