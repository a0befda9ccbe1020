/**
 * What a server needs to answer A2A 1.0 over JSON-RPC: reading a message and a question for tasks, and showing a task.
 *
 * What the version requires is required: 1.0 has no callers that have to be borne from before it. What it does not
 * know is ignored. No `kind` is ever said, since here the name of the member tells what stands in it.
 */
import type { Part } from '../../core/delegation/index.ts';
import type { Output } from '../../core/ports/index.ts';
import type { RpcId } from '../envelope.ts';
import { asRecord, idAt, type Json, listAt, member, recordAt, textAt } from '../json.ts';
import { partsOf, partV1, textOf } from '../parts.ts';
import type { ReadFault, ServerDialect } from '../server-dialect.ts';
import { readState, type RemoteState, stateOf, v1State } from '../states.ts';
import type { IncomingMessage, TaskView } from '../v03/server.ts';
import { V1_ERRORS, type V1Error } from './errors.ts';

const DOMAIN = 'a2a-protocol.org';
const CONTENTS = ['text', 'raw', 'url', 'data'] as const;
const LIST_MOST = 100;
const LIST_USUAL = 50;

export const V1_SERVER: ServerDialect & { failure(id: RpcId | null, error: V1Error, message: string): Json } = {
  version: '1.0',
  methods: {
    SendMessage: 'send',
    SendStreamingMessage: 'stream',
    GetTask: 'get',
    ListTasks: 'list',
    CancelTask: 'cancel',
    SubscribeToTask: 'subscribe',
    CreateTaskPushNotificationConfig: 'push',
    GetTaskPushNotificationConfig: 'push',
    ListTaskPushNotificationConfigs: 'push',
    DeleteTaskPushNotificationConfig: 'push',
    GetExtendedAgentCard: 'extendedCard',
  },

  readSend(params) {
    return readSend(params);
  },

  task(view) {
    return encodeTask(view);
  },

  taken(view) {
    return { task: encodeTask(view) };
  },

  status(view) {
    const metadata = view.metadata === undefined ? {} : { metadata: view.metadata };
    return { statusUpdate: { ...about(view), status: encodeStatus(view), ...metadata } };
  },

  artifact(view, result) {
    return { artifactUpdate: { ...about(view), artifact: artifactOf(result), append: false, lastChunk: true } };
  },

  failure(id, error, message) {
    const row: { code: number; reason?: string } = V1_ERRORS[error];
    const type = 'type.googleapis.com/google.rpc.ErrorInfo';
    const data = row.reason === undefined ? {} : { data: [{ '@type': type, reason: row.reason, domain: DOMAIN }] };
    return { jsonrpc: '2.0', id, error: { code: row.code, message, ...data } };
  },
};

function readSend(params: Json): IncomingMessage | ReadFault {
  const message = recordAt(params, 'message');
  const why = message === undefined ? 'params.message is required' : whyNot(message);
  if (message === undefined || why !== undefined) {
    return { fault: 'invalidParams', why: why ?? '' };
  }
  const configuration = recordAt(params, 'configuration') ?? {};
  if (!isHistoryLength(member(configuration, 'historyLength'))) {
    return { fault: 'invalidParams', why: 'params.configuration.historyLength is a number from 0' };
  }
  if (recordAt(configuration, 'taskPushNotificationConfig') !== undefined) {
    return { fault: 'pushNotificationNotSupported', why: 'this agent sends no push notifications' };
  }
  const outer = recordAt(params, 'metadata') ?? {};
  const inner = recordAt(message, 'metadata') ?? {};
  const parts = partsOf(message);
  return {
    messageId: idAt(message, 'messageId') ?? null,
    context: idAt(message, 'contextId') ?? null,
    task: idAt(message, 'taskId') ?? null,
    text: textOf(parts),
    parts,
    delegation: idAt(outer, 'parent_task_id') ?? idAt(inner, 'delegation_id') ?? null,
    blocking: member(configuration, 'returnImmediately') !== true,
    metadata: { ...outer, ...inner },
  };
}

