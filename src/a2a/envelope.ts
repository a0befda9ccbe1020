/**
 * The JSON-RPC envelope around every answer: is it one, is it ours, and does it hold a result or an error.
 *
 * An answer to another request is not an answer. A missing id is let pass, since some peers leave it out; a different
 * one is not. `id: null` belongs to errors alone.
 */
import { asRecord, type Json, member, recordAt, textAt } from './json.ts';
import { readResult, type Reading, type RemoteError } from './read.ts';

export type RpcId = string | number;

export interface Call {
  method: string;
  params: Json;
}

const SILENT = 'an error without a message';

export function encodeCall(id: RpcId, call: Call): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method: call.method, params: call.params });
}

/** The whole body of an answer, parsed. */
export function readAnswer(body: unknown, id: RpcId): Reading {
  const result = openEnvelope(body, id);
  return 'kind' in result ? result : readResult(result.value);
}

/** The raw result, for those who expect something else than a message or a task. */
export function openEnvelope(body: unknown, id: RpcId): { value: unknown } | Exclude<Reading, { kind: 'message' }> {
  const envelope = asRecord(body);
  if (envelope === undefined) {
    return { kind: 'nothing', why: 'the answer is not a JSON object' };
  }
  const given = member(envelope, 'id');
  const error = readError(envelope);
  if (given !== undefined && !isSameId(given, id) && !(given === null && error !== undefined)) {
    return { kind: 'nothing', why: 'the answer carries the id of another request' };
  }
  if (error !== undefined) {
    return error;
  }
  return Object.hasOwn(envelope, 'result')
    ? { value: envelope['result'] }
    : { kind: 'nothing', why: 'the answer holds neither a result nor an error' };
}

/** Some peers make a text of a number. */
function isSameId(given: unknown, id: RpcId): boolean {
  return given === id || ((typeof given === 'string' || typeof given === 'number') && String(given) === String(id));
}

/** A JSON-RPC error, or undefined. A plain text in its place counts as its message. */
export function readError(envelope: Json): RemoteError | undefined {
  const value = member(envelope, 'error');
  if (value === undefined || value === null) {
    return undefined;
  }
  const error = recordAt(envelope, 'error');
  if (error === undefined) {
    return { kind: 'error', code: null, text: (typeof value === 'string' && value) || SILENT };
  }
  const code = member(error, 'code');
  const message = textAt(error, 'message') || SILENT;
  const more = textAt(error, 'data');
  return {
    kind: 'error',
    code: typeof code === 'number' ? code : null,
    text: more === undefined || more === message ? message : `${message} (${more})`,
  };
}
