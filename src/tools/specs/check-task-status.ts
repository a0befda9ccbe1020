/**
 * How one task stands, or all of them.
 */
import { z } from 'zod';
import { collectBatches, isBatch, tasksOf } from '../batches.ts';
import type { Delegated, Row } from '../desk.ts';
import { tool, type ToolContext } from '../spec.ts';
import { collected, isAtRest } from '../wait.ts';
import * as words from '../words.ts';

const LISTED = 20;

/** Of a list its summary; of a batch everything. */
const listed = z.object({ ...words.standing, summary: z.string().optional() });

export const checkTaskStatus = tool({
  name: 'check_task_status',
  title: 'Check a delegated task',
  short: 'See how a delegated task stands, with its result once it has ended; without task_id, all recent ones.',
  whenToUse:
    'To read the result of a task that has ended, or to answer somebody who asks how it stands. Do not call it again and ' +
    'again: the ending is delivered to you by itself.',
  section: 'delegation',
  input: z.strictObject({
    task_id: z.string().max(200).default('').describe('Empty for the most recent ones.'),
    workspace_id: z.string().max(200).optional().describe('Not needed; taken for the sake of older callers.'),
  }),
  output: words.output({
    ...z.object(words.standing).partial().shape,
    batch_id: z.string().optional(),
    tasks: z.array(listed).optional(),
    count: z.number().optional(),
    unchanged: z.boolean().optional(),
    error: z.string().optional(),
  }),
  example: { task_id: words.EXAMPLE_ID },
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  isCore: true,
  waits: false,
  async run(context, { task_id: id }) {
    if (id === '') {
      return all(context);
    }
    return isBatch(id) ? batch(context, id) : one(context, id);
  },
  say(output) {
    if (output.batch_id !== undefined) {
      return (output.tasks ?? []).map(words.said).join('\n');
    }
    return output.task_id === undefined || output.unchanged === true
      ? JSON.stringify(output)
      : words.said(output as words.Standing);
  },
});

async function one(context: ToolContext, id: string) {
  const now = await context.desk.look(id, { signal: context.signal });
  if (now === undefined) {
    return unknown(id);
  }
  const found = isAtRest(now) ? await collected(context, now) : now;
  const isUnchanged = !isAtRest(found) && context.seen?.get(id) === found.version;
  context.seen?.set(id, found.version);
  const standing = words.standingOf(found);
  if (!isUnchanged) {
    return standing;
  }
  const { task_id, delegation_id, workspace_id, status, next_action } = standing;
  const message = 'Unchanged since you last looked. The ending is delivered to you by itself: there is no need to ask.';
  return { task_id, delegation_id, workspace_id, status, next_action, unchanged: true, message };
}

async function batch(context: ToolContext, id: string) {
  const { desk, signal } = context;
  const tasks = await tasksOf(desk, id);
  const looked = await Promise.all(tasks.map(async (task) => desk.look(task, { signal })));
  const found = await Promise.all(
    looked
      .filter((task) => task !== undefined)
      .map(async (task): Promise<Delegated> => (isAtRest(task) ? collected(context, task) : task)),
  );
  if (found.length === 0) {
    return unknown(id);
  }
  await collectBatches(context, [{ id, tasks }], found);
  return { batch_id: id, tasks: found.map((task) => words.standingOf(task, found.length)), count: found.length };
}

function unknown(id: string) {
  return { error: `No delegation found with task_id ${id}` };
}

async function all({ desk }: ToolContext) {
  const rows = await desk.list({ limit: LISTED });
  return { tasks: rows.map(briefOf), count: rows.length };
}

function briefOf({ delegation_id: id, target_id: peer, status, summary, next_action: next }: Row) {
  return { task_id: id, delegation_id: id, workspace_id: peer, status, summary, next_action: next };
}