function whyNot(message: Json): string | undefined {
  if (idAt(message, 'messageId') === undefined) {
    return 'params.message.messageId is required';
  }
  if (textAt(message, 'role') !== 'ROLE_USER') {
    return 'params.message.role is ROLE_USER';
  }
  const parts = listAt(message, 'parts');
  if (parts.length === 0) {
    return 'params.message.parts has at least one part';
  }
  const wrong = parts.findIndex((part) => !hasOneContent(asRecord(part)));
  return wrong === -1 ? undefined : `params.message.parts[${wrong}] has exactly one of ${CONTENTS.join(', ')}`;
}

function hasOneContent(part: Json | undefined): boolean {
  const held = part === undefined ? [] : CONTENTS.filter((name) => Object.hasOwn(part, name));
  const [name] = held;
  return held.length === 1 && name !== undefined && (name === 'data' || typeof part?.[name] === 'string');
}

function isHistoryLength(value: unknown): boolean {
  return value === undefined || value === null || (Number.isSafeInteger(value) && Number(value) >= 0);
}

function about(view: TaskView): Json {
  return { taskId: view.id, contextId: view.context ?? view.id };
}

function encodeTask(view: TaskView): Json {
  return {
    id: view.id,
    contextId: view.context ?? view.id,
    status: encodeStatus(view),
    ...(view.result === undefined ? {} : { artifacts: [artifactOf(view.result)] }),
    ...(view.metadata === undefined ? {} : { metadata: view.metadata }),
  };
}

function encodeStatus(view: TaskView): Json {
  return {
    state: v1State(stateOf(view)),
    timestamp: new Date(view.at).toISOString(),
    ...(view.note === undefined ? {} : { message: noteMessage(view) }),
  };
}

function noteMessage(view: TaskView): Json {
  return {
    role: 'ROLE_AGENT',
    messageId: `${view.id}.${view.status}`,
    ...about(view),
    parts: [{ text: view.note }],
  };
}

function artifactOf(result: Output): Json {
  const parts: readonly Part[] = result.parts ?? [{ kind: 'text', text: result.text }];
  return { artifactId: 'result', parts: parts.map(partV1) };
}

export interface ListAsked {
  context?: string;
  state?: RemoteState;
  /** Not before this moment. */
  since?: number;
  pageSize: number;
  pageToken: string;
  withArtifacts: boolean;
}

/** The params of `ListTasks`. */
export function readList(params: Json): ListAsked | ReadFault {
  const pageSize = member(params, 'pageSize') ?? LIST_USUAL;
  if (!Number.isSafeInteger(pageSize) || Number(pageSize) < 1 || Number(pageSize) > LIST_MOST) {
    return { fault: 'invalidParams', why: `params.pageSize is a number from 1 to ${LIST_MOST}` };
  }
  if (!isHistoryLength(member(params, 'historyLength'))) {
    return { fault: 'invalidParams', why: 'params.historyLength is a number from 0' };
  }
  const named = textAt(params, 'status') ?? '';
  const state = readState(named);
  if (named !== '' && named !== 'TASK_STATE_UNSPECIFIED' && state === 'unknown') {
    return { fault: 'invalidParams', why: 'params.status is the name of a state' };
  }
  const stamp = textAt(params, 'statusTimestampAfter');
  const since = stamp === undefined ? undefined : Date.parse(stamp);
  if (Number.isNaN(since)) {
    return { fault: 'invalidParams', why: 'params.statusTimestampAfter is a time' };
  }
  const context = idAt(params, 'contextId');
  return {
    ...(context === undefined ? {} : { context }),
    ...(state === 'unknown' ? {} : { state }),
    ...(since === undefined ? {} : { since }),
    pageSize: Number(pageSize),
    pageToken: textAt(params, 'pageToken') ?? '',
    withArtifacts: member(params, 'includeArtifacts') === true,
  };
}
