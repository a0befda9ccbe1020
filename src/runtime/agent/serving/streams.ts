/**
 * All readers of an agent's streams: how many there are at once, and a sign of life for each of them now and then.
 */
import type { Clock, Timer } from '../../../core/ports/index.ts';
import { EventStream, type Streamed } from './event-stream.ts';
import type { ServingLimits } from './limits.ts';

export class Streams {
  readonly #means: { clock: Clock; limits: ServingLimits };
  readonly #open = new Set<EventStream>();
  #timer: Timer | undefined = undefined;

  constructor(means: { clock: Clock; limits: ServingLimits }) {
    this.#means = means;
  }

  get isFull(): boolean {
    return this.#open.size >= this.#means.limits.streamsMax;
  }

  open(streamed: Streamed): void {
    const stream = new EventStream(streamed, this.#means);
    this.#open.add(stream);
    streamed.response.on('close', () => this.#closed(stream));
    this.#timer ??= this.#beat();
    stream.open();
  }

  end(): void {
    for (const stream of this.#open) {
      stream.end();
    }
  }

  #closed(stream: EventStream): void {
    this.#open.delete(stream);
    if (this.#open.size === 0) {
      this.#timer?.cancel();
      this.#timer = undefined;
    }
  }

  #beat(): Timer {
    return this.#means.clock.after(this.#means.limits.heartbeatMs, () => {
      for (const stream of this.#open) {
        stream.beat();
      }
      this.#timer = this.#beat();
    });
  }
}
