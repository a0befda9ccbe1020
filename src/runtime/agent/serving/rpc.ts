/**
 * One JSON-RPC call to an agent: which version it speaks, what it asks for, and the answer.
 *
 * The version is what the header says; where it says nothing, what the method's name says, since callers forget the
 * header more often than they mean 0.3. An operation that the card does not promise is refused by the name of what is
 * missing.
 */
import type { IncomingHttpHeaders } from 'node:http';
import {
  type IncomingCall,
  type IncomingMessage,
  type Json,
  nameAt,
  type Operation,
  type ReadFault,
  readList,
  type RpcId,
  type ServerDialect,
  success,
  V03_SERVER,
  V1_SERVER,
} from '../../../a2a/index.ts';
import type { Clock } from '../../../core/ports/index.ts';
import type { Job } from './job.ts';
import type { ServingLimits } from './limits.ts';
import { pageOf } from './page.ts';
import { LATER_SECONDS, type Room } from './room.ts';
import type { Streams } from './streams.ts';
import { awaited } from './wait.ts';

export interface Counter {
  clock: Clock;
  limits: ServingLimits;
  room: Room;
  streams: Streams;
}

export interface Caller {
  headers: IncomingHttpHeaders;
  /** `A2A-Version` may stand in the address as well. */
  version: string | undefined;
  gone: AbortSignal;
}

export type Reply =
  | { kind: 'body'; status: number; body: Json; retryAfter?: number }
  | { kind: 'stream'; job: Job; dialect: ServerDialect; rpc: RpcId | null };

interface Asked extends Counter {
  call: IncomingCall;
  caller: Caller;
  dialect: ServerDialect;
}

export async function answerCall(counter: Counter, call: IncomingCall, caller: Caller): Promise<Reply> {
  const dialect = dialectOf(call.method, caller.version ?? '');
  if (dialect === undefined) {
    const why = 'this agent speaks A2A 1.0 and 0.3';
    return said(V1_SERVER.failure(call.id, 'versionNotSupported', why));
  }
  const { methods } = dialect;
  const asked: Asked = { ...counter, call, caller, dialect };
  const operation = Object.hasOwn(methods, call.method) ? methods[call.method] : undefined;
  return operation === undefined ? refuse(asked, 'methodNotFound', noMethod(asked)) : OPERATIONS[operation](asked);
}

function dialectOf(method: string, version: string): ServerDialect | undefined {
  const named = version.trim();
  if (named === '') {
    return Object.hasOwn(V1_SERVER.methods, method) ? V1_SERVER : V03_SERVER;
  }
  // A patch makes no difference.
  const [, minor] = /^(\d{1,3}\.\d{1,3})(?:\.\d{1,3})?$/u.exec(named) ?? [];
  return [V1_SERVER, V03_SERVER].find((dialect) => dialect.version === minor);
}

function noMethod({ call, dialect }: Asked): string {
  const other = dialect === V1_SERVER ? V03_SERVER : V1_SERVER;
  const hint = Object.hasOwn(other.methods, call.method)
    ? `; it is one of ${other.version}, and A2A-Version says ${dialect.version}`
    : '';
  return `the method ${call.method.slice(0, 100)} is not served here${hint}`;
}

const OPERATIONS: Record<Operation, (asked: Asked) => Reply | Promise<Reply>> = {
  send,
  stream,
  get: (asked) => withTask(asked, (job) => showTask(asked, job)),
  cancel: (asked) => withTask(asked, async (job) => cancel(asked, job)),
  subscribe: (asked) => withTask(asked, (job) => subscribe(asked, job)),
  list,
  push: (asked) => refuse(asked, 'pushNotificationNotSupported', 'this agent sends no push notifications'),
  extendedCard: (asked) => {
    const missing = asked.dialect === V1_SERVER ? 'unsupportedOperation' : 'extendedCardNotConfigured';
    return refuse(asked, missing, 'this agent has one card, and it is public');
  },
};

async function send(asked: Asked): Promise<Reply> {
  const taken = take(asked);
  if ('reply' in taken) {
    return taken.reply;
  }
  const { job, message } = taken;
  await hold(asked, job, message);
  if (job.isWithdrawn) {
    return busy(asked, job.view.note ?? '', LATER_SECONDS);
  }
  job.isShown ||= !asked.caller.gone.aborted;
  return said(success(asked.call.id, asked.dialect.taken(job.view)));
}

/**
 * Until there is an ending or a question, if it is waited for. A call that is not to wait is held for a moment all the
 * same, for as long as the task has said nothing of itself: what ends at once is answered at once, and what cannot be
 * done now can only be given back while nobody was told that it was taken.
 */
