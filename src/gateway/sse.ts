/**
 * Writes the log to a reader as server-sent events, without a gap and without keeping it in memory.
 *
 * It subscribes first, then reads the log from the cursor on, page by page and no faster than the reader takes it, and
 * goes over to what the hub brings when the log has nothing further. A reader that then does not keep up is told where
 * to resume and let go: nobody costs more than a megabyte (T19). Whether it may still read is asked every few seconds,
 * so that a stream does not outlive its caller's key.
 */
import type { ServerResponse } from 'node:http';
import type { Event, Timer } from '../core/ports/index.ts';
import type { Gateway } from './gateway.ts';
import { eventShape } from './shapes.ts';

const HEARTBEAT_MS = 15_000;
/** With the two seconds for which a key may be remembered, less than five. */
const RECHECK_MS = 2500;
/** For a reader that was let go to take what was already written to it. */
const FAREWELL_MS = 30_000;
const UNSENT_BYTES_MAX = 1024 * 1024;
const PAGE = 500;

export interface Streaming {
  response: ServerResponse;
  signal: AbortSignal;
  isStillAllowed: () => Promise<boolean>;
  /** Events after this one; undefined for only what happens from now on. */
  after: number | undefined;
  org?: string;
  workspace?: string;
}

export async function streamEvents(gateway: Gateway, streaming: Streaming): Promise<void> {
  const { signal } = streaming;
  const gone = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) {
      resolve();
    }
  });
  const reader = new Reader(gateway, streaming);
  try {
    await reader.start();
    await gone;
  } finally {
    reader.stop();
  }
}

class Reader {
  readonly #gateway: Gateway;
  readonly #streaming: Streaming;
  #cursor = 0;
  /** It reads from the log; what the hub brings meanwhile is found there. */
  #isBehind = true;
  /** The newest event that the hub brought while it was behind. */
  #newest = 0;
  #leave: () => void = () => {};
  #timers: { beat?: Timer; recheck?: Timer; farewell?: Timer } = {};

  constructor(gateway: Gateway, streaming: Streaming) {
    this.#gateway = gateway;
    this.#streaming = streaming;
  }

  async start(): Promise<void> {
    const { response, after, workspace } = this.#streaming;
    const { hub, engine } = this.#gateway.line;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.write('retry: 1000\n\n');
    const hear = (event: Event): void => this.#hear(event);
    this.#leave = workspace === undefined ? hub.onAll(hear) : hub.onWorkspace(workspace, hear);
    this.#beat();
    this.#recheck();
    // A cursor from beyond the end of the log, as after a restore, would wait for ever.
    const last = await engine.lastSeq();
    this.#cursor = Math.min(after ?? last, last);
    // A reader that is cut off before its first event knows from where to go on.
    response.write(`id: ${this.#cursor}\n\n`);
    await this.#catchUp();
  }

  stop(): void {
    this.#leave();
    for (const timer of Object.values(this.#timers)) {
      timer.cancel();
    }
  }

  async #catchUp(): Promise<void> {
    const { org, workspace } = this.#streaming;
    while (this.#isOpen()) {
      const events = await this.#gateway.line.engine.events({
        after: this.#cursor,
        limit: PAGE,
        ...(org === undefined ? {} : { org }),
        ...(workspace === undefined ? {} : { workspace }),
      });
      for (const event of events) {
        this.#write(event);
        await this.#drained();
      }
      if (events.length < PAGE && this.#newest <= this.#cursor) {
        this.#isBehind = false;
        return;
      }
    }
  }

  #hear(event: Event): void {
    const { org } = this.#streaming;
    if (org !== undefined && event.org !== org) {
      return;
    }
    if (this.#isBehind) {
      this.#newest = event.seq;
    } else {
      this.#write(event);
    }
  }

  #write(event: Event): void {
    const { response } = this.#streaming;
    if (event.seq <= this.#cursor || !this.#isOpen()) {
      return;
    }
    const frame = `id: ${event.seq}\ndata: ${JSON.stringify(eventShape(event))}\n\n`;
    const unsent = response.writableLength;
    if (unsent > 0 && unsent + Buffer.byteLength(frame) > UNSENT_BYTES_MAX) {
      this.#letGo();
      return;
    }
    this.#cursor = event.seq;
    response.write(frame);
  }

  #isOpen(): boolean {
    const { response } = this.#streaming;
    return !response.destroyed && !response.writableEnded;
  }

  /** Too slow: what it has not read yet is dropped, and it may come back for it. */
  #letGo(): void {
    const { response } = this.#streaming;
    this.stop();
    response.end(`event: gap\ndata: ${JSON.stringify({ resume_after: this.#cursor })}\n\n`);
    this.#timers.farewell = this.#gateway.line.clock.after(FAREWELL_MS, () => response.destroy());
  }

  async #drained(): Promise<void> {
    const { response } = this.#streaming;
    if (response.writableNeedDrain) {
      await new Promise<void>((resolve) => {
        const go = (): void => {
          response.off('drain', go).off('close', go);
          resolve();
        };
        response.on('drain', go).on('close', go);
      });
    }
  }

  #beat(): void {
    this.#timers.beat = this.#gateway.line.clock.after(HEARTBEAT_MS, () => {
      if (this.#isOpen() && !this.#streaming.response.writableNeedDrain) {
        this.#streaming.response.write(': \n\n');
      }
      this.#beat();
    });
  }

  #recheck(): void {
    this.#timers.recheck = this.#gateway.line.clock.after(RECHECK_MS, () => {
      void this.#streaming.isStillAllowed().then((isAllowed) => (isAllowed ? this.#recheck() : this.#turnOut()));
    });
  }

  /** What is not sent yet is not for it any more. */
  #turnOut(): void {
    const { response } = this.#streaming;
    this.stop();
    if (response.writableLength === 0) {
      response.end();
    } else {
      response.destroy();
    }
  }
}
