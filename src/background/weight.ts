/**
 * How many bytes of tasks wait for their start, and how many may: what waits is kept, and nothing that is kept is
 * without a bound.
 */
import { ByKey } from '../core/by-key.ts';
import { refusal, type Refusal } from '../core/error.ts';
import type { Request } from '../core/delegation/index.ts';
import type { Event } from '../core/ports/index.ts';

export class Weight {
  readonly #most: number;
  readonly #waiting = new ByKey<number>();
  #bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get bytes(): number {
    return this.#bytes;
  }

  refuse(bytes: number): Refusal | undefined {
    return this.#bytes + bytes <= this.#most
      ? undefined
      : refusal('queue_full', `queue.bytes: at most ${this.#most} bytes of tasks wait for their start.`, 1000);
  }

  add(key: number, bytes: number): void {
    this.#bytes += bytes - (this.#waiting.get(key) ?? 0);
    this.#waiting.set(key, bytes);
  }

  /** What has begun, or ended, waits no more. */
  hear({ type, delegation }: Event): void {
    if (delegation !== null && (type === 'delegation.dispatched' || type === 'delegation.settled')) {
      this.drop(delegation);
    }
  }

  drop(key: number): void {
    this.#bytes -= this.#waiting.get(key) ?? 0;
    this.#waiting.delete(key);
  }
}

export function bytesOf({ task, context = '', parts }: Pick<Request, 'task' | 'context' | 'parts'>): number {
  return (
    Buffer.byteLength(task) +
    Buffer.byteLength(context) +
    (parts === undefined ? 0 : Buffer.byteLength(JSON.stringify(parts)))
  );
}
