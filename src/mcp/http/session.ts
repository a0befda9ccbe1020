/**
 * One session of the older era: the transport under its own server, with many requests open and one stream beside them.
 *
 * What belongs to a request goes to that request's response, everything else to the stream that GET opens. From
 * 2025-11-25 on a stream can be cut and taken up again where it was (`Last-Event-ID`): only there a response that is
 * closed does not end the call behind it. Where nobody could come back for the answer, the call is over.
 */
import type {
  JSONRPCMessage,
  JSONRPCNotification,
  JSONRPCRequest,
  MessageExtraInfo,
  RequestId,
  Transport,
  TransportSendOptions,
} from '@modelcontextprotocol/server';
import type { Connection } from '../method.ts';
import type { Caller } from '../parts.ts';
import type { Direct } from './direct.ts';
import type { Exchange } from './exchange.ts';
import { Past } from './past.ts';

/** The stream of GET, in the numbering of streams. */
const BESIDE = 0;
const RETRY_MS = 1000;
const RESUMABLE_SINCE = '2025-11-25';

/** The requests that came in one body, and where their answers go. */
interface Stream {
  number: number;
  exchange: Exchange | undefined;
  caller: Caller;
  pending: Set<RequestId>;
  isSingle: boolean;
}

export class Session implements Transport, Connection {
  onmessage?: NonNullable<Transport['onmessage']>;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  readonly sessionId: string;
  readonly seen = new Map<string, number>();
  readonly subscribed = new Set<string>();
  onSubscribed: () => void = () => {};
  /** By the platform's clock. */
  usedAt: number;
  readonly #past = new Past();
  readonly #streams = new Map<number, Stream>();
  readonly #streamOf = new Map<RequestId, Stream>();
  #beside: Exchange | undefined;
  /** The last message that the stream beside the requests has carried. */
  #heard = `${BESIDE}.0`;
  #count = BESIDE;
  #isResumable = false;
  #isClosed = false;
  readonly #direct: Direct;
  /** How to end the calls that are answered without the server. */
  readonly #ends = new Map<RequestId, (reason: string) => void>();

  constructor(id: string, now: number, direct: Direct) {
    this.sessionId = id;
    this.#direct = direct;
    this.usedAt = now;
  }

  get id(): string {
    return this.sessionId;
  }

  /** Something of it is open: it is not idle. */
  get isBusy(): boolean {
    return this.#streams.size > 0 || this.#beside !== undefined;
  }

  callerOf(id: RequestId): Caller {
    const stream = this.#streamOf.get(id);
    if (stream === undefined) {
      throw new Error('A request that nobody holds is being answered.');
    }
    return stream.caller;
  }

  setProtocolVersion(version: string): void {
    this.#isResumable = version >= RESUMABLE_SINCE;
  }

  async start(): Promise<void> {
    // It is open from the request that asked for it.
  }

