/**
 * When a peer wants to be asked again: the header in seconds or as a date, or the body's own word for it.
 *
 * A peer may not park a delegation for ever; what it asks is bounded by the longest pause we would make ourselves.
 */
import { asRecord, countAt } from '../../a2a/index.ts';
import { type Headers, headerOf } from './client.ts';

const RETRY_AFTER_MS_MAX = 3_600_000;

export function retryAfterMs(headers: Headers, body: unknown, now: number): number | null {
  const found = fromHeader(headerOf(headers, 'retry-after'), now) ?? fromBody(body);
  return found === undefined ? null : Math.min(Math.max(0, Math.round(found)), RETRY_AFTER_MS_MAX);
}

function fromHeader(value: string | undefined, now: number): number | undefined {
  if (value === undefined || value.trim() === '') {
    return undefined;
  }
  const seconds = Number(value);
  if (Number.isFinite(seconds)) {
    return seconds * 1000;
  }
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : date - now;
}

function fromBody(body: unknown): number | undefined {
  const record = asRecord(body);
  const seconds = record === undefined ? undefined : countAt(record, 'retry_after', 'retryAfter');
  return seconds === undefined ? undefined : seconds * 1000;
}
