/**
 * A notice in the words of the wire: what ended or was asked, with its result as far as it is shown inline.
 */
import { batchStatus, isSettled, NEXT_ACTION, type Batch, type Delegation } from '../core/delegation/index.ts';
import type { Notice } from '../core/ports/index.ts';
import type { Gateway } from './gateway.ts';
import { INLINE_BYTES_MAX, time, type Json } from './shapes.ts';
import { cut } from '../core/text.ts';
import { turnOf, type Told } from './turn.ts';

const BATCH_LIMIT = 1000;

export interface Shown {
  format: 'json' | 'turn';
  /** Without what came back: a turn says of it what a model reads. */
  view: 'whole' | 'brief';
}

/** Undefined where what it tells of is no longer kept. */
export async function noticeShape(
  gateway: Gateway,
  notice: Notice,
  { format, view }: Shown,
): Promise<Json | undefined> {
  const about = notice.kind === 'batch' ? await ofBatch(gateway, notice) : await ofDelegation(gateway, notice);
  if (about === undefined) {
    return undefined;
  }
  const { told } = about;
  const { result: _result, results: _results, ...brief } = about.shape;
  const shape = view === 'brief' ? brief : about.shape;
  return {
    id: notice.id,
    kind: notice.kind,
    ...shape,
    ...(format === 'turn' ? { turn: turnOf(told, gateway.line.ids.random(), gateway.line.clock.now()) } : {}),
    created_at: time(notice.createdAt),
    deliveries: notice.deliveries,
  };
}

/** What is there, without taking it: enough to say that it is. */
export async function glance(gateway: Gateway, workspace: string, limit: number): Promise<Json[]> {
  const notices = await gateway.line.engine.unacknowledged(workspace, limit);
  const shapes = await Promise.all(
    notices.map(async ({ id, kind, delegation, batch }) => {
      const about = kind === 'batch' ? await batchStanding(gateway, batch) : await standingOf(gateway, delegation);
      return about === undefined ? [] : [{ id, kind, ...about }];
    }),
  );
  return shapes.flat();
}

async function standingOf(gateway: Gateway, key: number | null): Promise<Json | undefined> {
  const found = await gateway.line.engine.delegation({ key: key ?? -1 });
  return found === undefined ? undefined : { task_id: found.id, status: found.status };
}

async function batchStanding(gateway: Gateway, key: number | null): Promise<Json | undefined> {
  const found = await gateway.line.engine.batch(key ?? -1);
  return found === undefined ? undefined : { task_id: found.id, status: batchStatus(found) };
}

const BATCH_NEXT = {
  running: NEXT_ACTION.in_progress,
  completed: NEXT_ACTION.completed,
  failed: NEXT_ACTION.failed,
  partial: 'use what came back; see each task for the rest',
} as const;

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
  return batch === undefined ? undefined : aboutBatch(gateway, batch);
}

export async function batchShape(gateway: Gateway, batch: Batch): Promise<Json> {
  return (await aboutBatch(gateway, batch)).shape;
}

async function aboutBatch(gateway: Gateway, batch: Batch): Promise<About> {
  const members = await gateway.line.engine.delegations({ batch: batch.key, limit: BATCH_LIMIT });
  const outcomes = await Promise.all(members.toReversed().map(async (member) => outcomeOf(gateway, member)));
  const { next_action: next, ...brief } = batchBrief(batch);
  return {
    shape: { ...brief, results: outcomes.map(({ shape }) => shape), next_action: next },
    told: { kind: 'batch', id: batch.id, status: brief.status, tasks: outcomes.map(({ told }) => told) },
  };
}

/** Without what came of each task. */
export function batchBrief(batch: Batch) {
  const { id, size, completed, failed, cancelled } = batch;
  const status = batchStatus(batch);
  return { batch_id: id, status, counts: { size, completed, failed, cancelled }, next_action: BATCH_NEXT[status] };
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
