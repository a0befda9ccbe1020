/**
 * The completion event of one unit, made from what the line keeps of it: the same fields for one task and for many,
 * and the same event however often it is asked for.
 */
import type { Delegation, Request, Result } from '../../core/delegation/index.ts';
import type { House } from '../house.ts';
import type { AsyncDelegationEvent, TaskResult, UnitStatus } from './hermes.ts';
import { checkpointIn, finishedIn } from './finished.ts';
import { countsOf, wholeOf, type Outcome } from './outcome.ts';
import { sumOf } from './kept.ts';
import { outsideId, unitOf, type Unit } from './unit.ts';

const MS = 1000;

function secondsOf(ms: number): number {
  return ms / MS;
}

export async function eventOf({ line }: Pick<House, 'line'>, row: Delegation): Promise<AsyncDelegationEvent> {
  const [request, result] = await Promise.all([line.engine.request(row.key), line.engine.result(row.key)]);
  const finished = keptIn(result) === undefined ? await finishedIn(line, checkpointIn(row.detail.checkpoint)) : [];
  return eventFrom(row, { request: request ?? { task: '' }, result, finished });
}

export function fieldsOf(row: Delegation, unit: Unit) {
  return {
    delegation_id: outsideId(row.id),
    ...unit,
    error: row.error ?? noteOf(row),
    dispatched_at: secondsOf(row.createdAt),
  };
}

interface Found {
  request: Request;
  result: Result | undefined;
  /** What its children had brought, where it brought nothing itself. */
  finished: readonly TaskResult[];
}

function eventFrom(row: Delegation, { request, result, finished }: Found): AsyncDelegationEvent {
  const unit = unitOf(request);
  const outcome = keptIn(result);
  const given = new Map((outcome?.results ?? finished).map((one) => [one.task_index, one]));
  const status = finished.length === unit.goals.length ? wholeOf(finished) : statusOf(row, outcome);
  const fields = fieldsOf(row, unit);
  const error = status === 'completed' ? (outcome?.error ?? null) : (fields.error ?? outcome?.error ?? null);
  const results = unit.goals.map((_goal, index) => given.get(index) ?? withoutOne(row, { status, index, error }));
  const settledAt = row.settledAt ?? row.createdAt;
  const duration = outcome?.duration_seconds ?? secondsOf(settledAt - (row.dispatchedAt ?? row.createdAt));
  return {
    type: 'async_delegation',
    ...fields,
    ...{ status, error, results },
    completed_at: secondsOf(settledAt),
    ...summedUp(unit, results),
    duration_seconds: duration,
    total_duration_seconds: duration,
    exit_reason: outcome?.exit_reason ?? exitOf(row),
    diagnostics: UNSURE.has(status) ? diagnosticsOf(row, result) : null,
  };
}

function summedUp({ is_batch, model }: Unit, results: readonly TaskResult[]) {
  const [only] = results;
  const counts = countsOf(results);
  const { completed = 0 } = counts;
  return {
    model: (is_batch ? undefined : modelOf(only)) ?? model,
    summary: is_batch ? null : (only?.summary ?? null),
    api_calls: sumOf(results.map(({ api_calls }) => api_calls)) ?? 0,
    counts,
    partial: completed > 0 && completed < results.length,
  };
}

function modelOf(result: TaskResult | undefined): string | undefined {
  return typeof result?.model === 'string' ? result.model : undefined;
}

function noteOf({ detail }: Delegation): string | null {
  return detail.cancel?.note ?? null;
}

/** What a runner brought; undefined where it brought nothing. */
function keptIn(result: Result | undefined): Outcome | undefined {
  const data = dataIn(result);
  return data !== undefined && 'results' in data ? (data as Outcome) : undefined;
}

function dataIn(result: Result | undefined): object | undefined {
  const [only] = result?.parts ?? [];
  return only?.kind === 'data' && typeof only.data === 'object' && only.data !== null ? only.data : undefined;
}

/** The line knows whether it ended of itself; how it did, its runner has said. */
function statusOf(row: Pick<Delegation, 'status' | 'reason'>, outcome: Outcome | undefined): UnitStatus {
  if (row.status === 'completed') {
    return outcome?.status ?? 'completed';
  }
  if (row.status === 'cancelled') {
    return 'interrupted';
  }
  return (
    REASONS[row.reason ?? ''] ?? (outcome === undefined || outcome.status === 'completed' ? 'error' : outcome.status)
  );
}

const REASONS: Readonly<Record<string, UnitStatus>> = {
  outcome_unknown: 'unknown',
  stalled: 'stalled',
  deadline_exceeded: 'timeout',
  expired_in_queue: 'timeout',
};

const UNSURE: ReadonlySet<UnitStatus> = new Set<UnitStatus>(['unknown', 'stalled', 'timeout']);

function withoutOne(
  row: Delegation,
  { status, index, error }: { status: UnitStatus; index: number; error: string | null },
): TaskResult {
  return {
    task_index: index,
    status: status === 'partial' ? 'unknown' : status,
    summary: null,
    error,
    exit_reason: exitOf(row),
  };
}

function exitOf({ status, reason, detail }: Delegation): string | null {
  if (status !== 'cancelled') {
    return reason;
  }
  if (detail.calleeMayStillRun === true) {
    return 'force_finalized';
  }
  return detail.cancel === undefined ? 'cancelled_before_start' : 'interrupted';
}

function diagnosticsOf(row: Delegation, result: Result | undefined): AsyncDelegationEvent['diagnostics'] {
  const { detail, progressAt, createdAt, attempt, dispatchedAt, reason } = row;
  const heardAt = progressAt ?? createdAt;
  const said = dataIn(result);
  const never = dispatchedAt === null || reason === 'expired_in_queue' || (said !== undefined && isQueued(said));
  return {
    last_status: never ? 'queued' : 'running',
    last_activity_at: secondsOf(heardAt),
    quiet_seconds: secondsOf((row.settledAt ?? heardAt) - heardAt),
    phase: detail.inTool === true ? 'in_tool' : 'idle',
    progress: detail.progress?.message ?? null,
    checkpoint: checkpointIn(detail.checkpoint).value ?? null,
    attempts: attempt,
    may_still_run: detail.calleeMayStillRun === true,
  };
}

function isQueued(data: object): boolean {
  return 'last_status' in data && data.last_status === 'queued';
}
