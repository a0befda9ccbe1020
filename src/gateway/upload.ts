/**
 * Takes a file as it comes, part by part: counted and hashed on the way, never held whole.
 *
 * Between two parts the event loop has a turn, so that nobody waits for 25 MB. Whatever goes wrong, what was saved of it
 * is removed again; where even that fails, the pruner finds it (E32).
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ErrandError } from '../core/error.ts';
import { PART_BYTES_MAX, formId, type FileRow } from '../core/ports/index.ts';
import { failureOf } from '../flow/index.ts';
import type { Gateway } from './gateway.ts';
import { Sniffer } from './sniff.ts';

export interface Upload {
  org: string;
  workspace: string;
  name: string;
}

export async function receive(gateway: Gateway, request: IncomingMessage, upload: Upload): Promise<FileRow> {
  const { files } = gateway.line.engine;
  const { fileBytesMax } = gateway.limits;
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new ErrandError({ code: 'unsupported_media_type', message: 'compressed bodies are not read' });
  }
  if (Number(request.headers['content-length'] ?? 0) > fileBytesMax) {
    request.resume();
    throw tooLarge(fileBytesMax);
  }
  const { ids, clock } = gateway.line;
  const id = formId('fil', ids.key(), ids.random());
  await stored(async () => files.begin({ ...upload, id, createdAt: clock.now() }));
  try {
    return await fill(gateway, request, { id, org: upload.org });
  } catch (error) {
    request.resume();
    await discard(gateway, id);
    throw error;
  }
}

interface Filling {
  id: string;
  org: string;
}

async function fill(gateway: Gateway, request: IncomingMessage, { id, org }: Filling): Promise<FileRow> {
  const { files } = gateway.line.engine;
  const sniffer = new Sniffer();
  const digest = createHash('sha256');
  let place = 0;
  for await (const bytes of partsOf(request, gateway.limits.fileBytesMax)) {
    sniffer.read(bytes);
    digest.update(bytes);
    const part = { file: id, org, place, bytes };
    const refused = await stored(async () => files.save(part));
    if (refused !== undefined) {
      throw new ErrandError(refused);
    }
    place += 1;
    await turn(gateway);
  }
  const mimeType = await sniffer.mimeType();
  const file = await stored(async () => files.finish(id, { mimeType, sha256: digest.digest('hex') }));
  if (file === undefined) {
    throw new ErrandError({ code: 'not_found', message: 'The file was removed while it was sent.' });
  }
  return file;
}

/** Parts of the greatest size, but for the last. A sender that has gone before the end sent no file. */
async function* partsOf(request: IncomingMessage, bytesMax: number): AsyncGenerator<Buffer> {
  let chunks: Buffer[] = [];
  let gathered = 0;
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bytesMax) {
      throw tooLarge(bytesMax);
    }
    chunks.push(chunk);
    gathered += chunk.length;
    if (gathered >= PART_BYTES_MAX) {
      const all = Buffer.concat(chunks, gathered);
      yield all.subarray(0, PART_BYTES_MAX);
      chunks = [all.subarray(PART_BYTES_MAX)];
      gathered -= PART_BYTES_MAX;
    }
  }
  if (!request.complete) {
    throw new ErrandError({ code: 'invalid_request', message: 'the body ended before it was whole' });
  }
  if (gathered > 0) {
    yield Buffer.concat(chunks, gathered);
  }
}

async function turn({ line }: Gateway): Promise<void> {
  await new Promise<void>((resolve) => {
    line.clock.soon(resolve);
  });
}

async function discard(gateway: Gateway, id: string): Promise<void> {
  try {
    while (await gateway.line.engine.files.remove(id)) {
      await turn(gateway);
    }
  } catch (error) {
    // Its sender hears of what went wrong first; the pruner finds what is left.
    gateway.onFault(error);
  }
}

/** What the storage throws, in the words of everything else that could not be written. */
async function stored<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw failureOf({ kind: 'fault', error: error instanceof Error ? error : new Error(String(error)) });
  }
}

function tooLarge(bytesMax: number): ErrandError {
  return new ErrandError({ code: 'too_large', message: `a file has at most ${bytesMax} bytes` });
}
