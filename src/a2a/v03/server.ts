/**
 * What our server needs to answer A2A 0.3: reading a request, and showing a delegation as a task.
 *
 * A bare `{method, params}` without an envelope is read as well, since the original platform accepted it. Reading
 * decides nothing: who calls and whether it may is the gateway's.
 */
import type { Part } from '../../core/delegation/index.ts';
import type { Output } from '../../core/ports/index.ts';
import type { RpcId } from '../envelope.ts';
import { asRecord, idAt, isWithinDepth, type Json, member, recordAt, textAt } from '../json.ts';
import { partsOf, partV03, textOf } from '../parts.ts';
import { type Standing, stateOf } from '../states.ts';
import type { ServerDialect } from '../server-dialect.ts';
import { V03_ERRORS, type V03Error } from './errors.ts';

export interface IncomingCall {
  /** `null` when the caller sent no envelope, or no id. */
  id: RpcId | null;
  method: string;
  params: Json;
}

export interface IncomingFault {
  id: RpcId | null;
  fault: V03Error;
  why: string;
}

export function readCall(body: unknown): IncomingCall | IncomingFault {
  const envelope = asRecord(body);
  if (envelope === undefined) {
    return { id: null, fault: 'invalidRequest', why: 'the request is not a JSON object' };
  }
  const given = member(envelope, 'id');
  const id = typeof given === 'string' || typeof given === 'number' ? given : null;
  const method = idAt(envelope, 'method');
  if (method === undefined) {
    return { id, fault: 'invalidRequest', why: 'the request names no method' };
  }
  if (!isWithinDepth(envelope)) {
    return { id, fault: 'invalidParams', why: 'the request is nested too deeply' };
  }
  return { id, method, params: recordAt(envelope, 'params') ?? {} };
}

export interface IncomingMessage {
  messageId: string | null;
  context: string | null;
  /** The task of ours it belongs to. */
  task: string | null;
  text: string;
  parts: Part[];
  /** The recorded delegation that this message is, if it names one. */
  delegation: string | null;
  /** Unset means blocking, as in the SDKs of this version. */
  blocking: boolean;
  metadata: Json;
}

/** The params of `message/send` or `message/stream`; `undefined` when there is no message with parts in them. */
export function readMessageSend(params: Json): IncomingMessage | undefined {
  const message = recordAt(params, 'message');
  const parts = message === undefined ? [] : partsOf(message);
  if (message === undefined || parts.length === 0) {
    return undefined;
  }
  const outer = recordAt(params, 'metadata') ?? {};
  const inner = recordAt(message, 'metadata') ?? {};
  const configuration = recordAt(params, 'configuration') ?? {};
  return {
    messageId: idAt(message, 'messageId', 'message_id') ?? null,
    context: idAt(message, 'contextId', 'context_id') ?? null,
    task: idAt(message, 'taskId', 'task_id') ?? null,
    text: textOf(parts),
    parts,
    delegation: idAt(outer, 'parent_task_id') ?? idAt(inner, 'delegation_id') ?? null,
    blocking: member(configuration, 'blocking') !== false,
    metadata: { ...outer, ...inner },
  };
}

/** A delegation, as far as a task shows it. */
export interface TaskView extends Standing {
  id: string;
  context: string | null;
  /** When it came to this status. */
  at: number;
  /** What is said about the state: the error, the question, the place in the queue. */
  note?: string;
  result?: Output;
  metadata?: Json;
}

export function encodeTask(view: TaskView): Json {
  return {
    kind: 'task',
    id: view.id,
    contextId: view.context ?? view.id,
    status: encodeStatus(view),
    ...(view.result === undefined ? {} : { artifacts: [artifactOf(view.result)] }),
    ...(view.metadata === undefined ? {} : { metadata: view.metadata }),
  };
}

function encodeStatus(view: TaskView): Json {
  return {
    state: stateOf(view),
    timestamp: new Date(view.at).toISOString(),
    ...(view.note === undefined ? {} : { message: noteMessage(view, view.context ?? view.id) }),
  };
}

function noteMessage(view: TaskView, context: string): Json {
  return {
    kind: 'message',
    role: 'agent',
    messageId: `${view.id}.${view.status}`,
    taskId: view.id,
    contextId: context,
    parts: [{ kind: 'text', text: view.note }],
  };
}

function artifactOf(result: Output): Json {
  const parts: readonly Part[] = result.parts ?? [{ kind: 'text', text: result.text }];
  return { artifactId: 'result', parts: parts.map(partV03) };
}

export function success(id: RpcId | null, result: unknown): Json {
  return { jsonrpc: '2.0', id, result };
}

export function failure(id: RpcId | null, error: V03Error, message: string): Json {
  return { jsonrpc: '2.0', id, error: { code: V03_ERRORS[error], message } };
}

export const V03_SERVER: ServerDialect = {
  version: '0.3',
  methods: {
    'message/send': 'send',
    'message/stream': 'stream',
    'tasks/get': 'get',
    'tasks/cancel': 'cancel',
    'tasks/resubscribe': 'subscribe',
    'tasks/pushNotificationConfig/set': 'push',
    'tasks/pushNotificationConfig/get': 'push',
    'tasks/pushNotificationConfig/list': 'push',
    'tasks/pushNotificationConfig/delete': 'push',
    'agent/getAuthenticatedExtendedCard': 'extendedCard',
  },

  readSend(params) {
    const role = textAt(recordAt(params, 'message') ?? {}, 'role') ?? 'user';
    if (role !== 'user' && role !== 'ROLE_USER') {
      return { fault: 'invalidParams', why: 'params.message.role is user' };
    }
    const read = readMessageSend(params);
    return read ?? { fault: 'invalidParams', why: 'params.message with at least one part is required' };
  },

  task: encodeTask,
  taken: encodeTask,

  status(view, isFinal) {
    const about = { taskId: view.id, contextId: view.context ?? view.id };
    const metadata = view.metadata === undefined ? {} : { metadata: view.metadata };
    return { kind: 'status-update', ...about, status: encodeStatus(view), final: isFinal, ...metadata };
  },

  artifact(view, result) {
    const about = { taskId: view.id, contextId: view.context ?? view.id };
    return { kind: 'artifact-update', ...about, artifact: artifactOf(result), append: false, lastChunk: true };
  },

  failure,
};
