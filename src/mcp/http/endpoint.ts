/**
 * The one address of MCP over HTTP: a body that was read already is classified by the SDK, and goes to the era it
 * belongs to.
 *
 * Requests without a handshake go to one long-lived server (`wire.ts`), those of a session to the session's own.
 * Nothing is converted into the web's requests and responses and back, and nothing is built for each request.
 */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import {
  classifyInboundRequest,
  isJSONRPCRequest,
  isInitializeRequest,
  type InboundClassificationOutcome,
  type InboundModernRoute,
  type JSONRPCMessage,
  type JSONRPCRequest,
} from '@modelcontextprotocol/server';
import { capabilitiesIn } from '../envelope.ts';
import { Listening } from '../listening.ts';
import type { Caller, Changed, McpParts, Surface } from '../parts.ts';
import { MODERN_REVISION, serverOf } from '../server.ts';
import { surfaceOf } from '../surface.ts';
import { Direct } from './direct.ts';
import { Exchange } from './exchange.ts';
import { mirroredIn, mismatchOf, type Mirrored } from './headers.ts';
import { isRequest } from './session.ts';
import { Sessions } from './sessions.ts';
import { Wire } from './wire.ts';

const BATCH_MAX = 50;
const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';
const MODERN = { era: 'modern', revision: MODERN_REVISION } as const;
const LEGACY_REVISIONS = new Set(['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07']);
const INVALID_REQUEST = -32_600;
const UNSUPPORTED_VERSION = -32_022;

export interface McpRequest {
  method: string;
  headers: IncomingHttpHeaders;
  /** Parsed; undefined where there is none. */
  body: unknown;
  response: ServerResponse;
  caller: Caller;
}

export interface Endpoint {
  handle: (request: McpRequest) => Promise<void>;
  /** What is open, for whoever watches over it. */
  readonly open: { sessions: number; listeners: number; held: number };
  close: () => Promise<void>;
}

export async function endpointOf(parts: McpParts): Promise<Endpoint> {
  const announce = (changed: Changed): void => {
    listening.announce(changed);
    sessions.announce(changed);
  };
  const modern = surfaceOf(parts, 'modern', announce);
  const listening = new Listening(parts, modern.capabilities);
  const sessions = new Sessions(parts, surfaceOf(parts, 'legacy', announce));
  const wire = new Wire(new Direct(parts, modern));
  const server = serverOf(parts, modern, (id) => ({ caller: wire.callerOf(id), connection: undefined }));
  await server.connect(wire);
  const face = { parts, listening, sessions, wire, mirrored: mirroredOf(modern) };
  return {
    handle: async (request) => handle(face, request),
    get open() {
      return { sessions: sessions.size, listeners: listening.size, held: wire.held };
    },
    async close() {
      listening.close();
      await sessions.close();
      await server.close();
    },
  };
}

interface Face {
  parts: McpParts;
  listening: Listening;
  sessions: Sessions;
  wire: Wire;
  /** By the name of the tool. */
  mirrored: ReadonlyMap<string, Mirrored>;
}

function mirroredOf({ schemas }: Surface): Map<string, Mirrored> {
  const all = [...schemas].map(([tool, schema]) => [tool, mirroredIn(schema)] as const);
  return new Map(all.filter(([, mirrored]) => mirrored.length > 0));
}

async function handle(face: Face, request: McpRequest): Promise<void> {
  const { headers, body, response, caller, method } = request;
  const accept = headers.accept ?? '*/*';
  const canStream = accept.includes('text/event-stream') || accept.includes('*/*');
  const exchange = new Exchange({ response, caller, clock: face.parts.clock, canStream });
  const route =
    plainRouteOf(request) ??
    classifyInboundRequest({
      httpMethod: method,
      ...(body === undefined ? {} : { body }),
      ...headerOf(headers, 'mcp-protocol-version', 'protocolVersionHeader'),
      ...headerOf(headers, 'mcp-method', 'mcpMethodHeader'),
      ...headerOf(headers, 'mcp-name', 'mcpNameHeader'),
    });
  if (route.kind === 'reject') {
    const { code, message, data, httpStatus } = route;
    refuse(exchange, { id: idOf(body), code, message, data, status: httpStatus });
  } else if (route.kind === 'modern') {
    modernRequest(face, exchange, { route, headers });
  } else {
    await legacyRequest(face, exchange, request);
  }
}

/**
 * What plainly belongs to one era is not looked at three times over: a modern request whose headers and envelope name
 * the one revision, and a request in a session that has no envelope. Everything else is for the SDK to tell.
 */
function plainRouteOf({ method, headers, body }: McpRequest): InboundClassificationOutcome | undefined {
  if (method !== 'POST' || !isPlainRequest(body)) {
    return undefined;
  }
  const version = headers['mcp-protocol-version'];
  const claimed = body.params?._meta?.[VERSION_KEY];
  if (version === MODERN_REVISION && claimed === version && headers['mcp-method'] === body.method) {
    return capabilitiesIn(body.params?._meta) === undefined
      ? undefined
      : { kind: 'modern', messageKind: 'request', message: body, classification: MODERN };
  }
  const isOlder = typeof version === 'string' && LEGACY_REVISIONS.has(version);
  return isOlder && claimed === undefined && body.method !== 'initialize'
    ? { kind: 'legacy', reason: 'no-claim' }
    : undefined;
}

function isPlainRequest(body: unknown): body is JSONRPCRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return false;
  }
  const { jsonrpc, id, method, params = {} } = body as Record<string, unknown>;
  const isNamed = typeof id === 'string' || (typeof id === 'number' && Number.isSafeInteger(id));
  const isShaped = typeof params === 'object' && params !== null && !Array.isArray(params);
  return jsonrpc === '2.0' && isNamed && typeof method === 'string' && isShaped && isMeta(params);
}

