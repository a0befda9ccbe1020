/**
 * What one at a desk has not been told yet, and saying that it was.
 *
 * A session is told by turns; what a turn has in hand is being told. A function at work gets none: what it has not read
 * of its children is named below the answers of its tools.
 */
import { isSettled, type Delegation } from '../core/delegation/index.ts';
import { acknowledgeNotices, batchBrief, glance } from '../flow/index.ts';
import type { Desk } from '../tools/index.ts';
import type { Place } from './desk-place.ts';
import type { Run } from './run.ts';
import { takeBatch } from './take-batch.ts';

/** Looked through for what nobody has in hand. */
const LOOKED_AT = 100;

export function deskInbox(place: Place) {
  const { house } = place;
  const { line, waiters } = house;
  return {
    async batch(id, { collect }) {
      const batch = await place.batch(id);
      if (batch === undefined) {
        throw place.missing('batch', id);
      }
      if (collect && batch.settledAt !== null) {
        await takeBatch(house, batch.key);
      }
      return batchBrief(batch);
    },
    async unread(limit) {
      const { run } = place;
      if (run !== undefined) {
        return (await unreadOf(place, run)).slice(0, limit);
      }
      const notices = await line.engine.unacknowledged(place.seat, LOOKED_AT);
      const now = line.clock.now();
      const open = notices.filter(({ key, leasedUntil }) => !waiters.isTaken(key) && (leasedUntil ?? 0) <= now);
      return glance(line, open.slice(0, limit));
    },
    async acknowledge(ids) {
      if (place.run === undefined) {
        await acknowledgeNotices(line, { workspace: place.seat, ids, actor: place.seat });
        return;
      }
      const found = await Promise.all(ids.map(async (id) => place.find(id)));
      for (const one of found.filter((child) => child !== undefined)) {
        waiters.take(noticeKeyOf(one));
      }
    },
  } satisfies Partial<Desk>;
}

async function unreadOf({ house: { line, waiters } }: Place, run: Run) {
  const children = await line.engine.children(run.key);
  return children
    .filter((child) => isSettled(child.status) || child.status === 'input_required')
    .filter((child) => !run.isTold(child.key) && !waiters.isTaken(noticeKeyOf(child)))
    .map(({ id, status }) => {
      const kind = isSettled(status) ? ('settled' as const) : ('asked' as const);
      return { id, kind, task_id: id, status };
    });
}

/** Of the notice that tells of it, or would. */
function noticeKeyOf({ key, detail, status }: Delegation): number {
  return status === 'input_required' ? (detail.asked ?? key) : key;
}
