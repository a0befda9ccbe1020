/**
 * What waits for this agent to be read, one turn at a time.
 *
 * A turn is acknowledged when the next one is asked for. Whoever leaves the loop, by whichever way, has not asked: it
 * comes again after its lease, in this process or the next (D7). Endings that somebody here waits for by their handle
 * are left to the handle.
 */
import type { Turn } from './errand.ts';
import { pause } from './pause.ts';
import { ask } from './place.ts';
import type { Shared } from './handle.ts';

const WAIT_SECONDS = 30;
const MOST = 20;
const PAUSE_MS = 1000;

interface Notice {
  id: string;
  kind: 'settled' | 'asked' | 'batch';
  delegation_id?: string;
  batch_id?: string;
  turn: string;
}

export interface Reading {
  signal?: AbortSignal;
  most?: number;
}

export async function* turnsOf(shared: Shared, { signal, most = MOST }: Reading): AsyncGenerator<Turn> {
  const { closed } = shared.place;
  const stop = signal === undefined ? closed : AbortSignal.any([closed, signal]);
  while (!stop.aborted) {
    const notices = await read(shared, most, stop);
    const told = notices.filter((notice) => isTaken(shared, notice)).map(({ id }) => id);
    const left = notices.filter((notice) => !isTaken(shared, notice) && !isAwaited(shared, notice));
    if (left.length > 0) {
      const turn = turnOf(shared, left);
      yield turn;
      await turn.acknowledge();
    }
    await acknowledge(shared, told);
  }
}

async function read({ place }: Shared, most: number, signal: AbortSignal): Promise<Notice[]> {
  const query = { format: 'turn', view: 'brief', wait: WAIT_SECONDS, limit: most };
  const call = { method: 'GET', path: `${place.own}/inbox`, query, signal, check: Array.isArray } as const;
  const askedAt = place.clock.now();
  try {
    const notices = await ask<Notice[]>(place, call, 'stubborn');
    if (notices.length === 0 && place.clock.now() - askedAt < PAUSE_MS) {
      // What does not hold the question is not asked all the time.
      await pause(place.clock, PAUSE_MS, signal);
    }
    return notices;
  } catch (error) {
    if (signal.aborted) {
      return [];
    }
    throw error;
  }
}

function turnOf(shared: Shared, notices: readonly Notice[]): Turn {
  let acknowledged: Promise<void> | undefined;
  return {
    text: notices.map(({ turn }) => turn).join('\n\n'),
    notices: notices.map(({ id, kind, delegation_id: delegation, batch_id: batch }) => ({
      id,
      kind,
      ...(delegation === undefined ? {} : { delegation }),
      ...(batch === undefined ? {} : { batch }),
    })),
    async acknowledge() {
      acknowledged ??= acknowledge(
        shared,
        notices.map(({ id }) => id),
      );
      return acknowledged;
    },
  };
}

async function acknowledge({ place }: Shared, ids: readonly string[]): Promise<void> {
  if (ids.length > 0 && !place.closed.aborted) {
    await ask(place, { method: 'POST', path: `${place.own}/inbox/ack`, body: { ids } }, 'stubborn');
  }
}

function isTaken({ taken }: Shared, { kind, delegation_id: delegation, batch_id: batch }: Notice): boolean {
  return (kind === 'settled' && taken.has(delegation ?? '')) || (kind === 'batch' && taken.has(batch ?? ''));
}

function isAwaited(
  { watcher, awaited }: Shared,
  { kind, delegation_id: delegation, batch_id: batch }: Notice,
): boolean {
  return (kind === 'settled' && watcher.isAwaited(delegation ?? '')) || (kind === 'batch' && awaited.has(batch ?? ''));
}
