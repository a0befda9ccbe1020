/**
 * How one task stands, or all of them.
 */
import { z } from 'zod';
import { isSettled } from '../../core/delegation/index.ts';
import type { Row } from '../desk.ts';
import { tool, type ToolContext } from '../spec.ts';
import * as words from '../words.ts';

const LISTED = 20;

const brief = z.object({
  task_id: z.string(),
  delegation_id: z.string(),
  workspace_id: z.string(),
  status: words.standing.status,
  summary: z.string(),
  next_action: z.string(),
});

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
    tasks: z.array(brief).optional(),
    count: z.number().optional(),
    unchanged: z.boolean().optional(),
    error: z.string().optional(),
  }),
  example: { task_id: words.EXAMPLE_ID },
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  isCore: true,
  waits: false,
  async run(context, { task_id: id }) {
    return id === '' ? all(context) : one(context, id);
  },
  say: (output) =>
    output.task_id === undefined || output.unchanged === true ? lines(output) : words.said(output as words.Standing),
});

async function one(context: ToolContext, id: string) {
  const found = await context.desk.look(id, { collect: true, signal: context.signal });
  if (found === undefined) {
    return { error: `No delegation found with task_id ${id}` };
  }
  const isUnchanged = !isSettled(found.status) && context.seen?.get(id) === found.version;
  context.seen?.set(id, found.version);
  const standing = words.standingOf(found);
  if (!isUnchanged) {
    return standing;
  }
  const { task_id, delegation_id, workspace_id, status, next_action } = standing;
  const message = 'Unchanged since you last looked. The ending is delivered to you by itself: there is no need to ask.';
  return { task_id, delegation_id, workspace_id, status, next_action, unchanged: true, message };
}

async function all({ desk }: ToolContext) {
  const rows = await desk.list({ limit: LISTED });
  return { tasks: rows.map(briefOf), count: rows.length };
}

function briefOf({ delegation_id: id, target_id: peer, status, summary, next_action: next }: Row) {
  return { task_id: id, delegation_id: id, workspace_id: peer, status, summary, next_action: next };
}

function lines(output: { error?: string | undefined; message?: string | undefined; tasks?: unknown }): string {
  return JSON.stringify(output);
}
