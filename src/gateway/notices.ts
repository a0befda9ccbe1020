/**
 * A notice in the words of the wire: what ended or was asked, with its result as far as it is shown inline.
 */
import { batchStatus, isSettled, NEXT_ACTION, type Delegation } from '../core/delegation/index.ts';
import type { Notice } from '../core/ports/index.ts';
import type { Gateway } from './gateway.ts';
import { INLINE_BYTES_MAX, time, type Json } from './shapes.ts';
import { cut } from '../core/text.ts';
import { turnOf, type Told } from './turn.ts';

const BATCH_LIMIT = 1000;

/** Undefined where what it tells of is no longer kept. */
export async function noticeShape(
  gateway: Gateway,
  notice: Notice,
  format: 'json' | 'turn',
): Promise<Json | undefined> {
  const about = notice.kind === 'batch' ? await ofBatch(gateway, notice) : await ofDelegation(gateway, notice);
  if (about === undefined) {
    return undefined;
  }
  const { told, shape } = about;
  return {
    id: notice.id,
    kind: notice.kind,
    ...shape,
    ...(format === 'turn' ? { turn: turnOf(told, gateway.line.ids.random(), gateway.line.clock.now()) } : {}),
    created_at: time(notice.createdAt),
    deliveries: notice.deliveries,
  };
}

interface About {
  shape: Json;
  told: Told;
}

async function ofDelegation(gateway: Gateway, notice: Notice): Promise<About | undefined> {
  const delegation = await gateway.line.engine.delegation({ key: notice.delegation ?? -1 });
  if (delegation === undefined) {
    return undefined;
  }
  const { shape, told } = await outcomeOf(gateway, delegation);
  const asked = notice.kind === 'asked' ? { question: delegation.detail.question ?? '' } : {};
  return {
    shape: { ...shape, ...asked, next_action: NEXT_ACTION[delegation.status] },
    told: { kind: notice.kind, id: delegation.id, status: delegation.status, tasks: [told] },
  };
}

async function ofBatch(gateway: Gateway, notice: Notice): Promise<About | undefined> {
  const batch = await gateway.line.engine.batch(notice.batch ?? -1);
  if (batch === undefined) {
    return undefined;
  }
  const members = await gateway.line.engine.delegations({ batch: batch.key, limit: BATCH_LIMIT });
  const outcomes = await Promise.all(members.toReversed().map(async (member) => outcomeOf(gateway, member)));
  const status = batchStatus(batch);
  const { id, size, completed, failed, cancelled } = batch;
  return {
    shape: {
      batch_id: id,
      status,
      counts: { size, completed, failed, cancelled },
      results: outcomes.map(({ shape }) => shape),
      next_action: status === 'completed' ? NEXT_ACTION.completed : 'use what came back; see each task for the rest',
    },
    told: { kind: 'batch', id, status, tasks: outcomes.map(({ told }) => told) },
  };
}

async function outcomeOf(
  gateway: Gateway,
  delegation: Delegation,
): Promise<{ shape: Json; told: Told['tasks'][number] }> {
  const { engine } = gateway.line;
  const { id, callee, status, reason, error } = delegation;
  const [request, result, seat] = await Promise.all([
    engine.request(delegation.key),
    isSettled(status) ? engine.result(delegation.key) : undefined,
    engine.workspace(callee),
  ]);
  const shown = result === undefined ? undefined : cut(result.text, INLINE_BYTES_MAX);
  return {
    shape: {
      delegation_id: id,
      target_id: callee,
      status,
      ...(reason === null ? {} : { reason }),
      ...(error === null ? {} : { error }),
      ...(shown === undefined || result === undefined
        ? {}
        : { result: { ...shown, length: result.length, sha256: result.sha256 } }),
    },
    told: {
      delegation,
      calleeName: seat?.name ?? callee,
      task: request?.task ?? '',
      context: request?.context,
      result,
    },
  };
}
