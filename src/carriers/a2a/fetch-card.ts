/**
 * Reads the agent card behind an address somebody typed: the address itself if it is a card's, then the well-known
 * paths below it and at its origin, in both spellings.
 *
 * Every look passes the guard and is bounded in size and time. What a peer answered instead of a card is not echoed.
 */
import type { Dispatcher } from 'undici';
import { addressIn, isCard, type Json } from '../../a2a/index.ts';
import type { Clock } from '../../core/ports/index.ts';
import { describe } from './client.ts';
import { checkUrl, GuardError, type GuardRules } from './guard.ts';
import { Origins } from './origins.ts';

const CARD_BYTES_MAX = 256 * 1024;
const CARD_MS = 10_000;
const WELL_KNOWN = ['.well-known/agent-card.json', '.well-known/agent.json'];

export type FetchedCard =
  /** `url` is where the card says the agent listens, or the address that was asked. */
  { card: Json; url: string; from: string } | { card?: undefined; error: string };

export async function fetchCard(url: string, options: GuardRules & { clock: Clock }): Promise<FetchedCard> {
  const refusal = checkUrl(url, options);
  if (refusal !== undefined) {
    return { error: `${url} may not be called: ${refusal}` };
  }
  const origins = new Origins({ ...options, connectionsPerOrigin: 1, originsMax: 1 });
  const errors: string[] = [];
  try {
    for (const place of placesOf(url)) {
      const found = await get(origins, place, options.clock);
      if (typeof found !== 'string') {
        return { card: found, url: addressIn(found) ?? url, from: place };
      }
      errors.push(`${place}: ${found}`);
    }
  } finally {
    await origins.close();
  }
  return { error: `no agent card found (${errors.join('; ')})` };
}

function placesOf(url: string): string[] {
  const base = url.endsWith('/') ? url : `${url}/`;
  const own = url.endsWith('.json') ? [new URL(url).href] : [];
  const below = WELL_KNOWN.map((path) => new URL(path, base).href);
  const atOrigin = WELL_KNOWN.map((path) => new URL(`/${path}`, url).href);
  return [...new Set([...own, ...below, ...atOrigin])];
}

/** The card, or why there is none. */
function get(origins: Origins, url: string, clock: Clock): Promise<Json | string> {
  return new Promise((resolve) => {
    try {
      const { pool, path } = origins.target(url);
      const headers = ['accept', 'application/json', 'accept-encoding', 'identity'];
      pool.dispatch({ path, method: 'GET', headers }, reader(clock, resolve));
    } catch (error) {
      resolve(describe(error));
    }
  });
}

function reader(clock: Clock, resolve: (found: Json | string) => void): Dispatcher.DispatchHandler {
  const chunks: Buffer[] = [];
  let size = 0;
  let request: Dispatcher.DispatchController | undefined;
  const timer = clock.after(CARD_MS, () => giveUp('no answer in time'));
  function settle(found: Json | string): void {
    timer.cancel();
    resolve(found);
  }
  function giveUp(why: string): void {
    settle(why);
    request?.abort(new Error(why));
  }
  return {
    onRequestStart(controller) {
      request = controller;
    },
    onResponseStart(_controller, status) {
      if (status !== 200) {
        giveUp(`HTTP ${status}`);
      }
    },
    onResponseData(_controller, chunk) {
      size += chunk.length;
      chunks.push(chunk);
      if (size > CARD_BYTES_MAX) {
        giveUp('larger than a card may be');
      }
    },
    onResponseEnd() {
      settle(readCard(Buffer.concat(chunks).toString('utf8')));
    },
    onResponseError(_controller, error) {
      settle(error instanceof GuardError ? 'may not be called' : describe(error));
    },
  };
}

function readCard(text: string): Json | string {
  try {
    const value: unknown = JSON.parse(text);
    return isCard(value) ? value : 'not an agent card';
  } catch {
    return 'not JSON';
  }
}
