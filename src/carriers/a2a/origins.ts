/**
 * One pool of kept-alive sockets per origin, so that a peer that hangs fills its own pool and nobody else's (T16).
 *
 * The sockets to one origin are bounded, and so are the origins: the one that was not used for longest is closed.
 * Times are ours to keep, so undici's are off; redirects it never follows by itself.
 */
import { Pool } from 'undici';
import { checkUrl, guardedLookup, GuardError, type GuardRules } from './guard.ts';

const CONNECT_MS = 5000;

export interface OriginsOptions extends GuardRules {
  connectionsPerOrigin: number;
  originsMax: number;
}

/** Where a request goes: a pool, and the path within its origin. */
export interface Target {
  url: string;
  pool: Pool;
  path: string;
}

export class Origins {
  readonly #options: OriginsOptions;
  readonly #pools = new Map<string, Pool>();
  readonly #parsed = new Map<string, { origin: string; path: string }>();

  #isClosed = false;

  constructor(options: OriginsOptions) {
    this.#options = options;
  }

  /** Throws a `GuardError` when the address may not be called. */
  target(url: string): Target {
    if (this.#isClosed) {
      throw new Error('the carrier is closed');
    }
    let place = this.#parsed.get(url);
    if (place === undefined) {
      place = this.#parse(url);
      makeRoom(this.#parsed, this.#options.originsMax * 4);
      this.#parsed.set(url, place);
    }
    return { url, pool: this.#pool(place.origin), path: place.path };
  }

  #parse(url: string): { origin: string; path: string } {
    const refusal = checkUrl(url, this.#options);
    if (refusal !== undefined) {
      throw new GuardError(refusal);
    }
    const { origin, pathname, search } = new URL(url);
    return { origin, path: pathname + search };
  }

  #pool(origin: string): Pool {
    const known = this.#pools.get(origin);
    if (known !== undefined) {
      // Moved to the end: the map's order is the order of use.
      this.#pools.delete(origin);
      this.#pools.set(origin, known);
      return known;
    }
    const pool = new Pool(origin, {
      connections: this.#options.connectionsPerOrigin,
      pipelining: 1,
      allowH2: false,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: CONNECT_MS, lookup: guardedLookup(new URL(origin), this.#options) },
    });
    for (const old of makeRoom(this.#pools, this.#options.originsMax)) {
      // What is under way on it still ends.
      void old.close();
    }
    this.#pools.set(origin, pool);
    return pool;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }
}

/** Takes out the oldest until one more fits. */
function makeRoom<Value>(map: Map<string, Value>, most: number): Value[] {
  const out: Value[] = [];
  for (const [key, value] of map) {
    if (map.size < most) {
      break;
    }
    map.delete(key);
    out.push(value);
  }
  return out;
}
