/**
 * Reads one JSON value from a request, bounded for itself and together with all others that are being read.
 *
 * What is refused is not read on; the connection ends with the answer.
 */
import type { IncomingMessage } from 'node:http';
import type { ServingLimits } from './limits.ts';

export interface Unread {
  status: 400 | 413 | 415 | 503;
  why: string;
}

export type Body = { value: unknown } | Unread;

const utf8 = new TextDecoder('utf-8', { fatal: true });

export class BodyReader {
  readonly #limits: ServingLimits;
  #reading = 0;

  constructor(limits: ServingLimits) {
    this.#limits = limits;
  }

  async read(request: IncomingMessage): Promise<Body> {
    const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
    if (type !== 'application/json' && !(type.startsWith('application/') && type.endsWith('+json'))) {
      return { status: 415, why: 'the body is not application/json' };
    }
    const encoding = request.headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity') {
      return { status: 415, why: 'compressed bodies are not read' };
    }
    const read = await this.#bytes(request);
    return 'why' in read ? read : parse(read);
  }

  async #bytes(request: IncomingMessage): Promise<Buffer | Unread> {
    const { bodyBytesMax, readingBytesMax } = this.#limits;
    const tooLarge = { status: 413, why: `the body is larger than ${bodyBytesMax} bytes` } as const;
    if (Number(request.headers['content-length'] ?? 0) > bodyBytesMax) {
      return tooLarge;
    }
    const chunks: Buffer[] = [];
    let length = 0;
    try {
      // Left early, the request is not destroyed: its answer still has to go out.
      for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        length += chunk.length;
        this.#reading += chunk.length;
        if (length > bodyBytesMax) {
          return tooLarge;
        }
        if (this.#reading > readingBytesMax) {
          return { status: 503, why: 'too much is being read at once' };
        }
        chunks.push(chunk);
      }
    } finally {
      this.#reading -= length;
    }
    return Buffer.concat(chunks, length);
  }
}

function parse(bytes: Buffer): Body {
  try {
    return { value: JSON.parse(utf8.decode(bytes)) };
  } catch {
    return { status: 400, why: 'the body is not JSON in UTF-8' };
  }
}