  /** The messages of one body, at least one of them a request. */
  take(messages: readonly JSONRPCMessage[], exchange: Exchange): void {
    const requests = messages.filter((message) => isRequest(message));
    this.#count += 1;
    const stream: Stream = {
      number: this.#count,
      exchange,
      caller: exchange.caller,
      pending: new Set(requests.map(({ id }) => id)),
      isSingle: requests.length === 1,
    };
    this.#streams.set(stream.number, stream);
    for (const { id } of requests) {
      this.#streamOf.set(id, stream);
    }
    exchange.onGone = () => this.#gone(stream);
    for (const message of messages) {
      if (isRequest(message) && this.#direct.takes(message)) {
        this.#takeDirectly(message, exchange.caller);
      } else {
        this.hand(message, isRequest(message) ? { closeSSEStream: () => this.#part(stream) } : undefined);
      }
    }
  }

  /** A message that asks for no answer. */
  hand(message: JSONRPCMessage, extra?: MessageExtraInfo): void {
    if ('method' in message && message.method === 'notifications/cancelled') {
      this.#ends.get((message.params?.['requestId'] as RequestId | undefined) ?? '')?.('cancelled by the client');
    }
    this.onmessage?.(message, extra);
  }

  /** GET: the stream beside the requests, or one that was cut. False where there is one already. */
  listen(exchange: Exchange, lastEventId: string | undefined): boolean {
    const known = lastEventId === undefined ? undefined : this.#past.after(lastEventId);
    if (known !== undefined && known.stream !== BESIDE) {
      this.#resume(exchange, known);
      return true;
    }
    if (this.#beside?.isOpen === true) {
      return false;
    }
    this.#beside = exchange;
    exchange.onGone = () => {
      this.#beside = this.#beside === exchange ? undefined : this.#beside;
    };
    exchange.stream();
    // What was said while nobody listened waits for the first who does.
    const missed = known ?? this.#past.after(this.#heard);
    for (const { id, text } of missed?.said ?? []) {
      this.#heard = id;
      exchange.frame(frameOf(text, id));
    }
    return true;
  }

  async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    const isAnswer = !('method' in message);
    const about = isAnswer ? message.id : options?.relatedRequestId;
    const stream = about === undefined ? undefined : this.#streamOf.get(about);
    if (about === undefined) {
      this.#sayBeside(message);
    } else if (stream !== undefined) {
      this.#say(stream, message, isAnswer ? about : undefined);
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) {
      return;
    }
    this.#isClosed = true;
    this.#beside?.end();
    for (const { exchange } of this.#streams.values()) {
      exchange?.cut();
    }
    this.#streams.clear();
    this.#streamOf.clear();
    for (const end of this.#ends.values()) {
      end('the session is over');
    }
    this.#ends.clear();
    this.onclose?.();
  }

  #takeDirectly(request: JSONRPCRequest, caller: Caller): void {
    const { id } = request;
    const end = this.#direct.take(request, {
      caller,
      connection: this,
      capabilities: undefined,
      say: (message) => void this.send(message, { relatedRequestId: id }),
      answer: (message) => {
        this.#ends.delete(id);
        void this.send(message);
      },
    });
    this.#ends.set(id, end);
  }

  #say(stream: Stream, message: JSONRPCMessage, answered: RequestId | undefined): void {
    const { exchange } = stream;
    if (answered !== undefined) {
      stream.pending.delete(answered);
      this.#streamOf.delete(answered);
    }
    const isLast = stream.pending.size === 0;
    if (isLast) {
      this.#streams.delete(stream.number);
    }
    if (exchange !== undefined && stream.isSingle && isLast && !exchange.isStream) {
      exchange.answer(message);
      return;
    }
    if (exchange !== undefined && !exchange.canStream) {
      return;
    }
    this.#open(stream);
    this.#write(stream.number, exchange, message);
    if (isLast) {
      exchange?.end();
    }
  }

  /** So that a reader that is cut off before the first message knows from where to go on. */
  #open({ number, exchange }: Stream): void {
    if (exchange === undefined || exchange.isStream) {
      return;
    }
    exchange.stream();
    if (this.#isResumable) {
      const { id } = this.#past.keep(number, '');
      exchange.frame(`id: ${id}\nretry: ${RETRY_MS}\ndata: \n\n`);
    }
  }

  #sayBeside(message: JSONRPCMessage): void {
    this.#write(BESIDE, this.#beside, message);
  }

  #write(stream: number, exchange: Exchange | undefined, message: JSONRPCMessage): void {
    const text = JSON.stringify(message);
    const said = this.#isResumable ? this.#past.keep(stream, text) : undefined;
    if (exchange !== undefined && said !== undefined && stream === BESIDE) {
      this.#heard = said.id;
    }
    exchange?.frame(frameOf(text, said?.id));
  }

  /** The call goes on, and its reader comes back for the rest. */
  #part(stream: Stream): void {
    const { exchange } = stream;
    if (exchange?.canStream === true && this.#isResumable) {
      this.#open(stream);
      stream.exchange = undefined;
      exchange.end();
    }
  }

  #resume(
    exchange: Exchange,
    { stream: number, said }: { stream: number; said: readonly { id: string; text: string }[] },
  ) {
    const stream = this.#streams.get(number);
    exchange.stream();
    for (const { id, text } of said) {
      exchange.frame(frameOf(text, id));
    }
    if (stream === undefined) {
      exchange.end();
      return;
    }
    stream.exchange = exchange;
    exchange.onGone = () => this.#gone(stream);
  }

  #gone(stream: Stream): void {
    const wasStream = stream.exchange?.isStream === true;
    stream.exchange = undefined;
    if (wasStream && this.#isResumable) {
      return;
    }
    this.#streams.delete(stream.number);
    for (const id of stream.pending) {
      this.#streamOf.delete(id);
      const params = { requestId: id, reason: 'the caller has gone' };
      this.hand({ jsonrpc: '2.0', method: 'notifications/cancelled', params } satisfies JSONRPCNotification);
    }
  }
}

export function isRequest(message: JSONRPCMessage): message is JSONRPCRequest {
  return 'method' in message && 'id' in message;
}

function frameOf(text: string, id: string | undefined): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: message\ndata: ${text}\n\n`;
}
