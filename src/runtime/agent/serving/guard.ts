/**
 * Who may call: the platform it serves, by the token of the attempt it calls about; whoever has the agent's own token; or,
 * on loopback without one, whoever is on this machine and not a page in a browser.
 *
 * A page on the web can make a browser call loopback, and a name can be made to point there; neither can forge these
 * headers. Programs send none of them. Tokens are compared by their digests, so that time tells nothing of them.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const LOOPBACK_NAME = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/u;
const BEARER = /^bearer +(\S+) *$/iu;

export type Refused = { status: 401 | 403 | 503; why: string } | undefined;

/** `unknown`: nobody can say right now. */
export type Word = 'good' | 'bad' | 'unknown';

export type Guard = (request: IncomingMessage) => Promise<Refused>;

export interface Trusted {
  /** The agent's own token. */
  token: string | undefined;
  /** Whether its platform knows this token as that of an attempt at this agent. */
  isAttempt: ((token: string) => Promise<Word>) | undefined;
  /** It listens on this machine alone, and so answers whoever is on it. */
  isLocal: boolean;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/u.test(host);
}

export function guardWith({ token, isAttempt, isLocal }: Trusted): Guard {
  const wanted = token === undefined ? undefined : digest(token);
  const isOpen = wanted === undefined && isLocal;
  return async (request) => {
    const { host, origin, authorization } = request.headers;
    if (isOpen && (host === undefined || !LOOPBACK_NAME.test(host))) {
      return { status: 403, why: 'without a token only this machine is answered, under its own name' };
    }
    if (request.headers['sec-fetch-site'] === 'cross-site' || (origin !== undefined && !isOwn(origin, host))) {
      return { status: 403, why: 'this comes from another site' };
    }
    const given = BEARER.exec(authorization ?? '')?.[1] ?? '';
    if (isOpen || (wanted !== undefined && timingSafeEqual(digest(given), wanted))) {
      return undefined;
    }
    return REFUSED[given === '' ? 'bad' : ((await isAttempt?.(given)) ?? 'bad')];
  };
}

const REFUSED: Readonly<Record<Word, Refused>> = {
  good: undefined,
  bad: { status: 401, why: 'the bearer token is missing or not the one' },
  unknown: { status: 503, why: 'whether this token is good cannot be told right now' },
};

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function isOwn(origin: string, host: string | undefined): boolean {
  return URL.parse(origin)?.host === host;
}
