/**
 * Waits for endings: of one, of all, or of so many; as long as a call may be held.
 */
import { z } from 'zod';
import type { Status } from '../../core/delegation/index.ts';
import { DeskError, type Delegated, type Desk } from '../desk.ts';
import { tool, type ToolContext } from '../spec.ts';
import { collected, holdOf, isAtRest, waitForRest } from '../wait.ts';
import { collectBatches, isBatch, tasksOf, type Batch } from '../batches.ts';
import * as words from '../words.ts';

const TASKS_MAX = 100;
const OPEN = ['pending', 'queued', 'dispatched', 'in_progress', 'input_required'] as const satisfies readonly Status[];

export const waitForTasks = tool({
  name: 'wait_for_tasks',
  title: 'Wait for delegated tasks',
  short: 'Wait until one, all, or the first few of your delegated tasks have ended.',
  whenToUse:
    'When there is nothing else to do until an ending comes. Without task_ids it waits for everything that is open. Where ' +
    'the time is over first, nothing is lost: the endings are delivered to you later.',
  section: 'delegation',
  input: z.strictObject({
    task_ids: z
      .array(words.taskId)
      .max(TASKS_MAX)
      .default([])
      .describe('Of tasks or of batches; empty for all that are open.'),
    mode: z.enum(['any', 'all', 'first']).default('all'),
    count: z.int().min(1).max(TASKS_MAX).default(1).describe('How many, with mode "first".'),
    timeout_ms: z.int().min(0).max(110_000).optional(),
  }),
  output: words.output({
    done: z.array(z.object(words.standing)),
    pending: z.array(z.object(words.standing)),
    unknown: z.array(z.string()).optional(),
    message: z.string(),
  }),
  example: { task_ids: [words.EXAMPLE_ID], mode: 'any' },
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  waits: false,
  async run(context, { task_ids: asked, mode, count, timeout_ms: timeout }) {
    const { ids, batches } = await named(context, asked);
    const enough = { any: 1, all: ids.length, first: count }[mode];
    const holdMs = holdOf(context, timeout);
    const found = await waitForRest(context, { ids, enough: Math.min(enough, ids.length), holdMs });
    const known = found.filter((one) => one !== undefined);
    const resting = known.filter(isAtRest);
    const done = await told(context, resting, batches);
    const pending = known.filter((one) => !isAtRest(one)).map((one) => words.standingOf(one));
    const unknown = ids.filter((_, index) => found[index] === undefined);
    return { done, pending, ...(unknown.length === 0 ? {} : { unknown }), message: message(done.length, pending) };
  },
  say: ({ done, pending, message: last, unknown }) =>
    [
      ...done.map(words.said),
      ...pending.map((one) => `Task ${one.task_id} at ${one.workspace_id}: ${one.status}.`),
      ...(unknown === undefined ? [] : [`No delegation found with task_id ${unknown.join(', ')}`]),
      last,
    ].join('\n'),
});

/** The tasks that are meant; a batch stands for its tasks. */
async function named({ desk }: ToolContext, asked: readonly string[]): Promise<{ ids: string[]; batches: Batch[] }> {
  if (asked.length === 0) {
    const open = await Promise.all(OPEN.map(async (status) => desk.list({ limit: TASKS_MAX, status })));
    // One that moves on meanwhile is in two of the lists.
    const ids = new Set(open.flat().map(({ delegation_id: id }) => id));
    return { ids: [...ids].slice(0, TASKS_MAX), batches: [] };
  }
  const batches = await Promise.all(asked.filter(isBatch).map(async (id) => batchAt(desk, id)));
  const ids = [...asked.filter((id) => !isBatch(id)), ...batches.flatMap(({ tasks }) => tasks)];
  return { ids: [...new Set(ids)], batches };
}

async function batchAt(desk: Desk, id: string): Promise<Batch> {
  const tasks = await tasksOf(desk, id);
  if (tasks.length === 0) {
    throw new DeskError({ code: 'not_found', message: `No batch found with task_id ${id}` });
  }
  return { id, tasks };
}

/** What is shown here is not told again; of a batch that is said once all of it was shown. */
async function told(
  context: ToolContext,
  resting: readonly Delegated[],
  batches: readonly Batch[],
): Promise<words.Standing[]> {
  const shown = await Promise.all(resting.map(async (one) => collected(context, one)));
  await collectBatches(context, batches, shown);
  return shown.map((one) => words.standingOf(one, shown.length));
}

function message(done: number, pending: readonly words.Standing[]): string {
  if (pending.length === 0) {
    return done === 0 ? 'There is nothing to wait for.' : 'All of them have ended or ask you something.';
  }
  return `${pending.length} still open. ${words.stillWaiting(pending[0]?.status ?? 'queued')}`;
}
