/**
 * One HTTP request of MCP and its answer: a single JSON body, or, from the first thing that is said before it, a stream
 * of events.
 *
 * A stream beats, so that nobody in between cuts it; a reader that does not keep up is cut off, and costs at most a
 * megabyte. Whether its caller may still have the answer is asked again while it is held.
 */
import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../../core/ports/index.ts';
import type { Caller } from '../parts.ts';

/** With the two seconds for which a key may be remembered, less than five. */
const RECHECK_MS = 2500;
/** This many rechecks, which is fifteen seconds. */
const BEATS_EVERY = 6;
/** An answer that took longer than this goes only to a caller that is still allowed to have it. */
const HELD_MS = 2000;
const UNSENT_BYTES_MAX = 1024 * 1024;

export interface Door {
  response: ServerResponse;
  caller: Caller;
  clock: Clock;
  /** The client takes a stream. */
  canStream: boolean;
}

export class Exchange {
  readonly caller: Caller;
  readonly canStream: boolean;
  /** Sent with the head of the answer. */
  readonly headers: Record<string, string> = {};
  /** Called once when the client has gone before the answer was whole. */
  onGone: () => void = () => {};
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  readonly #beganAt: number;
  #isOver = false;
  #isStream = false;
  #timer: Timer | undefined;

  constructor({ response, caller, clock, canStream }: Door) {
    this.#response = response;
    this.#clock = clock;
    this.#beganAt = clock.now();
    this.caller = caller;
    this.#isOver = response.destroyed;
    this.canStream = canStream;
    response.once('close', () => this.#closed());
  }

  get isOpen(): boolean {
    return !this.#isOver && !this.#response.destroyed;
  }

  get isStream(): boolean {
    return this.#isStream;
  }

  /** The whole answer, unless it is a stream already: then its last event. */
  answer(body: unknown, status = 200): void {
    if (this.#isStream) {
      this.event(body);
      this.end();
      return;
    }
    if (!this.isOpen) {
      return;
    }
    const { isStillAllowed } = this.caller;
    if (isStillAllowed !== undefined && this.#clock.now() - this.#beganAt > HELD_MS) {
      void isStillAllowed().then((isAllowed) => (isAllowed ? this.#send(body, status) : this.cut()));
    } else {
      this.#send(body, status);
    }
  }

  /** Without a body. */
  acknowledge(status: number): void {
    if (this.isOpen) {
      this.#isOver = true;
      this.#response.writeHead(status, { ...this.headers, 'content-length': 0 }).end();
    }
  }

  /** Opens the stream, if it is not open yet. */
  stream(): void {
    if (this.#isStream || !this.isOpen) {
      return;
    }
    this.#isStream = true;
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      ...this.headers,
    });
    this.#response.flushHeaders();
    this.#beat(1);
  }

  event(message: unknown, id?: string): void {
    this.frame(`${id === undefined ? '' : `id: ${id}\n`}event: message\ndata: ${JSON.stringify(message)}\n\n`);
  }

  frame(frame: string): void {
    this.stream();
    if (!this.isOpen) {
      return;
    }
    const unsent = this.#response.writableLength;
    if (unsent > 0 && unsent + Buffer.byteLength(frame) > UNSENT_BYTES_MAX) {
      this.cut();
      return;
    }
    this.#response.write(frame);
  }

  /** The stream is whole. */
  end(): void {
    if (this.isOpen) {
      this.#isOver = true;
      this.#timer?.cancel();
      this.#response.end();
    }
  }

  /** Whoever reads this is not told anything more. */
  cut(): void {
    this.#response.destroy();
  }

  #send(body: unknown, status: number): void {
    if (!this.isOpen) {
      return;
    }
    this.#isOver = true;
    const text = JSON.stringify(body);
    const length = Buffer.byteLength(text);
    this.#response.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': length,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...this.headers,
    });
    this.#response.end(text, length === text.length ? 'latin1' : 'utf8');
  }

  #beat(count: number): void {
    this.#timer = this.#clock.after(RECHECK_MS, () => {
      if (!this.isOpen) {
        return;
      }
      if (count % BEATS_EVERY === 0 && !this.#response.writableNeedDrain) {
        this.#response.write(': \n\n');
      }
      const { isStillAllowed } = this.caller;
      const asked = isStillAllowed === undefined ? Promise.resolve(true) : isStillAllowed();
      void asked.then((isAllowed) => (isAllowed ? this.#beat(count + 1) : this.cut()));
    });
  }

  #closed(): void {
    this.#timer?.cancel();
    if (!this.#isOver) {
      this.#isOver = true;
      this.onGone();
    }
  }
}
