/**
 * Tasks of the revision 2025-11-25: tasks/get, tasks/result, tasks/list, tasks/cancel.
 *
 * tasks/result waits for the ending, no longer than a call may be held, and meanwhile puts the peer's question to a
 * client that can ask its user.
 */
import { ProtocolError, ProtocolErrorCode, type Result } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { isSettled } from '../../core/delegation/index.ts';
import { visible } from '../../core/untrusted.ts';
import type { Delegated } from '../../tools/index.ts';
import { idParam, method, noParams, type McpCall, type Method } from '../method.ts';
import type { McpParts } from '../parts.ts';
import { noSuchTask } from '../refusal.ts';
import { cancelTask } from './cancel.ts';
import { legacyTaskOf } from './create.ts';
import { answerTextOf, canElicit, elicitationOf, outcomeOf, statusOf } from './task.ts';

const RELATED_TASK = 'io.modelcontextprotocol/related-task';
const LISTED = 50;
const STEP_MS = 10_000;
const STEPS = 11;

const taskParams = z.looseObject({ taskId: idParam });

export function legacyTaskMethods(parts: McpParts): [string, Method][] {
  return [
    ['tasks/get', method(taskParams, async ({ taskId }, call) => legacyTaskOf(parts, await seenOf(call, taskId)))],
    ['tasks/result', method(taskParams, async ({ taskId }, call) => ended(call, taskId))],
    [
      'tasks/list',
      method(noParams, async (_params, { caller }) => {
        const rows = await caller.desk.list({ limit: LISTED });
        return { tasks: rows.map((row) => legacyTaskOf(parts, row)) };
      }),
    ],
    [
      'tasks/cancel',
      method(taskParams, async ({ taskId }, call) => {
        const before = await cancelTask(call.caller.desk, taskId);
        if (isSettled(before.status)) {
          throw new ProtocolError(ProtocolErrorCode.InvalidParams, `the task has ended already: ${before.status}`);
        }
        const { status, ...task } = legacyTaskOf(parts, await seenOf(call, taskId));
        // It was asked to end, and in this revision the answer says so at once.
        return { ...task, status: status === 'working' || status === 'input_required' ? 'cancelled' : status };
      }),
    ],
  ];
}

async function seenOf({ caller, request }: McpCall, id: string): Promise<Delegated> {
  const seen = await caller.desk.look(id, { signal: request.signal });
  if (seen === undefined) {
    throw noSuchTask(id);
  }
  return seen;
}

async function ended(call: McpCall, id: string): Promise<Result> {
  const { desk } = call.caller;
  const { signal } = call.request;
  for (let step = 0; step < STEPS; step += 1) {
    const seen = await desk.look(id, { waitMs: STEP_MS, signal });
    if (seen === undefined) {
      throw noSuchTask(id);
    }
    if (isSettled(seen.status)) {
      return endingOf(call, seen);
    }
    if (seen.status === 'input_required' && !(await putToUser(call, seen))) {
      break;
    }
  }
  throw new ProtocolError(ProtocolErrorCode.InternalError, 'the task has not ended yet; ask again', { taskId: id });
}

async function endingOf({ caller }: McpCall, seen: Delegated): Promise<Result> {
  const _meta = { [RELATED_TASK]: { taskId: seen.delegation_id } };
  if (statusOf(seen) === 'failed') {
    const why = seen.error ?? 'the platform could not carry the task out';
    throw new ProtocolError(ProtocolErrorCode.InternalError, visible(why));
  }
  return { ...(await outcomeOf(caller.desk, seen)), _meta };
}

/** True when the peer has its answer. */
async function putToUser(call: McpCall, seen: Delegated): Promise<boolean> {
  const { context, request } = call;
  if (context === undefined || !canElicit(call.capabilities)) {
    return false;
  }
  const params = { ...elicitationOf(seen), _meta: { [RELATED_TASK]: { taskId: seen.delegation_id } } };
  const text = answerTextOf(
    await context.mcpReq.elicitInput(params, { signal: request.signal, relatedRequestId: request.id }),
  );
  if (text === undefined) {
    return false;
  }
  await call.caller.desk.answer(seen.delegation_id, text);
  return true;
}
