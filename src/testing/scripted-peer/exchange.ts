/**
 * One request to a scripted peer and the means to answer it: well, badly, or not at all.
 *
 * An answer is written once and whole, with its length, except where a behaviour breaks it off on purpose.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../core/ports/index.ts';
import type { PeerVersion } from './behaviour.ts';
import type { Body } from './speech.ts';

export interface Rpc {
  id: unknown;
  method: string;
  params: Body;
}

export class Exchange {
  readonly rpc: Rpc;
  readonly version: PeerVersion;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse, rpc: Rpc) {
    this.request = request;
    this.response = response;
    this.rpc = rpc;
    // Methods of 1.0 are names, those of 0.3 are paths.
    this.version = rpc.method.includes('/') ? '0.3' : '1.0';
  }

  result(result: unknown, status = 200, beside: Body = {}): void {
    this.json(status, { jsonrpc: '2.0', id: this.rpc.id, result, ...beside });
  }

  error(code: number, text: string, more: { status?: number; data?: unknown } = {}): void {
    const error = { code, message: text, ...(more.data === undefined ? {} : { data: more.data }) };
    this.json(more.status ?? 200, { jsonrpc: '2.0', id: this.rpc.id, error });
  }

  json(status: number, body: unknown, headers: Record<string, string> = {}): void {
    this.raw(status, JSON.stringify(body), { 'content-type': 'application/json', ...headers });
  }

  raw(status: number, body: string, headers: Record<string, string> = {}): void {
    if (!this.response.destroyed) {
      const length = Buffer.byteLength(body);
      this.response.writeHead(status, { ...headers, 'content-length': length });
      this.response.end(body);
    }
  }

  /** Half of an answer, and then the end of the connection. */
  half(body: string): void {
    this.response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    this.response.write(body.slice(0, body.length / 2), () => this.drop());
  }

  /** A whole answer, a few bytes at a time, for as long as somebody listens. */
  trickle(result: unknown, pace: { bytes: number; everyMs: number; clock: Clock }): void {
    const { response } = this;
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: this.rpc.id, result }));
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    let sent = 0;
    function more(): void {
      if (response.destroyed) {
        return;
      }
      response.write(body.subarray(sent, sent + pace.bytes));
      sent += pace.bytes;
      if (sent < body.length) {
        pace.clock.after(pace.everyMs, more);
      } else {
        response.end();
      }
    }
    more();
  }

  drop(): void {
    this.request.socket.destroy();
  }
}

export function record(value: unknown): Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Body) : {};
}

export function word(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** All texts of the message's parts. */
export function textIn(message: Body): string {
  const parts: unknown[] = Array.isArray(message['parts']) ? message['parts'] : [];
  return parts
    .map((given) => word(record(given)['text']))
    .filter((text) => text !== '')
    .join('\n');
}
