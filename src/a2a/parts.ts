/**
 * Parts of a message in every spelling we meet, read into the one form the core knows, and the text they hold.
 *
 * `kind` (0.3), `type` (the original platform) and the member name alone (1.0) are all read; what is none of them is
 * kept as data, because a part dropped in silence is a result falsified.
 */
import type { Output } from '../core/ports/index.ts';
import type { Part } from '../core/delegation/index.ts';
import { asRecord, idAt, type Json, member, recordAt, textAt } from './json.ts';

function readParts(values: readonly unknown[]): Part[] {
  return values.map((value) => readPart(value));
}

function readPart(value: unknown): Part {
  if (typeof value === 'string') {
    return { kind: 'text', text: value };
  }
  const part = asRecord(value);
  if (part === undefined) {
    return { kind: 'data', data: value };
  }
  const named = textAt(part, 'kind', 'type');
  const text = textAt(part, 'text');
  if (text !== undefined && (named === undefined || named === 'text')) {
    return { kind: 'text', text };
  }
  return readFile(part, named) ?? { kind: 'data', data: Object.hasOwn(part, 'data') ? part['data'] : value };
}

/** 0.3 puts the file into a member of its own, 1.0 spreads it over the part. */
function readFile(part: Json, named: string | undefined): Part | undefined {
  const inner = recordAt(part, 'file');
  if (inner === undefined && named !== 'file' && textAt(part, 'raw', 'url') === undefined) {
    return undefined;
  }
  const file = inner ?? part;
  const name = textAt(file, 'name', 'filename') ?? textAt(part, 'filename');
  const mimeType = textAt(file, 'mimeType', 'mime_type', 'mediaType', 'media_type');
  const uri = textAt(file, 'uri', 'url', 'fileWithUri');
  const bytes = textAt(file, 'bytes', 'raw', 'fileWithBytes');
  return {
    kind: 'file',
    ...(name === undefined ? {} : { name }),
    ...(mimeType === undefined ? {} : { mimeType }),
    ...(uri === undefined ? {} : { uri }),
    ...(bytes === undefined ? {} : { bytes }),
  };
}

/** The text of all text parts, in their order, one below the other. */
export function textOf(parts: readonly Part[]): string {
  return parts
    .filter((part) => part.kind === 'text')
    .map((part) => part.text)
    .join('\n');
}

/** Parts are kept beside the text unless they are that text and nothing else. */
export function outputOf(parts: readonly Part[]): Output {
  const text = textOf(parts);
  const onlyText = parts.length === 0 || (parts.length === 1 && parts[0]?.kind === 'text');
  return onlyText ? { text } : { text, parts: [...parts] };
}

export function partV03(part: Part): Json {
  switch (part.kind) {
    case 'text':
      return { kind: 'text', text: part.text };
    case 'data':
      // 0.3 knows objects only.
      return { kind: 'data', data: asRecord(part.data) ?? { value: part.data } };
    case 'file':
      return { kind: 'file', file: fileV03(part) };
  }
}

function fileV03(part: Extract<Part, { kind: 'file' }>): Json {
  const { name, mimeType, uri, bytes } = part;
  return {
    ...(name === undefined ? {} : { name }),
    ...(mimeType === undefined ? {} : { mimeType }),
    ...(bytes === undefined ? { uri: uri ?? '' } : { bytes }),
  };
}

export function partV1(part: Part): Json {
  switch (part.kind) {
    case 'text':
      return { text: part.text };
    case 'data':
      return { data: part.data };
    case 'file':
      return {
        ...(part.bytes === undefined ? { url: part.uri ?? '' } : { raw: part.bytes }),
        ...(part.name === undefined ? {} : { filename: part.name }),
        ...(part.mimeType === undefined ? {} : { mediaType: part.mimeType }),
      };
  }
}

/** The parts of a message or an artifact, wherever its dialect put them. */
export function partsOf(holder: Json): Part[] {
  const parts = member(holder, 'parts') ?? member(holder, 'content');
  return Array.isArray(parts) ? readParts(parts) : [];
}

export function artifactId(artifact: Json): string | undefined {
  return idAt(artifact, 'artifactId', 'artifact_id');
}
