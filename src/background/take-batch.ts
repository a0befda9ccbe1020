/**
 * The one notice of a batch, taken by whoever waited for all of it.
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
