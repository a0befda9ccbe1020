/**
 * One reader of a task's events, as server-sent events, from the task as it stands to its ending or its question.
 *
 * A reader that does not read is cut off at a bound; it may come back and begins with the task as it stands then. That
 * it goes touches neither the task nor the other readers.
 */
import type { ServerResponse } from 'node:http';
import { type RpcId, type ServerDialect, success } from '../../../a2a/index.ts';
import type { Clock, Timer } from '../../../core/ports/index.ts';
import type { Job, News } from './job.ts';
import type { ServingLimits } from './limits.ts';

export interface Streamed {
  response: ServerResponse;
  dialect: ServerDialect;
  rpc: RpcId | null;
  job: Job;
}

export class EventStream {
  readonly #streamed: Streamed;
  readonly #clock: Clock;
  readonly #limits: ServingLimits;
  #leave: () => void = () => {};
  #farewell: Timer | undefined = undefined;

  constructor(streamed: Streamed, means: { clock: Clock; limits: ServingLimits }) {
    this.#streamed = streamed;
    this.#clock = means.clock;
    this.#limits = means.limits;
  }

  open(): void {
    const { response, job, dialect } = this.#streamed;
    response.on('close', () => {
      this.#leave();
      this.#farewell?.cancel();
    });
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    job.isShown = true;
    this.#write(dialect.taken(job.view));
    if (job.isOver) {
      this.end();
    } else {
      this.#leave = job.listen((news) => this.#hear(news));
    }
  }

  beat(): void {
    const { response } = this.#streamed;
    if (!response.writableEnded && !response.writableNeedDrain) {
      response.write(': \n\n');
    }
  }

  /** What was written is still sent to a reader that takes it. */
  end(): void {
    const { response } = this.#streamed;
    this.#leave();
    if (!response.writableEnded && !response.destroyed) {
      this.#farewell = this.#clock.after(this.#limits.farewellMs, () => response.destroy());
      response.end();
    }
  }

  #hear(news: News): void {
    const { job, dialect } = this.#streamed;
    const { view } = job;
    if (news === 'result') {
      if (view.result !== undefined) {
        this.#write(dialect.artifact(view, view.result));
      }
      return;
    }
    const isFinal = job.isOver || job.status === 'input_required';
    this.#write(dialect.status(view, isFinal), isFinal);
    if (isFinal) {
      this.end();
    }
  }

  /** The last event of all goes out beside a large result, which has just been written. */
  #write(result: unknown, isLast = false): void {
    const { response, rpc } = this.#streamed;
    if (response.destroyed || response.writableEnded) {
      return;
    }
    const frame = `data: ${JSON.stringify(success(rpc, result))}\n\n`;
    const unsent = response.writableLength;
    if (!isLast && unsent > 0 && unsent + frame.length > this.#limits.unsentBytesMax) {
      response.destroy();
      return;
    }
    response.write(frame);
  }
}
