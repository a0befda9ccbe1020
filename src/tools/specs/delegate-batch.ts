/**
 * Several tasks as one: they are told of together, when the last of them has ended.
 */
import { z } from 'zod';
import { isSettled, NEXT_ACTION } from '../../core/delegation/index.ts';
import { tool } from '../spec.ts';
import * as words from '../words.ts';

const TASKS_MAX = 100;

export const delegateBatch = tool({
  name: 'delegate_batch',
  title: 'Delegate several tasks',
  short: 'Hand several tasks to peers as one; you are told once, when all of them have ended.',
  whenToUse:
    'For work that splits into independent parts. The parts run side by side, and you get one message with every outcome ' +
    'in the order you gave them.',
  section: 'delegation',
  input: z.strictObject({
    tasks: z
      .array(z.strictObject({ workspace_id: words.workspaceId, task: words.task, context: words.context.optional() }))
      .min(1)
      .max(TASKS_MAX),
  }),
  output: words.output({
    success: z.boolean(),
    task_id: z
      .string()
      .describe('The id of the batch; check_task_status and wait_for_tasks take it like that of a task.'),
    batch_id: z.string(),
    status: z.literal('delegated'),
    tasks: z.array(z.object(words.standing)),
    next_action: z.string(),
    message: z.string(),
  }),
  example: {
    tasks: [
      { workspace_id: 'reviewer', task: 'Review part one of the draft.' },
      { workspace_id: 'tester', task: 'Try the examples of the draft.' },
    ],
  },
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  waits: false,
  async run({ desk, callId }, { tasks }) {
    const { batch_id: id, delegations } = await desk.delegateBatch(tasks.map(words.askedOf), words.keyOf(callId));
    const hasEnded = delegations.every(({ state }) => isSettled(state));
    return {
      success: true,
      task_id: id,
      batch_id: id,
      status: 'delegated' as const,
      tasks: delegations.map(words.standingOfReceipt),
      next_action: hasEnded ? NEXT_ACTION.completed : NEXT_ACTION.queued,
      message: hasEnded
        ? words.handedOver({ task_id: id, status: 'completed' })
        : `${delegations.length} tasks delegated. You will be told once, when the last of them has ended.`,
    };
  },
});
