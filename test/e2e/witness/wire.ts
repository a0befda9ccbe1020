/**
 * HTTP as a client sees it that knows only docs and addresses: an answer, or no answer.
 *
 * No answer means nothing: the request may have been carried out. Requests wait while the platform is known to be
 * down, so that nobody hammers a port on which nobody listens.
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

export type Answer =
  | { kind: 'answered'; status: number; text: string; link: string; from: number; to: number }
  | { kind: 'unknown' };

const PATIENCE_MS = 10_000;

export class Wire {
  readonly #origin: string;
  #agent = newAgent();
  #up = newGate();
  #isUp = false;

  constructor(origin: string) {
    this.#origin = origin;
  }

  /** The platform serves. */
  open(): void {
    this.#isUp = true;
    this.#up.open();
  }

  /** The platform is gone, and with it every connection. */
  shut(): void {
    // Killed in its start it was never up: those who wait go on waiting for the same opening.
    if (this.#isUp) {
      this.#isUp = false;
      this.#up = newGate();
    }
    const gone = this.#agent;
    this.#agent = newAgent();
    void gone.destroy();
  }

  async close(): Promise<void> {
    this.open();
    await this.#agent.destroy();
  }

  async call(asked: Asked): Promise<Answer> {
    await this.#up.opened;
    const from = performance.now();
    try {
      const response = await request(`${this.#origin}${asked.path}`, {
        dispatcher: this.#agent,
        method: asked.method,
        headersTimeout: PATIENCE_MS + (asked.waitMs ?? 0),
        bodyTimeout: PATIENCE_MS,
        headers: {
          ...(asked.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(asked.key === undefined ? {} : { 'idempotency-key': asked.key }),
        },
        ...(asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }),
      });
      const text = await response.body.text();
      const link = String(response.headers['link'] ?? '');
      return { kind: 'answered', status: response.statusCode, text, link, from, to: performance.now() };
    } catch {
      return { kind: 'unknown' };
    }
  }

  /** Asks until there is an answer: for what may be carried out twice. */
  async insist(asked: Asked): Promise<Extract<Answer, { kind: 'answered' }>> {
    for (;;) {
      const answer = await this.call(asked);
      if (answer.kind === 'answered' && answer.status < 500) {
        return answer;
      }
      await pause(20);
    }
  }
}

/** What some wait for and another opens. */
function newGate() {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

function newAgent(): Agent {
  return new Agent({ connections: 64, pipelining: 1 });
}

export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
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
