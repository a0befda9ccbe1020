/**
 * Does it again while the platform is away, with growing pauses in which callers that failed together come apart.
 *
 * Whoever does that has a way of saying it twice: a question, or a key. What the platform refuses is thrown at once.
 */
import { backoffMs, LIMITS } from '../core/delegation/index.ts';
import { ERRORS } from '../core/error.ts';
import type { Clock, Ids } from '../core/ports/index.ts';
import { DeskError } from '../tools/index.ts';
import { pause } from './pause.ts';

/** Where time and chance come from. */
export interface Machine {
  clock: Clock;
  ids: Pick<Ids, 'random' | 'chance'>;
}

/**
 * Both outlast that the platform is away. What it puts off, or what cannot be understood, is tried a few times
 * (`patient`), or until it is refused (`stubborn`).
 */
export type Patience = 'stubborn' | 'patient';

interface Trying extends Machine {
  patience: Patience;
  signal: AbortSignal;
}

const PACE = { ...LIMITS, backoffFirstMs: 200, backoffMostMs: 5000 };
const TRIES_MAX = 6;
/** Who says when to come again is obeyed so far. */
const OBEYED_MS_MAX = 30_000;

export async function again<T>(work: () => Promise<T>, { clock, ids, patience, signal }: Trying): Promise<T> {
  let spent = 0;
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      const kind = kindOf(error);
      spent += kind === 'away' || (kind === 'put off' && patience === 'stubborn') ? 0 : 1;
      if (kind === 'refused' || spent >= TRIES_MAX) {
        throw error;
      }
      await pause(clock, againMs(error, tries, ids), signal);
      signal.throwIfAborted();
    }
  }
}

export function againMs(error: unknown, tries: number, { chance }: Pick<Ids, 'chance'>): number {
  const asked = error instanceof DeskError ? (error.retryAfterMs ?? 0) : 0;
  const paced = backoffMs({ number: tries, chance: chance(), retryAfterMs: null }, PACE);
  return Math.max(paced, Math.min(asked, OBEYED_MS_MAX));
}

export function isRefusal(error: unknown): boolean {
  return kindOf(error) === 'refused';
}

function kindOf(error: unknown): 'away' | 'put off' | 'broken' | 'refused' {
  if (!(error instanceof DeskError)) {
    // A stream that broke off, or an answer that is not what it should be.
    return 'put off';
  }
  const { code, retryAfterMs } = error;
  const retry = Object.hasOwn(ERRORS, code) ? ERRORS[code as keyof typeof ERRORS].retry : undefined;
  if (code === 'unreachable' || (retry === 'same-key' && retryAfterMs !== undefined)) {
    return 'away';
  }
  if (code === 'broken_result') {
    return 'broken';
  }
  return retry === 'never' || code === 'closed' || code === 'answer_too_large' ? 'refused' : 'put off';
}
