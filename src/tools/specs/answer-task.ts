/**
 * Answers what a peer asks about the task it was given.
 */
import { z } from 'zod';
import { STATUSES } from '../../core/delegation/index.ts';
import { tool } from '../spec.ts';
import * as words from '../words.ts';

export const answerTask = tool({
  name: 'answer_task',
  title: 'Answer a question about a task',
  short: 'Answer the question of a peer whose task is input_required; it goes on with your answer.',
  whenToUse:
    'When a task you delegated is input_required. If you do not know the answer, ask the user, or cancel the task.',
  section: 'delegation',
  input: z.strictObject({ task_id: words.taskId, answer: z.string().min(1).max(256_000) }),
  output: words.output({
    success: z.boolean(),
    task_id: z.string(),
    status: z.enum(STATUSES),
    next_action: z.string(),
  }),
  example: { task_id: words.EXAMPLE_ID, answer: 'Take the second one.' },
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  waits: false,
  async run({ desk }, { task_id: id, answer }) {
    const { status, next_action: next } = await desk.answer(id, answer);
    return { success: true, task_id: id, status, next_action: next };
  },
});
