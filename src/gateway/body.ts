/**
 * Reads one JSON object from a request, bounded in bytes, depth and keys, and refuses what is not exactly that.
 *
 * Nothing of a body reaches a route before its schema; what a schema does not name is dropped there.
 */
import type { IncomingMessage } from 'node:http';
import { ErrandError } from '../core/error.ts';

const DEPTH_MAX = 64;
const KEYS_MAX = 10_000;
const NESTED_MAX = 100_000;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** Undefined where there is no body. */
export async function readJson(request: IncomingMessage, bytesMax: number): Promise<unknown> {
  const bytes = await readBytes(request, bytesMax);
  if (bytes.length === 0) {
    return undefined;
  }
  requireJsonType(request);
  const value = parse(bytes);
  check(value);
  return value;
}

function requireJsonType(request: IncomingMessage): void {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type !== 'application/json' && !(type.startsWith('application/') && type.endsWith('+json'))) {
    throw new ErrandError({ code: 'unsupported_media_type', message: `the body is ${type === '' ? 'untyped' : type}` });
  }
}

async function readBytes(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new ErrandError({ code: 'unsupported_media_type', message: 'compressed bodies are not read' });
  }
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) {
    throw tooLarge(bytesMax);
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > bytesMax) {
        request.removeAllListeners('data');
        request.resume();
        reject(tooLarge(bytesMax));
      } else {
        chunks.push(chunk);
      }
    });
    request.on('end', () => resolve(chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks)));
    request.on('error', reject);
  });
}

function tooLarge(bytesMax: number): ErrandError {
  return new ErrandError({ code: 'too_large', message: `the body is larger than ${bytesMax} bytes` });
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    throw new ErrandError({ code: 'invalid_json', message: 'invalid JSON' }, { cause });
  }
}

/** Walks without recursion: a body can be nested deeper than the stack. */
function check(value: unknown): void {
  let level: unknown[] = [value];
  let keys = 0;
  let nested = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth >= DEPTH_MAX) {
      throw new ErrandError({ code: 'invalid_request', message: `the body is nested deeper than ${DEPTH_MAX}` });
    }
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item === 'object' && item !== null) {
        const names = Array.isArray(item) ? [] : Object.keys(item);
        keys += names.length;
        if (names.includes('__proto__')) {
          throw new ErrandError({ code: 'invalid_request', message: '__proto__ is not a field' });
        }
        collect(item, next);
      }
    }
    nested += next.length;
    if (keys > KEYS_MAX) {
      throw new ErrandError({ code: 'invalid_request', message: `the body has more than ${KEYS_MAX} fields` });
    }
    if (nested > NESTED_MAX) {
      throw new ErrandError({ code: 'invalid_request', message: `the body has more than ${NESTED_MAX} nested values` });
    }
    level = next;
  }
}

/** One by one: there can be more of them than a call takes arguments. */
function collect(item: object, into: unknown[]): void {
  for (const child of Object.values(item)) {
    if (typeof child === 'object' && child !== null) {
      into.push(child);
    }
  }
}