async function hold({ clock, limits, caller }: Asked, job: Job, message: IncomingMessage): Promise<void> {
  if (message.blocking) {
    const isThere = (): boolean => job.isOver || job.status === 'input_required';
    await awaited({ clock, job, isThere, ms: limits.holdMs, gone: caller.gone });
    return;
  }
  const isOurs = nameAt(message.metadata, 'delegation_id') !== undefined;
  const isThere = (): boolean => job.hasSpoken;
  await awaited({ clock, job, isThere, ms: isOurs ? limits.openMs : 0, gone: caller.gone });
}

function stream(asked: Asked): Reply {
  if (asked.streams.isFull) {
    return tooManyStreams(asked);
  }
  const taken = take(asked);
  return 'reply' in taken
    ? taken.reply
    : { kind: 'stream', job: taken.job, dialect: asked.dialect, rpc: asked.call.id };
}

function take(asked: Asked): { job: Job; message: IncomingMessage } | { reply: Reply } {
  const { call, caller, dialect, room } = asked;
  const message = dialect.readSend(call.params);
  if ('fault' in message) {
    return { reply: refuse(asked, message.fault, message.why) };
  }
  const { traceparent } = caller.headers;
  const taken = room.take(message, typeof traceparent === 'string' ? traceparent : undefined);
  if ('fault' in taken) {
    return { reply: refuse(asked, taken.fault, taken.why) };
  }
  return 'busy' in taken ? { reply: busy(asked, taken.busy, taken.retryAfter) } : { job: taken.job, message };
}

async function withTask(asked: Asked, then: (job: Job) => Reply | Promise<Reply>): Promise<Reply> {
  const id = nameAt(asked.call.params, 'id');
  const history = asked.call.params['historyLength'] ?? 0;
  if (id === undefined || !Number.isSafeInteger(history) || Number(history) < 0) {
    return refuse(asked, 'invalidParams', 'params.id is the id of a task, params.historyLength a number from 0');
  }
  const job = asked.room.book.get(id);
  return job === undefined ? refuse(asked, 'taskNotFound', 'there is no such task') : then(job);
}

function showTask({ call, dialect }: Asked, job: Job): Reply {
  job.isShown = true;
  return said(success(call.id, dialect.task(job.view)));
}

async function cancel(asked: Asked, job: Job): Promise<Reply> {
  if (job.isOver && job.status !== 'cancelled') {
    return refuse(asked, 'taskNotCancelable', `the task is over (${job.status})`);
  }
  const { clock, limits, caller } = asked;
  job.isShown = true;
  job.stop('cancelled');
  await awaited({ clock, job, isThere: () => job.isOver, ms: limits.cancelHoldMs, gone: caller.gone });
  return showTask(asked, job);
}

/** 0.3 has no word for a stream that has nothing to come, so there the task is all of it. */
function subscribe(asked: Asked, job: Job): Reply {
  const { call, dialect, streams } = asked;
  if (job.isOver && dialect === V1_SERVER) {
    return refuse(asked, 'unsupportedOperation', `the task is over (${job.status})`);
  }
  return streams.isFull ? tooManyStreams(asked) : { kind: 'stream', job, dialect, rpc: call.id };
}

/** Whoever cannot follow can ask. */
function tooManyStreams({ call, dialect }: Asked): Reply {
  return { kind: 'body', status: 503, body: dialect.failure(call.id, 'internalError', 'too many streams are open') };
}

function list(asked: Asked): Reply {
  const read = readList(asked.call.params);
  const page = 'fault' in read ? read : pageOf(asked.room.book.jobs, read, asked.limits);
  return 'fault' in page
    ? refuse(asked, page.fault, page.why)
    : said(success(asked.call.id, { ...page, tasks: page.tasks.map((view) => asked.dialect.task(view)) }));
}

function refuse({ call, dialect }: Asked, fault: ReadFault['fault'], why: string): Reply {
  return said(dialect.failure(call.id, fault, why));
}

/** What our platform reads as a full house (C5), and every other caller as an error that passes. */
function busy({ call }: Asked, why: string, retryAfter: number): Reply {
  const type = 'type.googleapis.com/google.rpc';
  const data = [
    { '@type': `${type}.ErrorInfo`, reason: 'RESOURCE_EXHAUSTED', domain: 'errand' },
    { '@type': `${type}.RetryInfo`, retryDelay: `${retryAfter}s` },
  ];
  const error = { code: -32_000, message: `busy: ${why}`, data };
  const body = { jsonrpc: '2.0', id: call.id, error, busy: true, retry_after: retryAfter };
  return { kind: 'body', status: 503, body, retryAfter };
}

function said(body: Json): Reply {
  return { kind: 'body', status: 200, body };
}
