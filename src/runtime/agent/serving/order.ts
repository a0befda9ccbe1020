/**
 * A message that came, as the task it is for a handler.
 *
 * Our platform says in the metadata whose delegation it is and which attempt; whoever is not our platform says nothing
 * of it, and gets defaults that claim nothing. Metadata is a claim of the caller: it names things and opens none.
 */
import { createHash } from 'node:crypto';
import { countAt, type IncomingMessage, type Json, member, nameAt, textAt } from '../../../a2a/index.ts';
import type { Task } from '../work.ts';

const TOKEN_MAX = 4096;
/** As the platform writes it, so that what it keeps apart is apart again. */
const CONTEXT = 'Context:\n';
const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/u;
const TIME_MAX = 8.64e15;

export interface AttemptOf {
  attemptToken: string | undefined;
  epoch: number;
}

export interface Order extends AttemptOf {
  task: Task;
  /** The delegation, if it came from a platform of ours. */
  delegation: string | undefined;
  /** Of what is asked, so that a message id used twice is not taken for a message that came twice. */
  digest: string;
}

export interface Arrival {
  /** Of the task that this becomes, if it becomes one. */
  id: string;
  now: number;
  deadlineMs: number;
  traceparent: string | undefined;
}

export function orderOf(message: IncomingMessage, arrival: Arrival): Order {
  const { metadata } = message;
  const delegation = nameAt(metadata, 'delegation_id');
  const attempt = Math.max(1, Math.floor(countAt(metadata, 'attempt') ?? 1));
  const trace = [textAt(metadata, 'traceparent'), arrival.traceparent].find(isTraceparent);
  const until = Date.parse(textAt(metadata, 'deadline') ?? '');
  return {
    task: {
      id: delegation ?? arrival.id,
      ...wordsOf(message, delegation !== undefined),
      parts: message.parts,
      caller: nameAt(metadata, 'source_id') ?? 'unknown',
      conversation: message.context,
      attempt,
      deadline: new Date(Math.min(Number.isNaN(until) ? arrival.now + arrival.deadlineMs : until, TIME_MAX)),
      mayHaveRun: attempt > 1 || member(metadata, 'may_have_run') === true,
      ...(trace === undefined ? {} : { traceparent: trace }),
    },
    delegation,
    ...attemptOf(metadata),
    digest: digestOf(message.text),
  };
}

export function attemptOf(metadata: Json): AttemptOf {
  const token = textAt(metadata, 'attempt_token');
  return {
    attemptToken: token === undefined || token.length > TOKEN_MAX ? undefined : token,
    epoch: countAt(metadata, 'epoch') ?? 0,
  };
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

function wordsOf({ text, parts }: IncomingMessage, isOurs: boolean): Pick<Task, 'text' | 'context'> {
  const [first, second] = parts;
  if (!isOurs || first?.kind !== 'text' || second?.kind !== 'text' || !second.text.startsWith(CONTEXT)) {
    return { text };
  }
  return { text: first.text, context: second.text.slice(CONTEXT.length) };
}

function isTraceparent(value: string | undefined): value is string {
  return value !== undefined && TRACEPARENT.test(value);
}
