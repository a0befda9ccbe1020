/**
 * Writes the log to a reader as server-sent events, without a gap and without keeping it in memory.
 *
 * It subscribes first, then reads the log from the cursor on, then goes over to what the hub brings; what arrived in
 * between is sent after it, once. A reader that does not keep up is told where to resume and let go: nobody costs more
 * than a megabyte (T19).
 */
import type { ServerResponse } from 'node:http';
import type { Event, Timer } from '../core/ports/index.ts';
import type { Gateway } from './gateway.ts';
import { eventShape } from './shapes.ts';

const HEARTBEAT_MS = 15_000;
const UNSENT_BYTES_MAX = 1024 * 1024;
const PAGE = 500;

export interface Streaming {
  response: ServerResponse;
  signal: AbortSignal;
  /** Events after this one; undefined for only what happens from now on. */
  after: number | undefined;
  org?: string;
  workspace?: string;
}

export async function streamEvents(gateway: Gateway, streaming: Streaming): Promise<void> {
  const reader = new Reader(gateway, streaming);
  await reader.start();
  await new Promise<void>((resolve) => {
    if (streaming.signal.aborted) {
      resolve();
    }
    streaming.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  reader.stop();
}

class Reader {
  readonly #gateway: Gateway;
  readonly #streaming: Streaming;
  #cursor = 0;
  /** What came while the log was still being read; undefined once it is through. */
  #held: Event[] | undefined = [];
  #leave: () => void = () => {};
  #heartbeat: Timer | undefined;

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
    this.#cursor = after ?? (await engine.lastSeq());
    await this.#catchUp();
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const event of held) {
      this.#send(event);
    }
  }

  stop(): void {
    this.#leave();
    this.#heartbeat?.cancel();
  }

  async #catchUp(): Promise<void> {
    const { org, workspace, signal } = this.#streaming;
    for (;;) {
      const events = await this.#gateway.line.engine.events({
        after: this.#cursor,
        limit: PAGE,
        ...(org === undefined ? {} : { org }),
        ...(workspace === undefined ? {} : { workspace }),
      });
      for (const event of events) {
        this.#send(event);
      }
      if (events.length < PAGE || signal.aborted) {
        return;
      }
      await this.#drained();
    }
  }

  #hear(event: Event): void {
    const { org } = this.#streaming;
    if (org !== undefined && event.org !== org) {
      return;
    }
    if (this.#held === undefined) {
      this.#send(event);
    } else if (this.#held.length < PAGE * 20) {
      this.#held.push(event);
    } else {
      this.#letGo();
    }
  }

  #send(event: Event): void {
    const { response } = this.#streaming;
    if (event.seq <= this.#cursor || response.destroyed || response.writableEnded) {
      return;
    }
    if (response.writableLength > UNSENT_BYTES_MAX) {
      this.#letGo();
      return;
    }
    this.#cursor = event.seq;
    response.write(`id: ${event.seq}\ndata: ${JSON.stringify(eventShape(event))}\n\n`);
  }

  /** Too slow: what it has not read yet is dropped, and it may come back for it. */
  #letGo(): void {
    const { response } = this.#streaming;
    this.stop();
    response.end(`event: gap\ndata: ${JSON.stringify({ resume_after: this.#cursor })}\n\n`);
  }

  async #drained(): Promise<void> {
    const { response, signal } = this.#streaming;
    if (response.writableNeedDrain) {
      await new Promise<void>((resolve) => {
        response.once('drain', resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  #beat(): void {
    this.#heartbeat = this.#gateway.line.clock.after(HEARTBEAT_MS, () => {
      if (!this.#streaming.response.writableEnded) {
        this.#streaming.response.write(': \n\n');
        this.#beat();
      }
    });
  }
}
