/**
 * One request to a peer and the one thing that became of it, with as little work as the hot path allows.
 *
 * The line that matters is whether anything of the request may have reached the wire: before it, nothing was taken
 * (`not_sent`); after it, no answer means that we do not know (`lost`). undici says so itself, by calling
 * `onRequestStart` right before it writes. Never rejects.
 */
import type { Dispatcher } from 'undici';
import type { Clock, Timer } from '../../core/ports/index.ts';
import { GuardError } from './guard.ts';
import type { Target } from './origins.ts';
import { mustBeTold } from './stop-reason.ts';

export type Headers = Record<string, string | string[] | undefined>;

export type Reply =
  | { kind: 'answered'; status: number; headers: Headers; body: string; framed: boolean }
  | { kind: 'not_sent'; error: string; guarded: boolean }
  | { kind: 'lost'; error: string }
  | { kind: 'too_large' }
  | { kind: 'encoded'; encoding: string }
  /** Let go of because the signal said so. */
  | { kind: 'stopped' };

export interface Posting {
  target: Target;
  body: string;
  /** A flat list of names and values. */
  headers: string[];
  bytesMax: number;
  timeoutMs: number;
  signal: AbortSignal | undefined;
  /** How long an answer is still waited for after a stop that the peer has to be told of. */
  graceMs: number;
  clock: Clock;
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #posting: Posting;
  readonly #resolve: (reply: Reply) => void;
  readonly #onAbort: () => void;
  #timer: Timer;
  #controller: Dispatcher.DispatchController | undefined = undefined;
  #done = false;
  #status = 0;
  #headers: Headers = {};
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(posting: Posting, resolve: (reply: Reply) => void) {
    this.#posting = posting;
    this.#resolve = resolve;
    this.#onAbort = (): void => this.#stopping();
    this.#timer = posting.clock.after(posting.timeoutMs, () => this.#giveUp(this.#failed('no answer in time')));
    posting.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#done) {
      controller.abort(new Error('nobody waits for it any more'));
      return;
    }
    this.#controller = controller;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    this.#status = status;
    this.#headers = headers;
    const encoding = headerOf(headers, 'content-encoding');
    if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
      this.#giveUp({ kind: 'encoded', encoding });
    } else if (Number(headerOf(headers, 'content-length') ?? 0) > this.#posting.bytesMax) {
      this.#giveUp({ kind: 'too_large' });
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#posting.bytesMax) {
      this.#giveUp({ kind: 'too_large' });
    } else {
      this.#chunks.push(chunk);
    }
  }

  onResponseEnd(): void {
    const headers = this.#headers;
    const body = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    // A body that ends where the connection ends may have been cut, and nobody could tell.
    const framed = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
    this.#settle({ kind: 'answered', status: this.#status, headers, body: body?.toString('utf8') ?? '', framed });
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: unknown): void {
    this.#settle(error instanceof GuardError ? guarded(error) : this.#failed(describe(error)));
  }

  /** Before the first byte is written nothing can have been taken. */
  #failed(error: string): Reply {
    return this.#controller === undefined ? { kind: 'not_sent', error, guarded: false } : { kind: 'lost', error };
  }

  #stopping(): void {
    const { signal, graceMs, clock } = this.#posting;
    const isEnding = signal !== undefined && mustBeTold(signal);
    if (isEnding && this.#controller === undefined) {
      this.#giveUp({ kind: 'not_sent', error: 'let go before it was sent', guarded: false });
    } else if (isEnding && graceMs > 0) {
      this.#timer.cancel();
      this.#timer = clock.after(graceMs, () => this.#giveUp({ kind: 'stopped' }));
    } else {
      this.#giveUp({ kind: 'stopped' });
    }
  }

  #giveUp(reply: Reply): void {
    this.#settle(reply);
    this.#controller?.abort(new Error('given up'));
  }

  #settle(reply: Reply): void {
    if (!this.#done) {
      this.#done = true;
      this.#timer.cancel();
      this.#posting.signal?.removeEventListener('abort', this.#onAbort);
      this.#chunks = [];
      this.#resolve(reply);
    }
  }
}

export function post(posting: Posting): Promise<Reply> {
  return new Promise((resolve) => {
    if (posting.signal?.aborted === true) {
      resolve({ kind: 'stopped' });
      return;
    }
    const exchange = new Exchange(posting, resolve);
    const { pool, path } = posting.target;
    try {
      pool.dispatch({ path, method: 'POST', headers: posting.headers, body: posting.body }, exchange);
    } catch (error) {
      exchange.onResponseError(undefined, error);
    }
  });
}

export function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function guarded(error: GuardError): Reply {
  return { kind: 'not_sent', error: error.message, guarded: true };
}

/** The code says more than the message where there is one; of several addresses tried, the first error is shown. */
export function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return describe(error.errors[0]);
  }
  if (!(error instanceof Error)) {
    return String(error);
  }
  const code = 'code' in error && !(error instanceof GuardError) ? error.code : undefined;
  const text = error.message === '' ? error.name : error.message;
  return typeof code !== 'string' || text.includes(code) ? plain(text) : `${plain(text)} (${code})`;
}

/** The caller of a delegation looks for the word. */
function plain(text: string): string {
  return text.includes('ECONNREFUSED') ? `connection refused: ${text}` : text;
}
