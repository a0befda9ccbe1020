/**
 * Who may call: whoever has the token, or where there is none whoever is on this machine and not a page in a browser.
 *
 * A page on the web can make a browser call loopback, and a name can be made to point there; neither can forge these
 * headers. Programs send none of them. Tokens are compared by their digests, so that time tells nothing of them.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const LOOPBACK_NAME = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/u;
const BEARER = /^bearer +(\S+) *$/iu;

export type Refused = { status: 401 | 403; why: string } | undefined;

export type Guard = (request: IncomingMessage) => Refused;

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/u.test(host);
}

export function guardWith(token: string | undefined): Guard {
  const wanted = token === undefined ? undefined : digest(token);
  return (request) => {
    const { host, origin, authorization } = request.headers;
    if (wanted === undefined && (host === undefined || !LOOPBACK_NAME.test(host))) {
      return { status: 403, why: 'without a token only this machine is answered, under its own name' };
    }
    if (request.headers['sec-fetch-site'] === 'cross-site' || (origin !== undefined && !isOwn(origin, host))) {
      return { status: 403, why: 'this comes from another site' };
    }
    const given = BEARER.exec(authorization ?? '')?.[1] ?? '';
    if (wanted !== undefined && !timingSafeEqual(digest(given), wanted)) {
      return { status: 401, why: 'the bearer token is missing or not the one' };
    }
    return undefined;
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function isOwn(origin: string, host: string | undefined): boolean {
  return URL.parse(origin)?.host === host;
}
