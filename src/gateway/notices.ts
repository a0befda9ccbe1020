/**
 * A notice in the words of the wire: what ended or was asked, with its result as far as it is shown inline.
 */
import { batchStatus, NEXT_ACTION, type Batch } from '../core/delegation/index.ts';
import type { Notice } from '../core/ports/index.ts';
import { toldOf, toldOfBatch, turnOf, type Told } from '../flow/index.ts';
import type { Gateway } from './gateway.ts';
import { INLINE_BYTES_MAX, time, type Json } from './shapes.ts';
import { cut } from '../core/text.ts';

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
  const told = await toldOf(gateway.line, notice);
  if (told === undefined) {
    return undefined;
  }
  const whole = shapeOf(told);
  const { result: _result, results: _results, ...brief } = whole;
  const shape = view === 'brief' ? brief : whole;
  return {
    id: notice.id,
    kind: notice.kind,
    ...shape,
    ...(format === 'turn'
      ? { turn: turnOf(told, { mark: gateway.line.ids.random(), now: gateway.line.clock.now() }) }
      : {}),
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

export async function batchShape(gateway: Gateway, batch: Batch): Promise<Json> {
  return batchShapeOf(batch, await toldOfBatch(gateway.line, batch));
}

function batchShapeOf(batch: Batch, { tasks }: Told): Json {
  const { next_action: next, ...brief } = batchBrief(batch);
  return { ...brief, results: tasks.map(outcomeShape), next_action: next };
}

/** Without what came of each task. */
export function batchBrief(batch: Batch) {
  const { id, size, completed, failed, cancelled } = batch;
  const status = batchStatus(batch);
  return { batch_id: id, status, counts: { size, completed, failed, cancelled }, next_action: BATCH_NEXT[status] };
}

function shapeOf(told: Told): Json {
  if (told.batch !== undefined) {
    return batchShapeOf(told.batch, told);
  }
  const shapes = told.tasks.map((task) => ({
    ...outcomeShape(task),
    ...(told.kind === 'asked' ? { question: task.delegation.detail.question ?? '' } : {}),
    next_action: NEXT_ACTION[task.delegation.status],
  }));
  return shapes[0] ?? {};
}

function outcomeShape({ delegation, result }: Told['tasks'][number]): Json {
  const { id, callee, status, reason, error } = delegation;
  const shown = result === undefined ? undefined : cut(result.text, INLINE_BYTES_MAX);
  return {
    delegation_id: id,
    target_id: callee,
    status,
    ...(reason === null ? {} : { reason }),
    ...(error === null ? {} : { error }),
    ...(shown === undefined || result === undefined
      ? {}
      : { result: { ...shown, length: result.length, sha256: result.sha256 } }),
  };
}
