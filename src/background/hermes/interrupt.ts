/**
 * Telling units to stop, each with a receipt: how it stood, whether it could be told, and how it ended.
 *
 * What runs has its grace to end by itself, and then it is ended without it; what waits for a slot never begins.
 */
import { isSettled, type Delegation } from '../../core/delegation/index.ts';
import type { Background, Receipt } from '../background.ts';
import type { House } from '../house.ts';
import { eventOf } from './event.ts';
import type { InterruptReceipt } from './hermes.ts';
import type { Closures } from './run.ts';
import { insideId, outsideId, sessionOf } from './unit.ts';

export interface Interrupting {
  house: House;
  door: Background;
  closures: ReadonlyMap<string, Closures>;
}

export type Whom = string | { session_key: string } | 'all';

const REASON = 'interrupted';

export async function interrupt(
  interrupting: Interrupting,
  whom: Whom,
  reason: string = REASON,
): Promise<readonly InterruptReceipt[]> {
  const receipts = await interrupting.door.cancel(whatOf(whom), reason);
  return Promise.all(receipts.map(async (receipt) => receiptOf(interrupting, receipt, reason)));
}

function whatOf(whom: Whom): Parameters<Background['cancel']>[0] {
  if (typeof whom === 'object') {
    return { session: sessionOf(whom.session_key) };
  }
  return whom === 'all' ? whom : insideId(whom);
}

async function receiptOf(
  { house, closures }: Interrupting,
  receipt: Receipt,
  reason: string,
): Promise<InterruptReceipt> {
  const { id, state } = receipt;
  const told = state === 'asked' ? await closures.get(id)?.tell(reason) : undefined;
  let ended: InterruptReceipt['ended'] | undefined;
  return {
    delegation_id: outsideId(id),
    state,
    interrupt_error: told ?? null,
    get ended() {
      ended ??= endOf(house, id, state);
      return ended;
    },
  };
}

/** Looked at, and not taken: the session is told of it all the same. */
async function endOf(house: House, id: string, state: Receipt['state']): InterruptReceipt['ended'] {
  const row = await settledRow(house, id);
  return { how: howOf(row, state), event: await eventOf(house, row) };
}

async function settledRow({ line, closing }: House, id: string): Promise<Delegation> {
  const { promise, resolve, reject } = Promise.withResolvers<Delegation>();
  const look = async (): Promise<void> => {
    const row = await line.engine.delegation({ id });
    if (row === undefined) {
      reject(new Error(`${outsideId(id)} is not kept any more.`));
    } else if (isSettled(row.status)) {
      resolve(row);
    }
  };
  const onClose = (): void => reject(new Error(`${outsideId(id)} had not ended when this was closed.`));
  closing.addEventListener('abort', onClose, { once: true });
  const row = await line.engine.delegation({ id });
  const leave = line.hub.onDelegation(row?.key ?? -1, () => void look().catch(reject));
  void look().catch(reject);
  try {
    return await promise;
  } finally {
    leave();
    closing.removeEventListener('abort', onClose);
  }
}

function howOf({ detail }: Delegation, state: Receipt['state']): Awaited<InterruptReceipt['ended']>['how'] {
  if (state !== 'asked') {
    return state === 'ended' ? 'before' : 'never_began';
  }
  return detail.calleeMayStillRun === true ? 'forced' : 'acknowledged';
}
