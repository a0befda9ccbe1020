/**
 * Where one agent stands at one platform: what every part of the client is given, and how each asks.
 */
import type { Machine, Patience } from './again.ts';
import { again } from './again.ts';
import { bodyOf, DeskError, type PlatformCall } from '../tools/index.ts';
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

export interface Asking extends PlatformCall {
  patience?: Patience;
}

/** What cannot be said twice without harm says no patience, and is said once. */
export async function ask<T>(place: Place, { patience, ...call }: Asking): Promise<T> {
  if (place.closed.aborted) {
    throw closed();
  }
  const signal = call.signal === undefined ? place.closed : AbortSignal.any([place.closed, call.signal]);
  const once = async (): Promise<T> => bodyOf<T>(await place.platform.call({ ...call, signal }));
  try {
    return await (patience === undefined
      ? once()
      : again(once, { clock: place.clock, ids: place.ids, patience, signal }));
  } catch (error) {
    throw place.closed.aborted ? closed() : error;
  }
}

function closed(): DeskError {
  return new DeskError({
    code: 'closed',
    message: 'this connection to the platform was closed',
    fix: 'Connect again; nothing that was delegated was touched.',
  });
}
