/**
 * What there is: everything that lives, and of what has ended the newest, with whether it was told.
 *
 * A list is a view. What is not in it any more can still be read by its id for as long as the line keeps it; what
 * lives, and what was not told yet, is never taken away.
 */
import { holdsSlot, isSettled, type Delegation } from '../../core/delegation/index.ts';
import type { Notice } from '../../core/ports/index.ts';
import { ORG, seatOfSession, type House } from '../house.ts';
import { live } from '../live.ts';
import { eventOf, fieldsOf } from './event.ts';
import type { AsyncDelegationEvent, AsyncDelegationRecord, DeliveryState, LiveStatus } from './hermes.ts';
import { insideId, sessionOf, UNIT, unitIn, unitOf } from './unit.ts';

const PAGE = 200;
/** Who acknowledges what is dropped. */
export const DROPPED = 'dropped: ';

export function isUnit({ detail }: Delegation): boolean {
  return detail.skill === UNIT;
}

export async function unitRow({ line }: Pick<House, 'line'>, delegationId: string): Promise<Delegation | undefined> {
  const row = await line.engine.delegation({ id: insideId(delegationId) });
  return row !== undefined && isUnit(row) ? row : undefined;
}

export async function endedEvent(house: House, delegationId: string): Promise<AsyncDelegationEvent | undefined> {
  const row = await unitRow(house, delegationId);
  return row === undefined || !isSettled(row.status) ? undefined : eventOf(house, row);
}

export async function activeCount(house: House): Promise<number> {
  return (await live(house, {})).filter((row) => isUnit(row) && holdsSlot(row.status)).length;
}

export async function listRecords(
  house: House,
  { session_key, most }: { session_key?: string | undefined; most: number },
): Promise<readonly AsyncDelegationRecord[]> {
  const seat = session_key === undefined ? undefined : seatOfSession(sessionOf(session_key));
  const [alive, { ended, dropped }] = await Promise.all([
    live(house, seat === undefined ? {} : { caller: seat }),
    endedOf(house, seat, most),
  ]);
  const rows = [...ended, ...alive.filter(isUnit)].toSorted((left, right) => left.key - right.key);
  return Promise.all(rows.map(async (row) => recordOf(house, row, dropped)));
}

/** Those that ended last, and which notices were acknowledged by dropping them: the log has both, newest first. */
async function endedOf(
  { line: { engine } }: House,
  seat: string | undefined,
  most: number,
): Promise<{ ended: readonly Delegation[]; dropped: ReadonlySet<string> }> {
  const ended = new Map<number, Delegation>();
  const dropped = new Set<string>();
  const whose = seat === undefined ? { org: ORG } : { workspace: seat };
  for (let before = Infinity; ended.size < most;) {
    const at = before === Infinity ? {} : { before };
    const page = await engine.events({ ...whose, newestFirst: true, limit: PAGE, ...at });
    for (const { type, actor, data } of page) {
      if (type === 'notice.acknowledged' && actor.startsWith(DROPPED)) {
        dropped.add(String(data['notice_id']));
      }
    }
    const settled = page.flatMap(({ type, delegation }) => (type === 'delegation.settled' ? (delegation ?? []) : []));
    const rows = await Promise.all(settled.map(async (key) => engine.delegation({ key })));
    for (const row of rows) {
      if (row !== undefined && isUnit(row) && isSettled(row.status)) {
        ended.set(row.key, row);
      }
    }
    before = page.at(-1)?.seq ?? 0;
    if (page.length < PAGE) {
      break;
    }
  }
  return { ended: [...ended.values()].slice(0, most), dropped };
}

async function recordOf(house: House, row: Delegation, dropped: ReadonlySet<string>): Promise<AsyncDelegationRecord> {
  const { line } = house;
  const progress = row.detail.progress?.message ?? null;
  if (!isSettled(row.status)) {
    const request = (await line.engine.request(row.key)) ?? { task: '' };
    const status = liveStatusOf(row);
    return { ...fieldsOf(row, unitOf(request)), status, completed_at: null, progress, delivery_state: 'none' };
  }
  const [event, notice] = await Promise.all([eventOf(house, row), line.engine.notice(row.key)]);
  const { delegation_id, status, error, dispatched_at, completed_at } = event;
  return {
    ...unitIn(event),
    ...{ delegation_id, status, error, dispatched_at, completed_at, progress },
    delivery_state: deliveryOf(notice, { now: line.clock.now(), dropped }),
  };
}

function liveStatusOf({ status, detail }: Pick<Delegation, 'status' | 'detail'>): LiveStatus {
  if (status === 'queued' || status === 'pending') {
    return detail.rests === true ? 'running' : 'queued';
  }
  return detail.cancel === undefined ? 'running' : 'interrupting';
}

/** Without a notice somebody had it with the very commit that settled it. */
function deliveryOf(
  notice: Notice | undefined,
  { now, dropped }: { now: number; dropped: ReadonlySet<string> },
): DeliveryState {
  if (notice === undefined || notice.acknowledgedAt !== null) {
    return notice !== undefined && dropped.has(notice.id) ? 'dropped' : 'delivered';
  }
  return notice.leasedUntil !== null && notice.leasedUntil > now ? 'claimed' : 'pending';
}
