/**
 * Stopping tasks: one, those of a batch or a session, or all. Each answers with a receipt, and with its ending in time:
 * what has begun has its grace to confirm, and then it is ended without it (D10).
 */
import type { Delegation } from '../core/delegation/index.ts';
import { keyOf } from '../core/ports/index.ts';
import { cancel } from '../flow/index.ts';
import type { Background, Receipt } from './background.ts';
import { toOf } from './ending.ts';
import { TaskHandle } from './handle.ts';
import { DEFAULT_SESSION, seatOfSession, sessionOfSeat, type House } from './house.ts';
import { live } from './live.ts';
import { receiptOf } from './receipt.ts';
import { requireField, TEXT, wrong } from './wrong.ts';

export type What = Parameters<Background['cancel']>[0];

/** For what was asked for a moment ago to be kept. */
const ARRIVING_MS = 1000;

function handleOf(house: House, row: Delegation): TaskHandle {
  const session = sessionOfSeat(row.caller) ?? DEFAULT_SESSION;
  const handle = new TaskHandle(house, { id: row.id, key: row.key, to: toOf(row), session });
  handle.seen(row.status);
  return handle;
}

/** The highest first: what is below is cancelled with it. */
export async function stop(house: House, what: What, reason?: string): Promise<readonly Receipt[]> {
  requireField('cancel.reason', reason, TEXT);
  const rows = await rowsOf(house, what);
  const actor = house.running.current?.id ?? 'host';
  return Promise.all(
    rows.map(async ({ key, id }) => {
      const { delegation, fresh } = await cancel(house.line, { ref: { key, id }, actor }, reason);
      const handle = handleOf(house, delegation);
      return receiptOf(delegation, fresh, async () => handle.settled());
    }),
  );
}

async function rowsOf(house: House, what: What): Promise<readonly Delegation[]> {
  const { engine } = house.line;
  if (!isNamed(what)) {
    throw wrong("cancel: takes an id, { session }, { batch } or 'all'");
  }
  if (house.arriving.size > 0 && !house.isClosed) {
    await arrived(house, ARRIVING_MS);
  }
  if (typeof what === 'string' && what !== 'all') {
    const row = await engine.delegation({ id: what });
    return row === undefined ? batchRows(house, what) : [row];
  }
  if (typeof what === 'object' && 'batch' in what) {
    return batchRows(house, what.batch);
  }
  const rows = await live(house, typeof what === 'object' ? { caller: seatOfSession(what.session) } : {});
  return rows.filter(({ parent }) => parent === null);
}

/** A slip, as in an id that is not there, does not stop everything. */
function isNamed(what: unknown): boolean {
  if (typeof what !== 'object' || what === null) {
    return typeof what === 'string';
  }
  const { session, batch } = what as Record<string, unknown>;
  return typeof (batch ?? session) === 'string';
}

/** Whoever has an id can stop it, also while it is on its way to the store; a check that never ends holds nobody up. */
export async function arrived({ arriving, clock }: House, waitMs: number): Promise<void> {
  const late = Promise.withResolvers<true>();
  const timer = clock.after(waitMs, () => late.resolve(true));
  const all = [...arriving.values()].map(async ({ accepted }) => accepted);
  await Promise.race([Promise.all(all), late.promise]);
  timer.cancel();
}

async function batchRows({ line }: House, id: string): Promise<readonly Delegation[]> {
  const batch = await line.engine.batch(keyOf('bat', id) ?? -1);
  return batch === undefined || batch.id !== id
    ? []
    : (await line.engine.delegations({ batch: batch.key, limit: line.limits.batchMax })).toReversed();
}
