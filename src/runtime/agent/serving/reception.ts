/**
 * One HTTP request to an agent, from its first byte to its answer: who calls, what is in it, and then the call.
 *
 * The card is at its well-known place below any path, and calls are taken at any path, since a proxy may keep or take
 * away what stands before. Whatever comes, there is an answer, and none of it ends the process.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Json, readCall, V03_SERVER, V1_SERVER } from '../../../a2a/index.ts';
import type { Clock } from '../../../core/ports/index.ts';
import { BodyReader } from './body.ts';
import type { Guard } from './guard.ts';
import type { ServingLimits } from './limits.ts';
import type { Room } from './room.ts';
import { answerCall, type Reply } from './rpc.ts';
import type { Streams } from './streams.ts';

const CARD = /\/\.well-known\/agent(?:-card)?\.json$/u;
const RPC_ID_MAX = 1024;

export interface ReceptionMeans {
  clock: Clock;
  limits: ServingLimits;
  room: Room;
  streams: Streams;
  guard: Guard;
  onFault: (error: unknown) => void;
}

interface Said {
  status: number;
  body: Json;
  headers?: Record<string, string | number>;
}

const HEADERS = { 401: { 'www-authenticate': 'Bearer' }, 403: {}, 503: { 'retry-after': 1 } } as const;
const BUSY = { 401: {}, 403: {}, 503: { busy: true } } as const;

export class Reception {
  readonly #means: ReceptionMeans;
  readonly #bodies: BodyReader;
  card: Json = {};

  constructor(means: ReceptionMeans) {
    this.#means = means;
    this.#bodies = new BodyReader(means.limits);
  }

  async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const said = await this.#answer(request, response);
      if (said !== undefined) {
        this.#send(request, response, said);
      }
    } catch (error) {
      if (!response.headersSent && !response.destroyed && request.complete) {
        this.#means.onFault(error);
        this.#send(request, response, { status: 500, body: V1_SERVER.failure(null, 'internalError', 'a fault') });
      } else {
        // Whoever called has gone, in the middle of its request or of the answer.
        response.destroy();
      }
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<Said | undefined> {
    const target = request.url ?? '/';
    const mark = target.indexOf('?');
    const path = mark === -1 ? target : target.slice(0, mark);
    const { method = 'GET' } = request;
    const isCard = CARD.test(path);
    const refused = await this.#means.guard(request);
    if (refused !== undefined && !(isCard && refused.status === 401)) {
      return {
        status: refused.status,
        body: { error: refused.why, ...BUSY[refused.status] },
        headers: HEADERS[refused.status],
      };
    }
    if (isCard) {
      return method === 'GET' || method === 'HEAD'
        ? { status: 200, body: this.card, headers: { 'cache-control': 'no-cache' } }
        : { status: 405, body: { error: 'the card is read' }, headers: { allow: 'GET, HEAD' } };
    }
    if (method !== 'POST') {
      const error = 'A2A is spoken by POST; the card is at /.well-known/agent-card.json';
      return { status: 405, body: { error }, headers: { allow: 'POST' } };
    }
    const header = request.headers['a2a-version'];
    const inQuery = mark === -1 ? undefined : new URLSearchParams(target.slice(mark + 1)).get('A2A-Version');
    return this.#call(request, response, (Array.isArray(header) ? header[0] : header) ?? inQuery ?? undefined);
  }

  async #call(
    request: IncomingMessage,
    response: ServerResponse,
    version: string | undefined,
  ): Promise<Said | undefined> {
    const read = await this.#bodies.read(request);
    if ('why' in read) {
      const fault = read.status === 400 ? 'parseError' : 'invalidRequest';
      const headers = read.status === 503 ? { 'retry-after': 1 } : {};
      return { status: read.status, body: V1_SERVER.failure(null, fault, read.why), headers };
    }
    const call = readCall(read.value);
    if ('fault' in call) {
      return { status: 400, body: V03_SERVER.failure(idOf(call.id), call.fault, call.why) };
    }
    if (call.id !== idOf(call.id)) {
      const why = `the id has more than ${RPC_ID_MAX} characters`;
      return { status: 400, body: V03_SERVER.failure(null, 'invalidRequest', why) };
    }
    const { clock, limits, room, streams } = this.#means;
    const caller = { headers: request.headers, version, gone: goneOf(response) };
    const reply = await answerCall({ clock, limits, room, streams }, call, caller);
    if (reply.kind === 'body') {
      return saidOf(reply);
    }
    streams.open({ response, ...reply });
    return undefined;
  }

  #send(request: IncomingMessage, response: ServerResponse, { status, body, headers }: Said): void {
    const { clock, limits } = this.#means;
    const content = Buffer.from(JSON.stringify(body));
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': content.length,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
      // The rest of a body that was refused is not read.
      ...(request.complete ? {} : { connection: 'close' }),
    });
    if (!request.complete) {
      request.resume();
    }
    response.end(request.method === 'HEAD' ? undefined : content);
    if (!response.writableFinished) {
      const timer = clock.after(limits.farewellMs, () => response.destroy());
      response.once('close', () => timer.cancel());
    }
  }
}

function saidOf({ status, body, retryAfter }: Extract<Reply, { kind: 'body' }>): Said {
  return { status, body, ...(retryAfter === undefined ? {} : { headers: { 'retry-after': retryAfter } }) };
}

function idOf(id: string | number | null): string | number | null {
  return typeof id === 'string' && id.length > RPC_ID_MAX ? null : id;
}

function goneOf(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}
