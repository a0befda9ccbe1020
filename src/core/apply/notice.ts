/**
 * What is put into a caller's inbox: one notice per ending, one per question, and of a batch one for all of it (D7).
 */
import { endedOf, type Delegation } from '../delegation/index.ts';
import { formId, type Notice } from '../ports/index.ts';
import { sayWorkspace, type Work } from './work.ts';

/** `isCollected`: whoever waits for it is told by this very commit. */
export function tellEnding(work: Work, settled: Delegation, isCollected: boolean): void {
  if (settled.batch === null) {
    if (!isCollected && settled.detail.quiet !== true) {
      insert(work, settled.caller, { kind: 'settled', key: settled.key, delegation: settled.key, batch: null });
    }
  } else {
    countInBatch(work, settled, settled.batch);
  }
}

/** The last ending of a batch closes it, and is told for all of them. */
function countInBatch(work: Work, settled: Delegation, key: number): void {
  const batch = work.tx.batch(key);
  if (batch === undefined) {
    return;
  }
  const counted = { ...batch, [settled.status]: batch[settled.status as 'completed'] + 1 };
  if (endedOf(counted) < counted.size) {
    work.tx.saveBatch(counted);
    return;
  }
  work.tx.saveBatch({ ...counted, settledAt: work.tx.now });
  if (settled.detail.quiet !== true) {
    insert(work, batch.caller, { kind: 'batch', key, delegation: null, batch: key });
  }
  const caller = work.tx.workspace(batch.caller);
  if (caller !== undefined) {
    const { id, completed, failed, cancelled } = counted;
    const data = { batch_id: id, completed, failed, cancelled };
    sayWorkspace(work, caller, { type: 'batch.settled', actor: 'errand', data });
  }
}

/** Answers with the key of the notice; a question that is put again keeps the one it has. */
export function tellQuestion(work: Work, asking: Delegation): number {
  const { asked } = asking.detail;
  if (asked !== undefined && work.tx.notice(asked)?.acknowledgedAt === null) {
    return asked;
  }
  const { key } = work.tx.mint('ntc');
  insert(work, asking.caller, { kind: 'asked', key, delegation: asking.key, batch: null });
  return key;
}

/** Answered, or pointless by now: nobody needs to be told of it any more. */
export function forgetQuestion(work: Work, asked: Delegation): void {
  const notice = asked.detail.asked === undefined ? undefined : work.tx.notice(asked.detail.asked);
  if (notice !== undefined && notice.acknowledgedAt === null) {
    work.tx.updateNotice({ ...notice, acknowledgedAt: work.tx.now });
  }
}

function insert(work: Work, workspace: string, about: Pick<Notice, 'kind' | 'key' | 'delegation' | 'batch'>): void {
  work.tx.insertNotice({
    ...about,
    id: formId('ntc', about.key, work.tx.random()),
    workspace,
    createdAt: work.tx.now,
    leasedUntil: null,
    deliveries: 0,
    acknowledgedAt: null,
  });
}