function isMeta(params: object): boolean {
  const meta: unknown = '_meta' in params ? params._meta : {};
  if (typeof meta !== 'object' || meta === null || Array.isArray(meta)) {
    return false;
  }
  const token: unknown = 'progressToken' in meta ? meta.progressToken : undefined;
  return token === undefined || typeof token === 'string' || typeof token === 'number';
}

function modernRequest(
  { listening, wire, mirrored }: Face,
  exchange: Exchange,
  { route, headers }: { route: InboundModernRoute; headers: IncomingHttpHeaders },
): void {
  const { messageKind, message, classification } = route;
  if (messageKind === 'notification') {
    // None of them has an effect in this era: a request is ended by closing its response.
    exchange.acknowledge(202);
    return;
  }
  if (classification.revision !== MODERN_REVISION) {
    const data = { supported: [MODERN_REVISION], requested: classification.revision };
    const said = `this revision is not served: ${classification.revision}`;
    refuse(exchange, { id: message.id, code: UNSUPPORTED_VERSION, message: said, data, status: 400 });
    return;
  }
  const mismatch = mismatchOf(headers, message, (tool) => mirrored.get(tool));
  if (mismatch !== undefined) {
    refuse(exchange, { id: message.id, ...mismatch, status: 400 });
  } else if (listening.takes(message)) {
    listen(listening, { message, exchange });
  } else {
    wire.take(message, exchange);
  }
}

function listen(listening: Listening, { message, exchange }: { message: JSONRPCRequest; exchange: Exchange }): void {
  const leave = listening.open(message, {
    caller: exchange.caller,
    capabilities: capabilitiesIn(message.params?._meta),
    say: (said) => exchange.event(said),
    finish: (said) => exchange.answer(said),
  });
  exchange.onGone = leave;
}

async function legacyRequest(face: Face, exchange: Exchange, request: McpRequest): Promise<void> {
  const { headers, method, body } = request;
  const messages = messagesOf(body);
  if (method === 'POST' && messages === undefined) {
    refuse(exchange, { id: null, code: INVALID_REQUEST, message: 'the batch is too long', status: 400 });
    return;
  }
  const version = headers['mcp-protocol-version'];
  if (typeof version === 'string' && !LEGACY_REVISIONS.has(version.trim())) {
    refuse(exchange, { id: idOf(body), code: -32_000, message: 'this protocol version is not served', status: 400 });
    return;
  }
  const id = headers['mcp-session-id'];
  if (method === 'POST' && id === undefined && messages?.length === 1 && isInitializeRequest(messages[0])) {
    const session = await face.sessions.begin(request.caller);
    exchange.headers['mcp-session-id'] = session.id;
    session.take(messages, exchange);
    return;
  }
  const session = typeof id === 'string' ? face.sessions.find(id, request.caller) : undefined;
  if (session === undefined) {
    const [status, message] = id === undefined ? [400, 'Mcp-Session-Id is missing'] : [404, 'there is no such session'];
    refuse(exchange, { id: idOf(body), code: id === undefined ? -32_000 : -32_001, message, status });
    return;
  }
  exchange.headers['mcp-session-id'] = session.id;
  switch (method) {
    case 'DELETE':
      exchange.acknowledge(200);
      await face.sessions.end(session.id);
      break;
    case 'GET':
      listenBeside(exchange, session, headers);
      break;
    case 'POST':
      post(exchange, session, messages ?? []);
      break;
    default:
      refuse(exchange, { id: null, code: -32_000, message: 'this takes GET, POST, DELETE', status: 405 });
  }
}

type Session = Awaited<ReturnType<Sessions['begin']>>;

function listenBeside(exchange: Exchange, session: Session, headers: IncomingHttpHeaders): void {
  const last = headers['last-event-id'];
  if (!(headers.accept ?? '').includes('text/event-stream')) {
    refuse(exchange, { id: null, code: -32_000, message: 'accept text/event-stream', status: 406 });
  } else if (!session.listen(exchange, typeof last === 'string' ? last : undefined)) {
    refuse(exchange, { id: null, code: -32_000, message: 'this session has its stream already', status: 409 });
  }
}

function post(exchange: Exchange, session: Session, messages: readonly JSONRPCMessage[]): void {
  const count = messages.filter((message) => isRequest(message)).length;
  if (count > 1 && !exchange.canStream) {
    refuse(exchange, { id: null, code: -32_000, message: 'accept text/event-stream', status: 406 });
    return;
  }
  if (count > 0) {
    session.take(messages, exchange);
    return;
  }
  exchange.acknowledge(202);
  for (const message of messages) {
    session.hand(message);
  }
}

/** Undefined for a batch that is too long; the SDK has seen that each of them is a message. */
function messagesOf(body: unknown): JSONRPCMessage[] | undefined {
  const messages = (Array.isArray(body) ? body : [body]) as JSONRPCMessage[];
  return messages.length > BATCH_MAX ? undefined : messages;
}

interface Refused {
  id: string | number | null;
  code: number;
  message: string;
  data?: unknown;
  status: number;
}

function refuse(exchange: Exchange, { id, code, message, data, status }: Refused): void {
  const error = { code, message, ...(data === undefined ? {} : { data }) };
  exchange.answer({ jsonrpc: '2.0', id, error }, status);
}

function idOf(body: unknown): string | number | null {
  return isJSONRPCRequest(body) ? body.id : null;
}

function headerOf<Name extends string>(headers: IncomingHttpHeaders, header: string, name: Name) {
  const value = headers[header];
  return (typeof value === 'string' ? { [name]: value } : {}) as Partial<Record<Name, string>>;
}
