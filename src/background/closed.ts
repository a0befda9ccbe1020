/**
 * Once it is shut down nothing is asked of its store any more: whoever does is told that, and where to ask, and not what
 * a store says that somebody has closed.
 */
import { ErrandError } from '../core/error.ts';
import type { House } from './house.ts';

export function closed({ isKept }: Pick<House, 'isKept'>, cause?: unknown): ErrandError {
  const message = isKept
    ? 'This was shut down. Open the store again and ask there: what is in it is told then.'
    : 'This was shut down, and what it had in memory is gone. Open another one.';
  return new ErrandError({ code: 'shutting_down', message }, { cause });
}

export async function whileOpen<T>(house: Pick<House, 'isKept' | 'closing'>, ask: () => Promise<T>): Promise<T> {
  if (house.closing.aborted) {
    throw closed(house);
  }
  return unlessClosed(house, ask);
}

/** For what may still be done while it closes, and for whoever asked before and is answered by a closed store. */
export async function unlessClosed<T>(house: Pick<House, 'isKept' | 'closing'>, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const isOfStore = !(error instanceof ErrandError) || error.code === 'unavailable';
    throw house.closing.aborted && isOfStore ? closed(house, error) : error;
  }
}
