/**
 * Whether the headers of a modern request say the same as its body: version, method, name, and the parameters that a
 * tool wants mirrored (`x-mcp-header`).
 *
 * Whoever routes by headers must be able to rely on them; a request whose two halves disagree is refused with -32020.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { JSONRPCRequest } from '@modelcontextprotocol/server';
import { fieldsOf } from '../fields.ts';

const HEADER_MISMATCH = -32_020;
const ENCODED = /^=\?base64\?(.*)\?=$/u;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/u;

/** The parameter that stands in `Mcp-Name`. */
const NAMED_BY: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
};

export interface Mismatch {
  code: number;
  message: string;
}

type Params = Readonly<Record<string, unknown>>;

/** The arguments of a tool that are mirrored in headers: their names, and those of the headers. */
export type Mirrored = readonly (readonly [string, string])[];

/** Undefined where they agree. */
export function mismatchOf(
  headers: IncomingHttpHeaders,
  request: JSONRPCRequest,
  mirroredOf: (tool: string) => Mirrored | undefined,
): Mismatch | undefined {
  const params: Params = request.params ?? {};
  if (headers['mcp-protocol-version'] === undefined) {
    return mismatch('MCP-Protocol-Version is missing');
  }
  if (headers['mcp-method'] === undefined) {
    return mismatch('Mcp-Method is missing');
  }
  const field = Object.hasOwn(NAMED_BY, request.method) ? NAMED_BY[request.method] : undefined;
  const value = field === undefined ? undefined : params[field];
  if (typeof value === 'string' && decoded(headers['mcp-name']) !== value) {
    return mismatch(`Mcp-Name is not params.${field}`);
  }
  return request.method === 'tools/call' && typeof value === 'string'
    ? paramMismatch(headers, params['arguments'], mirroredOf(value) ?? [])
    : undefined;
}

function paramMismatch(headers: IncomingHttpHeaders, given: unknown, mirrored: Mirrored): Mismatch | undefined {
  for (const [name, header] of mirrored) {
    const value = fieldsOf(given)[name];
    const sent = headers[`mcp-param-${header.toLowerCase()}`];
    const isThere = value !== undefined && value !== null;
    if (isThere ? decoded(sent) !== String(value) : sent !== undefined) {
      return mismatch(`Mcp-Param-${header} is not the argument ${name}`);
    }
  }
  return undefined;
}

export function mirroredIn(schema: unknown): Mirrored {
  return Object.entries(fieldsOf(fieldsOf(schema)['properties'])).flatMap(([name, property]): Mirrored => {
    const header = fieldsOf(property)['x-mcp-header'];
    return typeof header === 'string' ? [[name, header]] : [];
  });
}

/** Undefined for what is not there, or says that it is encoded and is not. */
function decoded(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string') {
    return undefined;
  }
  const text = header.trim();
  const [, encoded] = ENCODED.exec(text) ?? [];
  if (encoded === undefined) {
    return text;
  }
  return BASE64.test(encoded) ? Buffer.from(encoded, 'base64').toString('utf8') : undefined;
}

function mismatch(message: string): Mismatch {
  return { code: HEADER_MISMATCH, message: `the headers and the body disagree: ${message}` };
}
