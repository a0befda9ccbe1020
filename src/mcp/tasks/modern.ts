/**
 * Tasks of the extension of 2026: tasks/get, tasks/update, tasks/cancel. The client polls, or listens.
 */
import { MissingRequiredClientCapabilityError } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { isSettled } from '../../core/delegation/index.ts';
import { idParam, method, type McpCall, type Method } from '../method.ts';
import type { McpParts } from '../parts.ts';
import { noSuchTask } from '../refusal.ts';
import { cancelTask } from './cancel.ts';
import { declaresTasks } from './create.ts';
import { answerTextOf, canElicit, detailedTaskOf, isKeyOf, TASKS_EXTENSION } from './task.ts';

const taskParams = z.looseObject({ taskId: idParam });
const updateParams = z.looseObject({ taskId: idParam, inputResponses: z.record(z.string(), z.unknown()).optional() });

export function modernTaskMethods(parts: McpParts): [string, Method][] {
  return [
    [
      'tasks/get',
      method(taskParams, async ({ taskId }, call) => {
        requireTasks(call);
        const { desk } = call.caller;
        const seen = await desk.look(taskId, { signal: call.request.signal });
        if (seen === undefined) {
          throw noSuchTask(taskId);
        }
        const canAsk = canElicit(call.capabilities);
        const task = await detailedTaskOf(parts, { caller: call.caller, canAsk }, seen);
        // Only when what is shown is there: an ending that could not be shown is told again (D7).
        if (isSettled(seen.status) || (seen.status === 'input_required' && canAsk)) {
          await desk.look(taskId, { collect: true });
        }
        return task;
      }),
    ],
    [
      'tasks/update',
      method(updateParams, async ({ taskId, inputResponses }, call) => {
        requireTasks(call);
        const { desk } = call.caller;
        const seen = await desk.look(taskId);
        if (seen === undefined) {
          throw noSuchTask(taskId);
        }
        const responses = call.context?.mcpReq.inputResponses ?? inputResponses ?? {};
        const key = Object.keys(responses).find((name) => isKeyOf(name, seen));
        const text = key === undefined ? undefined : answerTextOf(responses[key]);
        // What answers nothing that is asked is acknowledged and has no effect: the answer may be late.
        if (seen.status === 'input_required' && text !== undefined) {
          await desk.answer(taskId, text);
        }
        return {};
      }),
    ],
    [
      'tasks/cancel',
      method(taskParams, async ({ taskId }, call) => {
        requireTasks(call);
        await cancelTask(call.caller.desk, taskId);
        return {};
      }),
    ],
  ];
}

function requireTasks(call: McpCall): void {
  if (!declaresTasks(call)) {
    throw new MissingRequiredClientCapabilityError({
      requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } },
    });
  }
}
