/**
 * A notice in the words of the wire: what ended or was asked, with its result as far as it is shown inline.
 */
import { NEXT_ACTION, type Batch } from '../core/delegation/index.ts';
import type { Notice } from '../core/ports/index.ts';
import { batchBrief, INLINE_BYTES_MAX, time, toldOf, toldOfBatch, turnOf, type Told } from '../flow/index.ts';
import type { Gateway } from './gateway.ts';
import type { Json } from './shapes.ts';
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

export async function batchShape(gateway: Gateway, batch: Batch): Promise<Json> {
  return batchShapeOf(batch, await toldOfBatch(gateway.line, batch));
}

function batchShapeOf(batch: Batch, { tasks }: Told): Json {
  const { next_action: next, ...brief } = batchBrief(batch);
  return { ...brief, results: tasks.map(outcomeShape), next_action: next };
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
