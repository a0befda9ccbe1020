/**
 * HTTP as a client sees it that knows only docs and addresses: an answer, or no answer.
 *
 * No answer means nothing: the request may have been carried out.
 */
import { Agent, request } from 'undici';

export const STATUSES = [
  'pending',
  'queued',
  'dispatched',
  'in_progress',
  'input_required',
  'completed',
  'failed',
  'cancelled',
] as const;
export type DelegationStatus = (typeof STATUSES)[number];

export function isOver(status: DelegationStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

export type Json = Record<string, unknown>;

export interface Asked {
  method: 'GET' | 'POST';
  path: string;
  body?: unknown;
  key?: string;
  /** How long the platform may hold it. */
  waitMs?: number;
}

export interface Headings {
  link: string;
  /** Seconds, or nothing. */
  retryAfter: string;
}

export type Answer =
  | { kind: 'answered'; status: number; text: string; headers: Headings; from: number; to: number }
  | { kind: 'unknown' };

export type Answered = Extract<Answer, { kind: 'answered' }>;

/** The way to the platform, wherever and however often it serves. */
export interface Wire {
  call(asked: Asked): Promise<Answer>;
  /** Asks until there is an answer: for what may be carried out twice. */
  insist(asked: Asked): Promise<Answered>;
}

export interface Way {
  origin: string;
  agent: Agent;
  /** How long there may be no answer, beside what the platform was allowed to hold it. */
  patienceMs: number;
}

export async function askOnce({ origin, agent, patienceMs }: Way, asked: Asked): Promise<Answer> {
  const from = performance.now();
  try {
    const response = await request(`${origin}${asked.path}`, {
      dispatcher: agent,
      method: asked.method,
      headersTimeout: patienceMs + (asked.waitMs ?? 0),
      bodyTimeout: patienceMs,
      headers: {
        ...(asked.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(asked.key === undefined ? {} : { 'idempotency-key': asked.key }),
      },
      ...(asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }),
    });
    const text = await response.body.text();
    const { link = '', 'retry-after': retryAfter = '' } = response.headers;
    const headers = { link: String(link), retryAfter: String(retryAfter) };
    return { kind: 'answered', status: response.statusCode, text, headers, from, to: performance.now() };
  } catch {
    return { kind: 'unknown' };
  }
}

export async function askUntilAnswered(wire: Pick<Wire, 'call'>, asked: Asked): Promise<Answered> {
  for (;;) {
    const answer = await wire.call(asked);
    if (answer.kind === 'answered' && answer.status < 500) {
      return answer;
    }
    await pauseAfter(answer);
  }
}

/** Who was told to wait waits, though not so long that nothing else would happen meanwhile. */
export async function pauseAfter(answer: Answer): Promise<void> {
  const seconds = answer.kind === 'answered' ? Number(answer.headers.retryAfter) : 0;
  await pause(seconds > 0 ? WAIT_MS : 10);
}

const WAIT_MS = 200;

export function newAgent(): Agent {
  return new Agent({ connections: 64, pipelining: 1 });
}

export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Whether it came to its end in this time; no timer is left that would keep the process. */
export async function isWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  const over = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => over.resolve(false), ms);
  try {
    return await Promise.race([work.then(() => true), over.promise]);
  } finally {
    clearTimeout(timer);
  }
}

export function bodyOf(answer: { text: string }): Json {
  return JSON.parse(answer.text) as Json;
}

export function rowsOf(value: unknown): Json[] {
  return Array.isArray(value) ? (value as Json[]) : [];
}

export function wordOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
