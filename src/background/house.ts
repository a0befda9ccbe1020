/**
 * What everything behind the door has in common: the line, who is called what on it, and who waits for what.
 *
 * A session is a seat that delegates and has an inbox. The functions of this process are the skills of one seat, so that
 * they share one queue and one number of slots; a callee with slots of its own has a seat of its own.
 */
import type { ByKey } from '../core/by-key.ts';
import type { Clock, Ids } from '../core/ports/index.ts';
import type { Line } from '../flow/index.ts';
import type { Callees, Full } from './background.ts';
import type { CalleeSeat } from './callees.ts';
import type { TaskHandle } from './handle.ts';
import type { Run } from './run.ts';
import type { Running } from './running.ts';
import type { Sessions } from './sessions.ts';
import type { Waiters } from './waiters.ts';
import type { Weight } from './weight.ts';

export interface House {
  readonly line: Line;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly callees: Callees;
  readonly seats: ReadonlyMap<string, CalleeSeat>;
  readonly sessions: Sessions;
  readonly waiters: Waiters;
  readonly weight: Weight;
  readonly full: Full;
  /** How long it may wait for its start, where a task does not say. */
  readonly queueAgeMs: number;
  /** The run of a function in which something is said; what it delegates is its child. */
  readonly running: Running;
  /** On their way to the store, by id: what is asked about them waits for that. */
  readonly arriving: ByKey<TaskHandle>;
  /** Of its functions, by delegation. */
  readonly runs: ByKey<Run>;
  isClosed: boolean;
  /** The store outlives the process: what was not told is told at the next start. */
  readonly isKept: boolean;
  /** Aborted when it closes: whoever listens stops. */
  readonly closing: AbortSignal;
}

export const ORG = 'background';
/** The seat whose skills are the functions of this process. */
export const HERE = 'here';
/** The seat of tasks that are done at once, because the queue was full and their caller wanted that. */
export const INLINE = 'inline';
export const DEFAULT_SESSION = 'main';

const SESSION = 'session:';

export function seatOfSession(session: string): string {
  return `${SESSION}${session}`;
}

/** Undefined for a seat that is no session's: a function that delegates. */
export function sessionOfSeat(seat: string): string | undefined {
  return seat.startsWith(SESSION) ? seat.slice(SESSION.length) : undefined;
}
