/**
 * Waiting for endings, in steps of a few seconds, so that whoever holds the call can be shown that something happens.
 *
 * No clock: each step is a long poll that lasts as long as it says, unless what was waited for is there.
 */
import { isSettled } from '../core/delegation/index.ts';
import type { Delegated } from './desk.ts';
import type { ToolContext } from './spec.ts';

const STEP_MS = 10_000;
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

/** As each of them stands when `enough` are at rest or the time is over; undefined for what is not there. */
export async function waitForRest(
  context: ToolContext,
  waiting: { ids: readonly string[]; enough: number; holdMs: number },
): Promise<(Delegated | undefined)[]> {
  const { ids, holdMs } = waiting;
  const stop = new AbortController();
  const leave = () => stop.abort();
  context.signal?.addEventListener('abort', leave, { once: true });
  const found: (Delegated | undefined)[] = ids.map(() => undefined);
  let resting = 0;
  const look = async (id: string, index: number): Promise<void> => {
    let left = holdMs;
    do {
      const one = await lookOnce(context, { id, waitMs: Math.min(STEP_MS, left), stop: stop.signal });
      found[index] = one ?? found[index];
      if (one === undefined || isAtRest(one)) {
        resting += Number(!stop.signal.aborted);
        break;
      }
      if (index === 0) {
        context.onProgress?.(`${one.status}; ${one.next_action}`);
      }
      left -= STEP_MS;
    } while (left > 0 && !stop.signal.aborted);
    if (resting >= waiting.enough) {
      stop.abort();
    }
  };
  try {
    await Promise.all(ids.map(look));
  } finally {
    context.signal?.removeEventListener('abort', leave);
    stop.abort();
  }
  context.signal?.throwIfAborted();
  return found;
}

/** Undefined where there is no such task, or where nobody waits for it any more. */
async function lookOnce(
  { desk }: ToolContext,
  { id, waitMs, stop }: { id: string; waitMs: number; stop: AbortSignal },
): Promise<Delegated | undefined> {
  try {
    return await desk.look(id, { waitMs, signal: stop });
  } catch (error) {
    if (stop.aborted) {
      return undefined;
    }
    throw error;
  }
}
