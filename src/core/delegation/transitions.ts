/**
 * The state machine, whole: every status × every command, with no cell left open.
 *
 * A cell says what the command does in that status. `decide.ts` adds what the status alone cannot know: epochs,
 * owners, attempts left. The table is printed in docs/spec/delegation.md and a test walks every cell (D2, D3, D4).
 */
import type { Cause } from './command.ts';
import type { Status } from './status.ts';

/**
 * - a status: the delegation moves there;
 * - `stay`: something is written, the status is the same;
 * - `noop`: already so, an answer and nothing written;
 * - `late`: it has its ending; what came is kept as evidence beside it;
 * - `refuse`: makes no sense here, a typed refusal.
 */
export type Next = Status | 'stay' | 'noop' | 'late' | 'refuse';

type Row = Record<Cause, Next>;

/** The three endings answer alike: nothing moves them. */
const SETTLED: Row = {
  release: 'noop',
  dispatch: 'noop',
  acknowledge: 'late',
  progress: 'late',
  depend: 'late',
  wake: 'noop',
  steer: 'refuse',
  heed: 'late',
  ask: 'late',
  answer: 'refuse',
  requeue: 'late',
  complete: 'late',
  fail: 'late',
  cancel: 'noop',
  confirm_cancel: 'noop',
  expire: 'noop',
  abandon: 'noop',
  stall: 'noop',
  rescue: 'noop',
  warn: 'noop',
  renew: 'late',
  reprioritise: 'refuse',
  report: 'late',
  adopt: 'noop',
};

/** Both hold a slot and a lease; they differ in whether the callee has spoken yet. */
const RUNNING: Row = {
  release: 'noop',
  dispatch: 'noop',
  acknowledge: 'in_progress',
  progress: 'in_progress',
  depend: 'pending',
  wake: 'noop',
  steer: 'stay',
  heed: 'stay',
  ask: 'input_required',
  answer: 'refuse',
  requeue: 'queued',
  complete: 'completed',
  fail: 'failed',
  cancel: 'stay',
  confirm_cancel: 'cancelled',
  expire: 'failed',
  abandon: 'cancelled',
  stall: 'failed',
  rescue: 'queued',
  warn: 'stay',
  renew: 'stay',
  reprioritise: 'refuse',
  report: 'stay',
  adopt: 'noop',
};

const WAITING: Row = {
  release: 'queued',
  dispatch: 'refuse',
  acknowledge: 'refuse',
  progress: 'refuse',
  depend: 'refuse',
  wake: 'queued',
  steer: 'stay',
  heed: 'refuse',
  ask: 'refuse',
  answer: 'refuse',
  requeue: 'refuse',
  complete: 'refuse',
  fail: 'refuse',
  cancel: 'cancelled',
  confirm_cancel: 'refuse',
  expire: 'failed',
  abandon: 'noop',
  stall: 'noop',
  rescue: 'noop',
  warn: 'noop',
  renew: 'refuse',
  reprioritise: 'stay',
  report: 'stay',
  adopt: 'queued',
};

export const TRANSITIONS: Record<Status, Row> = {
  pending: WAITING,
  queued: { ...WAITING, release: 'stay', dispatch: 'dispatched', wake: 'noop' },
  dispatched: RUNNING,
  in_progress: { ...RUNNING, acknowledge: 'noop', progress: 'stay' },
  input_required: {
    ...WAITING,
    release: 'noop',
    acknowledge: 'noop',
    progress: 'stay',
    wake: 'noop',
    ask: 'stay',
    answer: 'queued',
    complete: 'completed',
    fail: 'failed',
    confirm_cancel: 'cancelled',
    reprioritise: 'stay',
    report: 'stay',
    adopt: 'noop',
  },
  completed: SETTLED,
  failed: SETTLED,
  cancelled: SETTLED,
};
