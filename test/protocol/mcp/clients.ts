/**
 * Clients of MCP as others write them: the official SDK's, in either era; and requests by hand, for what it does not do.
 */
import { Client, StreamableHTTPClientTransport, type ClientCapabilities } from '@modelcontextprotocol/client';

export type Era = 'modern' | 'legacy';
export const ERAS: readonly Era[] = ['modern', 'legacy'];
const REVISION = '2026-07-28';
export const TASKS = 'io.modelcontextprotocol/tasks';

export function newClient(era: Era, capabilities: ClientCapabilities = {}): Client {
  const mode = era === 'modern' ? { pin: REVISION } : ('legacy' as const);
  return new Client({ name: 'test', version: '1.0.0' }, { capabilities, versionNegotiation: { mode } });
}

export interface At {
  url: string;
  token?: string | undefined;
}

export async function connected(era: Era, { url, token }: At, capabilities?: ClientCapabilities): Promise<Client> {
  const client = newClient(era, capabilities);
  const requestInit = token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  return client;
}

export interface Rpc {
  status: number;
  headers: Headers;
  result: Record<string, unknown>;
  error: { code: number; message: string; data?: unknown } | undefined;
}

interface Asked {
  method: string;
  params?: Record<string, unknown>;
  capabilities?: Record<string, unknown>;
  headers?: Record<string, string>;
  id?: unknown;
  signal?: AbortSignal;
}

const NAMED_BY: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
};

/** A request of the modern era as it stands on the wire. */
export async function askModern({ url, token }: At, asked: Asked): Promise<Response> {
  const { method, params = {}, capabilities = {}, headers, id = 1, signal } = asked;
  const name = params[NAMED_BY[method] ?? ''];
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': REVISION,
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': capabilities,
    ...(params['_meta'] as object | undefined),
  };
  return fetch(url, {
    method: 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-protocol-version': REVISION,
      'mcp-method': method,
      ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta } }),
    ...(signal === undefined ? {} : { signal }),
  });
}

export async function rpc(at: At, asked: Asked): Promise<Rpc> {
  return read(await askModern(at, asked));
}

async function read(response: Response): Promise<Rpc> {
  const { result, error } = (await response.json()) as { result?: Record<string, unknown>; error?: Rpc['error'] };
  return { status: response.status, headers: response.headers, result: result ?? {}, error };
}

/** A request of the older era as it stands on the wire; `body` as it is, if it is given. */
export async function askLegacy(
  { url, token }: At,
  { body, session, version = '2025-11-25' }: { body: unknown; session?: string | undefined; version?: string },
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...(session === undefined ? {} : { 'mcp-session-id': session, 'mcp-protocol-version': version }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
}

/** The id of a new session. */
export async function sessionAt(at: At, protocolVersion = '2025-11-25'): Promise<string> {
  const params = { protocolVersion, capabilities: {}, clientInfo: { name: 'test', version: '1.0.0' } };
  const answer = await askLegacy(at, { body: { jsonrpc: '2.0', id: 0, method: 'initialize', params } });
  await answer.text();
  return answer.headers.get('mcp-session-id') ?? '';
}

/** The messages of a stream, as they come. */
export async function* messagesOf(response: Response): AsyncGenerator<Record<string, unknown>> {
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const data = /^data: (.+)$/mu.exec(text.slice(0, end))?.[1];
      text = text.slice(end + 2);
      if (data !== undefined) {
        yield JSON.parse(data) as Record<string, unknown>;
      }
    }
  }
}
