/**
 * The modern era over HTTP: one transport under one long-lived server, for all requests of all callers.
 *
 * Every request stands alone, so nothing is built for it: it is handed in under a number of our own, and what comes
 * back under that number goes to the response it belongs to. Two clients that use the same id never meet, and what a
 * client says to end a request reaches nobody else's: it ends by closing its response.
 *
 * It is a transport for single exchanges by name, because that is how the SDK knows which revision it serves.
 */
import {
  PerRequestHTTPServerTransport,
  type JSONRPCMessage,
  type JSONRPCRequest,
  type RequestId,
  type TransportSendOptions,
} from '@modelcontextprotocol/server';
import { capabilitiesIn } from '../envelope.ts';
import type { Caller } from '../parts.ts';
import { MODERN_REVISION } from '../server.ts';
import type { Direct } from './direct.ts';
import type { Exchange } from './exchange.ts';

const CLASSIFICATION = { era: 'modern', revision: MODERN_REVISION } as const;

/** What is wrong with the request itself is said by the status as well. */
const STATUS_OF: Readonly<Record<number, number>> = {
  [-32_700]: 400,
  [-32_600]: 400,
  [-32_601]: 404,
  [-32_602]: 400,
  [-32_020]: 400,
  [-32_021]: 400,
  [-32_022]: 400,
};
const MISSING_CAPABILITY = -32_021;
const GONE = 'the caller has gone';

interface Held {
  id: RequestId;
  exchange: Exchange;
}

export class Wire extends PerRequestHTTPServerTransport {
  readonly #held = new Map<RequestId, Held>();
  #count = 0;
  /** While a request is handed in: what is refused then never reached a method. */
  #isHandingIn = false;
  readonly #direct: Direct;

  constructor(direct: Direct) {
    super({ classification: CLASSIFICATION });
    this.#direct = direct;
  }

  get held(): number {
    return this.#held.size;
  }

  callerOf(id: RequestId): Caller {
    const held = this.#held.get(id);
    if (held === undefined) {
      throw new Error('A request that nobody holds is being answered.');
    }
    return held.exchange.caller;
  }

  take(request: JSONRPCRequest, exchange: Exchange): void {
    if (this.#direct.takes(request)) {
      this.#takeDirectly(request, exchange);
      return;
    }
    this.#count += 1;
    const id = this.#count;
    this.#held.set(id, { id: request.id, exchange });
    exchange.onGone = () => this.#gone(id);
    this.#isHandingIn = true;
    try {
      this.onmessage?.({ ...request, id }, { classification: CLASSIFICATION });
    } finally {
      this.#isHandingIn = false;
    }
  }

  override async start(): Promise<void> {
    // There is nothing to open: it is connected for as long as the platform serves.
  }

  override async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    if ('method' in message) {
      const held = this.#held.get(options?.relatedRequestId ?? '');
      if (held?.exchange.canStream === true) {
        held.exchange.event(message);
      }
      return;
    }
    const held = this.#held.get(message.id ?? '');
    if (held !== undefined) {
      this.#held.delete(message.id ?? '');
      held.exchange.answer({ ...message, id: held.id }, this.#statusOf(message));
    }
  }

  override async close(): Promise<void> {
    for (const { exchange } of this.#held.values()) {
      exchange.cut();
    }
    this.#held.clear();
    this.onclose?.();
  }

  #takeDirectly(request: JSONRPCRequest, exchange: Exchange): void {
    const end = this.#direct.take(request, {
      caller: exchange.caller,
      connection: undefined,
      capabilities: capabilitiesIn(request.params?._meta),
      say: (message) => {
        if (exchange.canStream) {
          exchange.event(message);
        }
      },
      answer: (message) => exchange.answer(message, this.#statusOf(message)),
    });
    exchange.onGone = () => end(GONE);
  }

  #gone(id: number): void {
    if (this.#held.delete(id)) {
      const params = { requestId: id, reason: GONE };
      const cancelled = { jsonrpc: '2.0' as const, method: 'notifications/cancelled', params };
      this.onmessage?.(cancelled, { classification: CLASSIFICATION });
    }
  }

  #statusOf(message: JSONRPCMessage): number {
    const code = 'error' in message ? message.error.code : undefined;
    const isRefused = code !== undefined && (this.#isHandingIn || code === MISSING_CAPABILITY);
    return isRefused ? (STATUS_OF[code] ?? 200) : 200;
  }
}
