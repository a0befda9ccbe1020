/**
 * The one notice of a batch, taken by whoever waited for all of it: together, or one task after another.
 */
import { acknowledgeNotices } from '../flow/index.ts';
import type { House } from './house.ts';

export async function takeBatch({ line, waiters }: House, key: number): Promise<void> {
  waiters.take(key);
  const notice = await line.engine.notice(key);
  if (notice !== undefined && notice.acknowledgedAt === null) {
    await acknowledgeNotices(line, { workspace: notice.workspace, ids: [notice.id], actor: notice.workspace });
  }
}

/** One of its tasks was taken; with the last of them nothing is left to tell. */
export async function takeOfBatch(house: House, key: number): Promise<void> {
  const { engine, limits } = house.line;
  const batch = await engine.batch(key);
  if (batch === undefined || batch.settledAt === null) {
    return;
  }
  const tasks = await engine.delegations({ batch: key, limit: limits.batchMax });
  if (tasks.every(({ key: task, detail }) => detail.collected === true || house.waiters.isTaken(task))) {
    await takeBatch(house, key);
  }
}
