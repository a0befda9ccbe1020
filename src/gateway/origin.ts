/**
 * Whether a browser brought this request from another site, or to a name that is not ours.
 *
 * A page on the web can make a browser call loopback, and a name can be made to point there; neither can forge these
 * headers. Programs send none of them and are not concerned.
 */
import type { IncomingMessage } from 'node:http';
import type { Gateway } from './gateway.ts';

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/u;

export function isForeign(gateway: Gateway, request: IncomingMessage): boolean {
  const { host, origin } = request.headers;
  if (gateway.open && host !== undefined && !LOOPBACK.test(host)) {
    return true;
  }
  if (request.headers['sec-fetch-site'] === 'cross-site') {
    return true;
  }
  return origin !== undefined && !isOwnOrigin(origin, host);
}

function isOwnOrigin(origin: string, host: string | undefined): boolean {
  const url = URL.parse(origin);
  return url !== null && url.host === host;
}
