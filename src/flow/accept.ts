/**
 * The first verb of the line: a delegation is offered, checked, and kept.
 *
 * Sizes are checked here, before anything is stored; everything that depends on other rows is checked inside the
 * transaction by `core/apply/admission.ts`. Once this answers, the delegation is on stable storage (D1).
 */
import { hash } from 'node:crypto';
import {
  PRIORITIES,
  type Accept,
  type Batch,
  type Budget,
  type Delegation,
  type Part,
  type Priority,
} from '../core/delegation/index.ts';
import { ErrandError } from '../core/error.ts';
import { batchOf, changedOf, type Changed } from './answer-of.ts';
import type { Line } from './line.ts';

/** What a caller asks for; whatever is left out gets its default. */
export interface Task {
  callee: string;
  task: string;
  context?: string;
  parts?: Part[];
  conversation?: string;
  priority?: Priority;
  deadlineMs?: number;
  validForMs?: number;
  startAt?: number;
  supersedes?: string;
  delivery?: Accept['delivery'];
  labels?: Record<string, string>;
  traceparent?: string;
  retryOf?: string;
  /** What it, and all below it, may use up. */
  budget?: Budget;
  /** An id given from outside; ours is made otherwise. */
  id?: string;
  origin?: Accept['origin'];
}

/** Who asks, as the door it came through established it. */
export interface Asking {
  caller: string;
  actor: string;
  /** The running delegation on whose behalf it asks, from its attempt token. */
  parent?: number;
  idempotencyKey?: string;
}

export async function accept(line: Line, asking: Asking, task: Task): Promise<Changed> {
  const command = commandOf(line, asking, task);
  command.idempotency = idempotencyOf(asking, task);
  return changedOf(await line.recorder.record(command));
}

export async function acceptBatch(
  line: Line,
  asking: Asking,
  tasks: readonly Task[],
): Promise<{ batch: Batch; delegations: Delegation[]; fresh: boolean }> {
  if (tasks.length === 0) {
    throw new ErrandError({ code: 'invalid_request', message: 'tasks: an empty batch is refused.' });
  }
  if (tasks.length > line.limits.batchMax) {
    throw new ErrandError({ code: 'too_large', message: `tasks: at most ${line.limits.batchMax} in one batch.` });
  }
  const commands = tasks.map((task, index) => {
    const command = commandOf(line, asking, task);
    command.request.batchIndex = index;
    return command;
  });
  const opened = batchOf(
    await line.recorder.record({
      type: 'open_batch',
      caller: asking.caller,
      idempotency: idempotencyOf(asking, tasks),
      tasks: commands,
    }),
  );
  if (opened.fresh) {
    return opened;
  }
  const delegations = await line.engine.delegations({ batch: opened.batch.key, limit: line.limits.batchMax });
  return { ...opened, delegations: delegations.toReversed() };
}

export function commandOf(line: Line, asking: Asking, task: Task): Accept {
  checkSizes(line, task);
  const command: Accept = {
    type: 'accept',
    id: task.id ?? null,
    caller: asking.caller,
    callee: task.callee,
    actor: asking.actor,
    origin: task.origin ?? 'delegate',
    delivery: task.delivery ?? 'at_least_once',
    priority: task.priority ?? PRIORITIES.task,
    conversation: task.conversation ?? null,
    deadlineMs: Math.min(task.deadlineMs ?? line.limits.deadlineMs, line.limits.deadlineMsMax),
    validForMs: task.validForMs ?? null,
    startAt: task.startAt ?? null,
    parent: asking.parent ?? null,
    supersedes: task.supersedes ?? null,
    idempotency: null,
    request: requestOf(task),
  };
  if (task.budget !== undefined) {
    command.budget = task.budget;
  }
  return command;
}

/** What is not there is no field: most are a task and nothing else, and are kept as long as it waits. */
function requestOf({ task, context, parts, labels, traceparent, retryOf }: Task): Accept['request'] {
  const request: Accept['request'] = { task: task.toWellFormed() };
  if (context !== undefined) {
    request.context = context.toWellFormed();
  }
  if (parts !== undefined) {
    request.parts = parts;
  }
  if (labels !== undefined) {
    request.labels = labels;
  }
  if (traceparent !== undefined) {
    request.traceparent = traceparent;
  }
  if (retryOf !== undefined) {
    request.retryOf = retryOf;
  }
  return request;
}

function checkSizes(line: Line, task: Task): void {
  const { taskBytesMax, contextBytesMax, metadataBytesMax, resultBytesMax } = line.limits;
  within('task', task.task, taskBytesMax);
  within('context', task.context ?? '', contextBytesMax);
  within('labels', task.labels === undefined ? '' : JSON.stringify(task.labels), metadataBytesMax);
  within('parts', task.parts === undefined ? '' : JSON.stringify(task.parts), resultBytesMax);
  within('conversation_id', task.conversation ?? '', 512);
}

function within(name: string, text: string, most: number): void {
  if (text.length > most || (text.length * 3 > most && Buffer.byteLength(text) > most)) {
    throw new ErrandError({ code: 'too_large', message: `${name}: at most ${most} bytes.` });
  }
}

/** The key is the caller's; what it stands for is the whole body, so that another body with it is found out. */
export function idempotencyOf(asking: Asking, body: unknown): Accept['idempotency'] {
  return asking.idempotencyKey === undefined
    ? null
    : { key: asking.idempotencyKey, hash: hash('sha256', JSON.stringify(body, withoutTrace), 'base64url') };
}

/** A repeated call belongs to another span and is the same call all the same. */
function withoutTrace(name: string, value: unknown): unknown {
  return name === 'traceparent' ? undefined : value;
}
