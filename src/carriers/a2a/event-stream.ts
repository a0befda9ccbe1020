/**
 * The HTTP side of one subscription: bytes into events, events into readings, until one of them ends it.
 *
 * Everything is handled as it arrives and nothing is buffered but one unfinished event. A stream without an event for
 * a while is let go: a connection can die without saying so, and a peer can forget what it had to say before we
 * listened. Heartbeats say that the connection lives, not that the task does.
 */
import type { Dispatcher } from 'undici';
import { openEnvelope, readEvent, type RpcId, SseReader, type StreamReading } from '../../a2a/index.ts';
import type { Outcome, Timer } from '../../core/ports/index.ts';
import { parse } from './answer.ts';
import { type Headers, headerOf } from './client.ts';
import type { Contact } from './contact.ts';
import { failed } from './outcome.ts';

export type StreamEnd =
  | { kind: 'outcome'; outcome: Outcome }
  /** Over or cut, and the task not ended as far as it told. */
  | { kind: 'ended' }
  | { kind: 'silent' }
  | { kind: 'unsupported' };

export interface StreamOptions {
  contact: Contact;
  rpc: RpcId;
  silenceMs: number;
  onReading: (reading: StreamReading) => StreamEnd | undefined;
  resolve: (end: StreamEnd) => void;
}

export class Stream implements Dispatcher.DispatchHandler {
  readonly #options: StreamOptions;
  readonly #reader: SseReader;
  readonly #onAbort: () => void;
  #silence: Timer;
  #heardAt: number;
  #controller: Dispatcher.DispatchController | undefined = undefined;
  #done = false;

  constructor(options: StreamOptions) {
    const { contact } = options;
    this.#options = options;
    this.#reader = new SseReader({ eventBytesMax: contact.means.answerBytesMax });
    this.#onAbort = (): void => this.#giveUp({ kind: 'ended' });
    this.#heardAt = contact.means.clock.now();
    this.#silence = this.#listen();
    contact.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#done) {
      controller.abort(new Error('nobody waits for it any more'));
    }
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    const type = headerOf(headers, 'content-type') ?? '';
    if (status !== 200 || !type.startsWith('text/event-stream')) {
      this.#giveUp({ kind: 'unsupported' });
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const { contact, rpc, onReading } = this.#options;
    const events = this.#done ? [] : this.#reader.push(chunk);
    if (events === 'too_large') {
      const outcome = failed('result_too_large', 'an event is larger than a result may be');
      this.#giveUp({ kind: 'outcome', outcome });
      return;
    }
    if (events.length > 0) {
      this.#heardAt = contact.means.clock.now();
    }
    for (const event of events) {
      const opened = openEnvelope(parse(event.data), rpc);
      const end = onReading('kind' in opened ? opened : readEvent(opened.value));
      if (end !== undefined) {
        this.#giveUp(end);
        return;
      }
    }
  }

  onResponseEnd(): void {
    this.#settle({ kind: 'ended' });
  }

  onResponseError(): void {
    this.#settle({ kind: 'ended' });
  }

  /** One timer that looks back, instead of one per piece. */
  #listen(): Timer {
    const { contact, silenceMs } = this.#options;
    const { clock } = contact.means;
    const left = Math.max(1, this.#heardAt + silenceMs - clock.now());
    return clock.after(left, () => {
      if (clock.now() - this.#heardAt >= silenceMs) {
        this.#giveUp({ kind: 'silent' });
      } else {
        this.#silence = this.#listen();
      }
    });
  }

  #giveUp(end: StreamEnd): void {
    this.#settle(end);
    this.#controller?.abort(new Error('given up'));
  }

  #settle(end: StreamEnd): void {
    if (!this.#done) {
      this.#done = true;
      this.#silence.cancel();
      this.#options.contact.signal.removeEventListener('abort', this.#onAbort);
      this.#options.resolve(end);
    }
  }
}
