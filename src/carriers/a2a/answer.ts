/**
 * What the answer to a send means: the whole table of HTTP status × body, in one place (C3, C4, C5, C7).
 *
 * An answer is read for what it says, not for the status it comes with alone: 202 is a queue only if it says so, 200
 * a result only if there is one. Whether anything may have run decides between `unreachable` and `unknown`.
 */
import {
  asRecord,
  isOtherVersion,
  member,
  nameAt,
  readAnswer,
  readError,
  type Reading,
  readResult,
  recordAt,
  type RemoteTask,
  type RpcId,
  textAt,
} from '../../a2a/index.ts';
import type { Outcome } from '../../core/ports/index.ts';
import type { Reply } from './client.ts';
import { cleaned, excerpt } from './excerpt.ts';
import { failed, outcomeOf, unknown } from './outcome.ts';
import { retryAfterMs } from './retry-after.ts';

export type Answer =
  | { kind: 'outcome'; outcome: Outcome }
  | { kind: 'follow'; id: string; task: RemoteTask; polled: boolean }
  /** In a queue of the peer's own, under a number that may or may not be the name of a task. */
  | { kind: 'place'; id: string; retryAfterMs: number | null }
  /** It does not speak this version, so nothing was taken. */
  | { kind: 'other_version'; error: string };

type Answered = Extract<Reply, { kind: 'answered' }>;

export interface Question {
  id: RpcId;
  now: number;
}

export function judge(reply: Reply, question: Question): Answer {
  switch (reply.kind) {
    case 'not_sent':
      return reply.guarded
        ? outcome(failed('unreachable', `the address may not be called: ${reply.error}`))
        : outcome({ kind: 'unreachable', error: reply.error, retryAfterMs: null });
    case 'lost':
      return outcome(unknown(`sent, and no answer: ${reply.error}`));
    case 'stopped':
      return outcome(unknown('let go before the peer answered'));
    case 'too_large':
      return outcome(failed('result_too_large', 'the answer is larger than a result may be'));
    case 'encoded':
      return outcome(invalid(`the answer is encoded as ${excerpt(reply.encoding, 40)}, which was not asked for`));
    case 'answered':
      return judgeAnswered(reply, question);
  }
}

function judgeAnswered(reply: Answered, question: Question): Answer {
  const body = parse(reply.body);
  if (reply.status === 202) {
    return judgeAccepted(reply, body, question);
  }
  if (reply.status >= 200 && reply.status < 300) {
    return judgeBody(reply, body, question);
  }
  const error = errorIn(body);
  if (error !== undefined && isOtherVersion(error.code)) {
    return { kind: 'other_version', error: cleaned(error.text) };
  }
  return outcome(judgeStatus(reply, body, question));
}

/** Queued if it says so. A bare 202 promises nothing, so it is tried again (C5). */
function judgeAccepted(reply: Answered, body: unknown, question: Question): Answer {
  const record = asRecord(body);
  if (record === undefined || member(record, 'queued') !== true) {
    const isEnvelope = record !== undefined && (Object.hasOwn(record, 'result') || errorIn(record)?.code !== undefined);
    return isEnvelope
      ? judgeBody(reply, body, question)
      : outcome({
          kind: 'unreachable',
          error: 'answered 202 without a task',
          retryAfterMs: later(reply, body, question),
        });
  }
  const reading = readResult(member(record, 'result'));
  const seen = reading.kind === 'task' && reading.task.state !== 'unknown' ? reading.task : undefined;
  const id = seen?.id ?? nameAt(recordAt(record, 'result') ?? {}, 'id') ?? nameAt(record, 'queue_id');
  if (id === undefined) {
    return outcome({ kind: 'busy', retryAfterMs: later(reply, body, question) });
  }
  return seen === undefined
    ? { kind: 'place', id, retryAfterMs: later(reply, body, question) }
    : judgeTask({ ...seen, id }, true);
}

function judgeBody(reply: Answered, body: unknown, question: Question): Answer {
  if (body === undefined) {
    const what = reply.body.trim() === '' ? 'the answer is empty' : 'the answer is not JSON';
    // Without a length the end of the connection is the end of the body, so what is cut off may have been an answer.
    return outcome(
      reply.framed || reply.status === 204 ? invalid(what, reply.body) : unknown(`${what}, it may be cut off`),
    );
  }
  const reading = readAnswer(body, question.id);
  return judgeReading(reading, reply.body);
}

function judgeReading(reading: Reading, body: string): Answer {
  switch (reading.kind) {
    case 'message':
      return outcome({
        kind: 'completed',
        output: reading.output,
        ...(reading.usage === undefined ? {} : { usage: reading.usage }),
      });
    case 'task':
      return judgeTask(reading.task, false);
    case 'error':
      return isOtherVersion(reading.code)
        ? { kind: 'other_version', error: cleaned(reading.text) }
        : outcome(failed('callee_failed', describeError(reading)));
    case 'nothing':
      return outcome(invalid(reading.why, body));
  }
}

function judgeTask(task: RemoteTask, polled: boolean): Answer {
  const ending = outcomeOf(task);
  if (ending !== undefined) {
    return outcome(ending);
  }
  return task.id === undefined
    ? outcome(invalid('the peer works on a task to which it gave no id'))
    : { kind: 'follow', id: task.id, task, polled };
}

/** Everything that is not 2xx. */
function judgeStatus(reply: Answered, body: unknown, question: Question): Outcome {
  const error = `HTTP ${reply.status}${saidIn(reply, body)}`;
  switch (reply.status) {
    case 429:
      return { kind: 'busy', retryAfterMs: later(reply, body, question) };
    case 503:
      return isBusy(body)
        ? { kind: 'busy', retryAfterMs: later(reply, body, question) }
        : { kind: 'unreachable', error, retryAfterMs: later(reply, body, question) };
    case 408:
    case 425:
    case 502:
    case 504:
      return { kind: 'unreachable', error, retryAfterMs: later(reply, body, question) };
    case 400:
    case 404:
    case 410:
    case 422:
      return failed('rejected', error);
    case 401:
    case 403:
      return failed('unauthorised', error);
    default:
      return failed(reply.status < 400 ? 'invalid_response' : 'callee_failed', error);
  }
}

function isBusy(body: unknown): boolean {
  const record = asRecord(body);
  return record !== undefined && member(record, 'busy') === true;
}

function later(reply: Answered, body: unknown, question: Question): number | null {
  return retryAfterMs(reply.headers, body, question.now);
}

/** The peer's own words, wherever it put them. */
function saidIn(reply: Answered, body: unknown): string {
  const record = asRecord(body);
  const said = errorIn(body)?.text ?? (record === undefined ? undefined : textAt(record, 'message', 'detail', 'title'));
  const shown = said === undefined ? excerpt(reply.body.trim()) : cleaned(said);
  return shown === '' ? '' : `: ${shown}`;
}

function errorIn(body: unknown): ReturnType<typeof readError> {
  const record = asRecord(body);
  return record === undefined ? undefined : readError(record);
}

function describeError(error: { code: number | null; text: string }): string {
  const text = cleaned(error.text);
  return error.code === null ? text : `${text} (JSON-RPC error ${error.code})`;
}

function invalid(what: string, body = ''): Outcome {
  const shown = excerpt(body.trim());
  return failed('invalid_response', shown === '' ? what : `${what}: ${shown}`);
}

/** Undefined when it is not JSON; JSON has no undefined of its own. */
export function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

function outcome(given: Outcome): Answer {
  return { kind: 'outcome', outcome: given };
}
