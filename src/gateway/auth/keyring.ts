/**
 * Keys: made here, kept as hashes, looked up on every call, and forgotten by the cache within five seconds.
 *
 * A key is 256 random bits. Its hash is looked up in the store, so nothing secret is ever compared letter by letter;
 * the operator's key is compared in constant time, as a hash too.
 */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock, Engine } from '../../core/ports/index.ts';
import type { Key } from '../../core/workspace/index.ts';

const FRESH_MS = 2000;
const CACHED_MAX = 10_000;

export interface MadeKey {
  secret: string;
  hash: string;
  prefix: string;
}

export function makeKey(kind: 'ws' | 'org' | 'op'): MadeKey {
  return keyWith(kind, randomBytes(32).toString('base64url'));
}

/** From chance that is kept elsewhere. */
export function keyWith(kind: 'ws' | 'org' | 'op', chance: string): MadeKey {
  const secret = `ek_${kind}_${chance}`;
  return { secret, hash: hashOf(secret), prefix: secret.slice(0, 12) };
}

function hashOf(secret: string): string {
  return hash('sha256', secret, 'base64url');
}

export class Keyring {
  readonly #engine: Pick<Engine, 'keyByHash'>;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #operator: Buffer | undefined;
  readonly #cache = new Map<string, { key: Key | undefined; until: number }>();

  constructor(engine: Pick<Engine, 'keyByHash'>, clock: Pick<Clock, 'now'>, operatorKey: string | undefined) {
    this.#engine = engine;
    this.#clock = clock;
    this.#operator = operatorKey === undefined ? undefined : Buffer.from(hashOf(operatorKey));
  }

  isOperator(secret: string): boolean {
    return this.#operator !== undefined && timingSafeEqual(Buffer.from(hashOf(secret)), this.#operator);
  }

  /** The live key of this secret; undefined for what is unknown, revoked or expired. */
  async find(secret: string): Promise<Key | undefined> {
    const now = this.#clock.now();
    const digest = hashOf(secret);
    const cached = this.#cache.get(digest);
    const key = cached !== undefined && cached.until > now ? cached.key : await this.#load(digest, now);
    const isLive = key !== undefined && key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now);
    return isLive ? key : undefined;
  }

  /** After a change of keys: the next call reads the store. */
  forget(): void {
    this.#cache.clear();
  }

  async #load(digest: string, now: number): Promise<Key | undefined> {
    const key = await this.#engine.keyByHash(digest);
    if (this.#cache.size >= CACHED_MAX) {
      this.#cache.clear();
    }
    this.#cache.set(digest, { key, until: now + FRESH_MS });
    return key;
  }
}
