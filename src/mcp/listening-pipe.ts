/**
 * A transport around another: it keeps subscriptions of the modern era to itself and lets everything else through.
 */
import {
  classifyInboundRequest,
  isJSONRPCNotification,
  isJSONRPCRequest,
  type JSONRPCMessage,
  type JSONRPCRequest,
  type MessageExtraInfo,
  type RequestId,
  type Transport,
  type TransportSendOptions,
} from '@modelcontextprotocol/server';
import { capabilitiesIn } from './envelope.ts';
import type { Listening } from './listening.ts';
import type { Caller } from './parts.ts';

interface Ears {
  listening: Listening;
  caller: Caller;
  onClosed: () => void;
}

export class ListeningPipe implements Transport {
  onmessage?: NonNullable<Transport['onmessage']>;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  readonly #pipe: Transport;
  readonly #ears: Ears;
  readonly #open = new Map<RequestId, () => void>();

  constructor(pipe: Transport, ears: Ears) {
    this.#pipe = pipe;
    this.#ears = ears;
  }

  async start(): Promise<void> {
    Object.assign(this.#pipe, {
      onmessage: (message, extra) => this.#hear(message, extra),
      onerror: (error) => this.onerror?.(error),
      onclose: () => this.#closed(),
    } satisfies Pick<Transport, 'onmessage' | 'onerror' | 'onclose'>);
    await this.#pipe.start();
  }

  async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    await this.#pipe.send(message, options);
  }

  async close(): Promise<void> {
    await this.#pipe.close();
  }

  #closed(): void {
    for (const leave of this.#open.values()) {
      leave();
    }
    this.#open.clear();
    this.onclose?.();
    this.#ears.onClosed();
  }

  #hear(message: JSONRPCMessage, extra?: MessageExtraInfo): void {
    if (isJSONRPCRequest(message) && this.#ears.listening.takes(message) && isModern(message)) {
      this.#listen(message);
      return;
    }
    const ended = isJSONRPCNotification(message) && message.method === 'notifications/cancelled';
    const id = ended ? (message.params?.['requestId'] as RequestId | undefined) : undefined;
    const leave = id === undefined ? undefined : this.#open.get(id);
    if (id !== undefined && leave !== undefined) {
      this.#open.delete(id);
      leave();
      return;
    }
    this.onmessage?.(message, extra);
  }

  #listen(message: JSONRPCRequest): void {
    const say = (said: Record<string, unknown>): void => {
      // The other end may be gone; that it is, is told by its closing.
      this.#pipe.send(said as JSONRPCMessage).catch(() => {});
    };
    const leave = this.#ears.listening.open(message, {
      caller: this.#ears.caller,
      capabilities: capabilitiesIn(message.params?._meta),
      say,
      finish: (said) => {
        this.#open.delete(message.id);
        say(said);
      },
    });
    this.#open.set(message.id, leave);
  }
}

function isModern(message: JSONRPCMessage): boolean {
  return classifyInboundRequest({ httpMethod: 'POST', body: message }).kind === 'modern';
}
