/**
 * What an inbox and a batch look like at a glance, in the words of the wire: without what came back.
 */
import { batchStatus, NEXT_ACTION, type Batch } from '../core/delegation/index.ts';
import type { Notice } from '../core/ports/index.ts';
import type { Line } from './line.ts';

/** What is there, without taking it: enough to say that it is. */
export async function glance(line: Line, notices: readonly Notice[]) {
  const shapes = await Promise.all(
    notices.map(async ({ id, kind, delegation, batch }) => {
      const about = kind === 'batch' ? await batchStanding(line, batch) : await standingOf(line, delegation);
      return about === undefined ? [] : [{ id, kind, ...about }];
    }),
  );
  return shapes.flat();
}

async function standingOf({ engine }: Line, key: number | null) {
  const found = await engine.delegation({ key: key ?? -1 });
  return found === undefined ? undefined : { task_id: found.id, status: found.status };
}

async function batchStanding({ engine }: Line, key: number | null) {
  const found = await engine.batch(key ?? -1);
  return found === undefined ? undefined : { task_id: found.id, status: batchStatus(found) };
}

const BATCH_NEXT = {
  running: NEXT_ACTION.in_progress,
  completed: NEXT_ACTION.completed,
  failed: NEXT_ACTION.failed,
  partial: 'use what came back; see each task for the rest',
} as const;

/** Without what came of each task. */
export function batchBrief(batch: Batch) {
  const { id, size, completed, failed, cancelled } = batch;
  const status = batchStatus(batch);
  return { batch_id: id, status, counts: { size, completed, failed, cancelled }, next_action: BATCH_NEXT[status] };
}
