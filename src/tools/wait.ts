/**
 * Waiting for endings, in steps of a few seconds, so that whoever holds the call can be shown that something happens.
 *
 * No clock: each step is a long poll that lasts as long as it says, unless what was waited for is there.
 */
import { isSettled } from '../core/delegation/index.ts';
import type { Delegated } from './desk.ts';
import type { ToolContext } from './spec.ts';

/** Where there is somebody to show it to; else a look lasts as long as the platform lets one last. */
const STEP_SHOWN_MS = 10_000;
const STEP_MS = 60_000;
/** Under the minute after which the usual client gives up; longer where it is shown progress meanwhile. */
const HOLD_MS = 45_000;
const HOLD_WITH_PROGRESS_MS = 110_000;

export function holdOf(context: ToolContext, asked: number | undefined): number {
  const most = context.holdMs ?? (context.onProgress === undefined ? HOLD_MS : HOLD_WITH_PROGRESS_MS);
  return Math.min(asked ?? most, most);
}

export function isAtRest({ status }: Pick<Delegated, 'status'>): boolean {
  return isSettled(status) || status === 'input_required';
}

/**
 * As it is shown, which is how its caller is told, so it is not told again (D7). What was seen is shown also where that
 * cannot be said: then it is told twice, and not never.
 */
export async function collected({ desk, signal }: ToolContext, seen: Delegated): Promise<Delegated> {
  try {
    return (await desk.look(seen.delegation_id, { collect: true, signal })) ?? seen;
  } catch {
    signal?.throwIfAborted();
    return seen;
  }
}

interface Wait {
  ids: readonly string[];
  /** So many at rest are enough. */
  enough: number;
  holdMs: number;
}

/** As each of them stands when enough are at rest or the time is over; undefined for what is not there. */
export async function waitForRest(context: ToolContext, wait: Wait): Promise<(Delegated | undefined)[]> {
  context.signal?.throwIfAborted();
  const stop = new AbortController();
  const leave = () => stop.abort();
  context.signal?.addEventListener('abort', leave, { once: true });
  let resting = 0;
  const waitFor = async (id: string, index: number): Promise<Delegated | undefined> => {
    const found = await stepsOf(context, { id, holdMs: wait.holdMs, stop: stop.signal, isShown: index === 0 });
    if (found === undefined || isAtRest(found)) {
      resting += 1;
    }
    if (resting >= wait.enough) {
      stop.abort();
    }
    return found;
  };
  try {
    const found = await Promise.all(wait.ids.map(waitFor));
    context.signal?.throwIfAborted();
    return found;
  } finally {
    context.signal?.removeEventListener('abort', leave);
    stop.abort();
  }
}

/** Looks until it is at rest, the time is over, or nobody needs to wait any more. */
async function stepsOf(
  { desk, onProgress }: ToolContext,
  { id, holdMs, stop, isShown }: { id: string; holdMs: number; stop: AbortSignal; isShown: boolean },
): Promise<Delegated | undefined> {
  let found: Delegated | undefined;
  const stepMs = onProgress === undefined ? STEP_MS : STEP_SHOWN_MS;
  let left = holdMs;
  do {
    try {
      found = await desk.look(id, { waitMs: Math.min(stepMs, left), signal: stop });
    } catch (error) {
      if (!stop.aborted) {
        throw error;
      }
      return found ?? desk.look(id);
    }
    if (found === undefined || isAtRest(found)) {
      return found;
    }
    if (isShown) {
      onProgress?.(`${found.status}; ${found.next_action}`);
    }
    left -= stepMs;
  } while (left > 0 && !stop.aborted);
  return found;
}
