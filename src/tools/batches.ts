/**
 * A batch where a model names it like a task: it stands for its tasks, in the order in which they were given.
 *
 * It is told as a whole. So it counts as told once every ending of it was shown, and not before: what ended while the
 * others were shown would else be told to nobody (D7).
 */
import { isSettled } from '../core/delegation/index.ts';
import type { Delegated, Desk } from './desk.ts';
import type { ToolContext } from './spec.ts';

/** As many as a batch has. */
const TASKS_MAX = 100;

export interface Batch {
  id: string;
  tasks: readonly string[];
}

export function isBatch(id: string): boolean {
  return id.startsWith('bat_');
}

/** None where there is no such batch. */
export async function tasksOf(desk: Desk, id: string): Promise<string[]> {
  const rows = await desk.list({ limit: TASKS_MAX, batch: id });
  return rows.map(({ delegation_id: task }) => task).toReversed();
}

export async function collectBatches(
  { desk, signal }: ToolContext,
  batches: readonly Batch[],
  shown: readonly Delegated[],
): Promise<void> {
  const ended = new Set(shown.filter(({ status }) => isSettled(status)).map(({ delegation_id: id }) => id));
  const whole = batches.filter(({ tasks }) => tasks.every((task) => ended.has(task)));
  signal?.throwIfAborted();
  // What was shown is not taken back because that cannot be said; then the batch is told once more.
  await Promise.allSettled(whole.map(async ({ id }) => desk.batch(id, { collect: true })));
}
