/**
 * What an agent that fetches says to the platform, and what it is given, in the words of the HTTP API.
 *
 * No call hangs for ever: a connection can be gone without either side being told.
 */
import type { Part } from '../../core/delegation/index.ts';
import type { Clock } from '../../core/ports/index.ts';
import { bodyOf, DeskError, type PlatformAnswer, type PlatformCall } from '../../tools/index.ts';
import { again, type Patience } from '../again.ts';
import type { Place } from '../place.ts';
import type { Task } from './work.ts';

export interface Given {
  delegation_id: string;
  source_id: string;
  task: string;
  parts: Part[];
  context?: string;
  conversation_id: string | null;
  attempt: number;
  epoch: number;
  lease_ms: number;
  attempt_token: string;
  deadline: string;
  may_have_run: boolean;
  /** What it had asked, and what it was answered. */
  question?: string;
  answer?: string;
  traceparent?: string;
}

/** Of one lease that was to be renewed. */
export interface Renewed {
  delegation_id: string;
  epoch: number;
  cancel_requested?: boolean;
  code?: string;
}

export interface Saying {
  signal: AbortSignal;
  /** How long one try may take. */
  withinMs?: number;
  /** Without it there is one try. */
  patience?: Patience;
}

const WITHIN_MS = 30_000;

export async function say<T>(place: Place, call: PlatformCall, saying: Saying): Promise<T> {
  const once = async (): Promise<T> => bodyOf<T>(await answerTo(place, call, saying));
  const { clock, ids } = place;
  const { patience, signal } = saying;
  return patience === undefined ? once() : again(once, { clock, ids, patience, signal });
}

/** One try, with the headers of the answer. */
export async function answerTo(
  place: Place,
  call: PlatformCall,
  { signal, withinMs = WITHIN_MS }: Saying,
): Promise<PlatformAnswer> {
  return within(place.clock, { ms: withinMs, signal }, async (either) =>
    place.platform.call({ ...call, signal: either }),
  );
}

async function within<T>(
  clock: Clock,
  { ms, signal }: { ms: number; signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const timer = clock.after(ms, () => {
    const message = `the platform has not answered for ${Math.round(ms / 1000)} s`;
    over.abort(new DeskError({ code: 'unreachable', message }));
  });
  try {
    return await work(AbortSignal.any([signal, over.signal]));
  } finally {
    timer.cancel();
  }
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof DeskError ? error.code : undefined;
}

const OVERTAKEN: ReadonlySet<string> = new Set(['stale_epoch', 'not_now', 'not_found']);

/** Whoever is told this has nothing to say about the task any more. */
export function isOvertaken(error: unknown): boolean {
  return OVERTAKEN.has(codeOf(error) ?? '');
}

export function taskOf(given: Given, skewMs: number): Task {
  return {
    id: given.delegation_id,
    text: given.task,
    ...(given.context === undefined ? {} : { context: given.context }),
    parts: given.parts,
    caller: given.source_id,
    conversation: given.conversation_id,
    attempt: given.attempt,
    deadline: new Date(Date.parse(given.deadline) - skewMs),
    mayHaveRun: given.may_have_run,
    ...(given.traceparent === undefined ? {} : { traceparent: given.traceparent }),
  };
}

/** How far the platform's clock is ahead of ours; less than it says to the second is nothing. */
export function skewOf({ headers }: Pick<PlatformAnswer, 'headers'>, now: number): number {
  const skewMs = Date.parse(headers['date'] ?? '') - now;
  return Math.abs(skewMs) > 2000 ? skewMs : 0;
}
