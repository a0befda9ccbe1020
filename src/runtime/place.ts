/**
 * Where one agent stands at one platform: what every part of the client is given, and how each asks.
 */
import type { Machine, Patience } from './again.ts';
import { again } from './again.ts';
import { bodyOf, DeskError, type Platform, type PlatformCall } from '../tools/index.ts';
import { platformAt, type PlatformAt, type Reachable } from './platform.ts';

export interface Place extends Machine {
  url: string;
  platform: Reachable;
  workspace: string;
  /** The path of this workspace. */
  own: string;
  /** Aborted when it is closed. */
  closed: AbortSignal;
}

export function placeAt(at: PlatformAt, where: { workspace: string; closed: AbortSignal } & Machine): Place {
  const own = `/workspaces/${encodeURIComponent(where.workspace)}`;
  return { ...where, url: at.url.replace(/\/+$/u, ''), platform: platformAt(at, where.workspace), own };
}

export function pathOf(place: Place, id: string, rest = ''): string {
  return `${place.own}/delegations/${encodeURIComponent(id)}${rest}`;
}

/** For a desk: what is asked there is asked once, and no more after it was closed. */
export function platformOf(place: Place): Platform {
  return {
    call: async (asked) =>
      place.closed.aborted
        ? Promise.reject(closed())
        : place.platform.call({ ...asked, signal: either(place, asked.signal) }),
  };
}

export interface Asking extends PlatformCall {
  /** Whether an answer has what will be read of it: whoever answers may be no platform. */
  check?: (body: Record<string, unknown>) => boolean;
}

export async function ask<T>(place: Place, asking: Asking, patience: Patience): Promise<T> {
  return lasting(place, { patience, signal: asking.signal }, async (signal) => once<T>(place, { ...asking, signal }));
}

/** For what takes several calls: all of them are made again. */
export async function lasting<T>(
  place: Place,
  { patience, signal: own }: { patience: Patience; signal?: AbortSignal | undefined },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clock, ids } = place;
  const signal = either(place, own);
  try {
    signal.throwIfAborted();
    return await again(async () => work(signal), { clock, ids, patience, signal });
  } catch (error) {
    throw place.closed.aborted ? closed() : error;
  }
}

export async function once<T>(place: Place, { check = isThere, ...call }: Asking): Promise<T> {
  const body = bodyOf<Record<string, unknown> | null | undefined>(await place.platform.call(call));
  if (typeof body !== 'object' || body === null || !check(body)) {
    throw new DeskError({
      code: 'unavailable',
      message: 'what answers is no platform of ours: it leaves out what was asked for',
      fix: 'Check the address of the platform.',
    });
  }
  return body as T;
}

function either({ closed: over }: Place, own: AbortSignal | undefined): AbortSignal {
  return own === undefined ? over : AbortSignal.any([over, own]);
}

function isThere(): boolean {
  return true;
}

function closed(): DeskError {
  return new DeskError({
    code: 'closed',
    message: 'this connection to the platform was closed',
    fix: 'Connect again; nothing that was delegated was touched.',
  });
}
