/**
 * What a notice tells of, read together: the delegation or the batch, what was asked and what came back.
 */
import { batchStatus, isSettled, type Batch, type Delegation } from '../core/delegation/index.ts';
import type { Notice } from '../core/ports/index.ts';
import type { Line } from './line.ts';
import type { Told } from './turn.ts';

const BATCH_LIMIT = 1000;

/** Undefined where what it tells of is no longer kept. */
export async function toldOf(line: Pick<Line, 'engine'>, notice: Notice): Promise<Told | undefined> {
  if (notice.kind === 'batch') {
    const batch = await line.engine.batch(notice.batch ?? -1);
    return batch === undefined ? undefined : toldOfBatch(line, batch);
  }
  const delegation = await line.engine.delegation({ key: notice.delegation ?? -1 });
  return delegation === undefined
    ? undefined
    : {
        ...{ kind: notice.kind, id: delegation.id, status: delegation.status },
        tasks: [await taskOf(line, delegation)],
      };
}

export async function toldOfBatch(line: Pick<Line, 'engine'>, batch: Batch): Promise<Told> {
  const members = await line.engine.delegations({ batch: batch.key, limit: BATCH_LIMIT });
  const tasks = await Promise.all(members.toReversed().map(async (member) => taskOf(line, member)));
  return { kind: 'batch', id: batch.id, status: batchStatus(batch), tasks, batch };
}

async function taskOf({ engine }: Pick<Line, 'engine'>, delegation: Delegation): Promise<Told['tasks'][number]> {
  const { key, callee, status, detail } = delegation;
  const [request, result, seat] = await Promise.all([
    engine.request(key),
    isSettled(status) ? engine.result(key) : undefined,
    engine.workspace(callee),
  ]);
  return {
    delegation,
    calleeName: detail.skill ?? seat?.name ?? callee,
    task: request?.task ?? '',
    context: request?.context,
    labels: request?.labels,
    result,
  };
}
