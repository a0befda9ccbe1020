/**
 * Where the states of an A2A task meet our statuses, in both directions and for both versions.
 *
 * Inwards the word is read in any spelling; what is not in the list is `unknown` and never taken for an ending.
 * Outwards a task never goes back: once WORKING, a second wait in the queue stays WORKING.
 */
import type { Reason, Status } from '../core/delegation/index.ts';

export const REMOTE_STATES = [
  'submitted',
  'working',
  'input-required',
  'auth-required',
  'completed',
  'failed',
  'canceled',
  'rejected',
  'unknown',
] as const;

export type RemoteState = (typeof REMOTE_STATES)[number];

const TERMINAL: ReadonlySet<RemoteState> = new Set(['completed', 'failed', 'canceled', 'rejected']);
const KNOWN: ReadonlyMap<string, RemoteState> = new Map([
  ...REMOTE_STATES.map((state) => [state, state] as const),
  ['cancelled', 'canceled'],
]);
const V1_PREFIX = 'TASK_STATE_';

/** A terminal task never changes again. */
export function isTerminal(state: RemoteState): boolean {
  return TERMINAL.has(state);
}

/** `working`, `TASK_STATE_WORKING`, `input_required` and their like. */
export function readState(value: unknown): RemoteState {
  if (typeof value !== 'string') {
    return 'unknown';
  }
  const plain = value.startsWith(V1_PREFIX) ? value.slice(V1_PREFIX.length) : value;
  return KNOWN.get(value) ?? KNOWN.get(plain.toLowerCase().replaceAll('_', '-')) ?? 'unknown';
}

export function v1State(state: RemoteState): string {
  return state === 'unknown' ? 'TASK_STATE_UNSPECIFIED' : V1_PREFIX + state.toUpperCase().replaceAll('-', '_');
}

export interface Standing {
  status: Status;
  reason: Reason | null;
  /** The callee had it once: what waits again is shown as working. */
  started: boolean;
}

/** How a delegation looks to those who see it as a task. */
export function stateOf(standing: Standing): RemoteState {
  switch (standing.status) {
    case 'pending':
    case 'queued':
      return standing.started ? 'working' : 'submitted';
    case 'dispatched':
    case 'in_progress':
      return 'working';
    case 'input_required':
      return 'input-required';
    case 'completed':
      return 'completed';
    case 'failed':
      return standing.reason === 'rejected' ? 'rejected' : 'failed';
    case 'cancelled':
      return 'canceled';
  }
}

/** What a peer's task amounts to here; `undefined` when its state says nothing. */
export function statusOf(state: RemoteState): Status | undefined {
  switch (state) {
    case 'submitted':
    case 'working':
      return 'in_progress';
    case 'input-required':
    case 'auth-required':
      return 'input_required';
    case 'completed':
      return 'completed';
    case 'failed':
    case 'rejected':
      return 'failed';
    case 'canceled':
      return 'cancelled';
    case 'unknown':
      return undefined;
  }
}
