/**
 * Asks for a task to stop.
 */
import { z } from 'zod';
import { STATUSES } from '../../core/delegation/index.ts';
import { tool } from '../spec.ts';
import * as words from '../words.ts';

export const cancelTask = tool({
  name: 'cancel_task',
  title: 'Cancel a delegated task',
  short: 'Ask for a task you delegated to stop.',
  whenToUse:
    'When its result is not needed any more. A task that waits in a queue ends at once, a running one within moments.',
  section: 'delegation',
  input: z.strictObject({ task_id: words.taskId, reason: z.string().max(500).optional() }),
  output: words.output({
    success: z.boolean(),
    task_id: z.string(),
    status: z.enum(STATUSES),
    cancel_requested: z.boolean(),
    next_action: z.string(),
  }),
  example: { task_id: words.EXAMPLE_ID, reason: 'the user has changed their mind' },
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  waits: false,
  async run({ desk }, { task_id: id, reason }) {
    const now = await desk.cancel(id, reason);
    const { status, next_action: next, cancel_requested: asked = false } = now;
    return { success: true, task_id: id, status, cancel_requested: asked, next_action: next };
  },
});
