/**
 * The parts of a result as a script writes them, read into the form the core knows: `kind` text, data or file, with the
 * members of the HTTP API, in its spelling or in snake case.
 *
 * What is none of these is kept as data, because a part dropped in silence is a result falsified.
 */
import { asRecord, type Json, member, textAt } from '../../../a2a/index.ts';
import type { Part } from '../../../core/delegation/index.ts';

export function partsOf(values: readonly unknown[]): Part[] {
  return values.map((value) => partOf(value));
}

function partOf(value: unknown): Part {
  const part = asRecord(value);
  const kind = part === undefined ? undefined : member(part, 'kind');
  if (part === undefined) {
    return typeof value === 'string' ? { kind: 'text', text: value } : { kind: 'data', data: value };
  }
  const text = textAt(part, 'text');
  if (kind === 'text' && text !== undefined) {
    return { kind, text };
  }
  return (kind === 'file' ? fileOf(part) : undefined) ?? { kind: 'data', data: dataOf(part, value) };
}

function dataOf(part: Json, whole: unknown): unknown {
  return member(part, 'kind') === 'data' && Object.hasOwn(part, 'data') ? part['data'] : whole;
}

function fileOf(part: Json): Part | undefined {
  const [name, mimeType] = [textAt(part, 'name'), textAt(part, 'mimeType', 'mime_type')];
  const [uri, bytes] = [textAt(part, 'uri'), textAt(part, 'bytes')];
  if (uri === undefined && bytes === undefined) {
    return undefined;
  }
  return {
    kind: 'file',
    ...(name === undefined ? {} : { name }),
    ...(mimeType === undefined ? {} : { mimeType }),
    ...(uri === undefined ? {} : { uri }),
    ...(bytes === undefined ? {} : { bytes }),
  };
}
