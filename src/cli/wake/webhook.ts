/**
 * An agent behind an address: each turn is posted to it, signed, and an answer in the two hundreds says that the turn
 * has ended. 202 says that it was taken: then the receiver acknowledges by itself.
 *
 * The address was typed by whoever runs this on this machine, so it may be anywhere; in the clear only on this machine.
 */
import { systemClock } from '../../server/clock.ts';
import { usage } from '../failure.ts';
import type { Outcome } from './keep-waking.ts';
import { messageOf, over } from './platform-inbox.ts';
import { deliveryId, signed } from './signature.ts';
import type { Turn } from './turn.ts';

export interface Receiver {
  url: URL;
  key: Buffer | undefined;
  timeoutMs: number;
  workspace: string;
  stop: AbortSignal;
}

const LOOPBACK = /^(?:localhost|\[::1\]|127(?:\.\d{1,3}){3})$/u;

export function addressOf(given: string): URL {
  const url = URL.parse(given);
  if (url === null || !/^https?:$/u.test(url.protocol)) {
    throw usage(`${given} is not an address.`, 'It begins with https://, or with http:// on this machine.');
  }
  if (url.username !== '' || url.password !== '') {
    throw usage('the address holds a name or a password.', 'Use --secret: the receiver then knows who sent it.');
  }
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) {
    throw usage(`http://${url.host} would be in the clear.`, 'Use https://; http:// is for this machine only.');
  }
  return url;
}

export async function post({ url, key, timeoutMs, workspace, stop }: Receiver, turn: Turn): Promise<Outcome> {
  const body = JSON.stringify({ type: 'turn', workspace_id: workspace, turn: turn.text, notices: turn.notices });
  const id = deliveryId(workspace, turn.ids);
  const at = Math.floor(systemClock.now() / 1000);
  const late = over(timeoutMs);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'errand-wake',
        'webhook-id': id,
        'webhook-timestamp': String(at),
        ...(key === undefined ? {} : { 'webhook-signature': signed(key, { id, at, body }) }),
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([stop, late]),
    });
    await response.body?.cancel();
    return outcomeOf(response);
  } catch (error) {
    if (stop.aborted) {
      return { kind: 'cut' };
    }
    return { kind: 'failed', why: late.aborted ? `no answer within ${timeoutMs / 1000} s` : causeOf(error) };
  }
}

function outcomeOf({ status, headers }: Response): Outcome {
  if (status === 202) {
    return { kind: 'taken' };
  }
  if (status >= 200 && status < 300) {
    return { kind: 'ended' };
  }
  if (status === 410) {
    return { kind: 'gone', why: 'the receiver answered 410: nobody is to be woken there any more' };
  }
  const retryInMs = retryAfterOf(headers.get('retry-after'));
  return { kind: 'failed', why: `it answered ${status}`, ...(retryInMs === undefined ? {} : { retryInMs }) };
}

/** In seconds, or a moment. */
function retryAfterOf(said: string | null): number | undefined {
  if (said === null || said === '') {
    return undefined;
  }
  const ms = /^\d{1,9}$/u.test(said) ? Number(said) * 1000 : Date.parse(said) - systemClock.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

function causeOf(error: unknown): string {
  const root = error instanceof Error ? (error.cause ?? error) : error;
  return root instanceof Error && 'code' in root ? String(root.code) : messageOf(root);
}
