/**
 * What a runner gave back, brought into the one form that is kept: a result for each goal, and how the whole ended.
 *
 * The list of endings is closed. A runner that gives back anything else has broken its word: that is a failure, and its
 * slot is free. Nothing is folded together: what ended how is counted, and part of a whole is called that.
 */
import type { BatchResult, ChildResult, Counts, TaskResult, UnitStatus } from './hermes.ts';
import type { Unit } from './unit.ts';

export interface Outcome {
  status: UnitStatus;
  results: readonly TaskResult[];
  error: string | null;
  exit_reason: string | null;
  duration_seconds: number | null;
}

type TaskStatus = TaskResult['status'];

const ENDINGS: Readonly<Record<string, TaskStatus>> = {
  completed: 'completed',
  success: 'completed',
  error: 'error',
  failed: 'failed',
  interrupted: 'interrupted',
  cancelled: 'interrupted',
  timeout: 'timeout',
  stalled: 'stalled',
  unknown: 'unknown',
};

const PROTOCOL = 'protocol';

export function outcomeOf(unit: Unit, returned: unknown): Outcome {
  return unit.is_batch ? ofBatch(unit, returned) : ofOne(returned);
}

function ofOne(returned: unknown): Outcome {
  const result = taskResultOf(returned, 0);
  const { status, error, exit_reason = null, duration_seconds = null } = result;
  return { status, results: [result], error, exit_reason, duration_seconds };
}

function ofBatch({ goals }: Unit, returned: unknown): Outcome {
  const { results, total_duration_seconds } = (isObject(returned) ? returned : {}) as Partial<BatchResult>;
  if (!Array.isArray(results)) {
    return broken(goals, 'protocol: the runner of a batch gives { results: […] }');
  }
  const given = results as readonly unknown[];
  if (given.length > goals.length) {
    return broken(goals, `protocol: ${given.length} results came for ${goals.length} goals`);
  }
  const byIndex = new Map(given.map((one, place) => [indexOf(one, place), one]));
  const all = goals.map((_goal, index) =>
    byIndex.has(index)
      ? taskResultOf(byIndex.get(index), index)
      : missing(index, 'unknown', 'the runner gave no result for this goal'),
  );
  const duration = typeof total_duration_seconds === 'number' ? total_duration_seconds : null;
  const status = given.length === 0 ? 'error' : wholeOf(all);
  const error = status === 'completed' ? null : `${wordsOf(countsOf(all))}, of ${goals.length}`;
  return { status, results: all, error, exit_reason: given.length === 0 ? 'empty' : null, duration_seconds: duration };
}

function indexOf(one: unknown, place: number): number {
  const index = isObject(one) ? (one as ChildResult).task_index : undefined;
  return Number.isInteger(index) ? (index as number) : place;
}

function broken(goals: readonly string[], error: string): Outcome {
  const results = goals.map((_goal, index) => missing(index, 'failed', error));
  return { status: 'failed', results, error, exit_reason: PROTOCOL, duration_seconds: null };
}

function missing(task_index: number, status: TaskStatus, error: string): TaskResult {
  return { task_index, status, summary: null, error };
}

function taskResultOf(returned: unknown, task_index: number): TaskResult {
  if (!isObject(returned)) {
    const error = `protocol: a runner gives { status, summary, … }, and not ${returned === null ? 'null' : typeof returned}`;
    return { ...missing(task_index, 'failed', error), exit_reason: PROTOCOL };
  }
  const { status = 'completed', summary = null, error = null, ...more } = returned as ChildResult;
  const ending = typeof status === 'string' && Object.hasOwn(ENDINGS, status) ? ENDINGS[status] : undefined;
  const said = typeof summary === 'string' ? summary : null;
  if (ending === undefined) {
    const why = `protocol: ${JSON.stringify(status)} is no ending; it is one of ${Object.keys(ENDINGS).join(', ')}`;
    return { ...more, task_index, status: 'failed', summary: said, error: why, exit_reason: PROTOCOL };
  }
  return { ...more, task_index, status: ending, summary: said, error: error === null ? null : String(error) };
}

/** All alike: that. Some of it there: partial. */
function wholeOf(results: readonly TaskResult[]): UnitStatus {
  const kinds = new Set(results.map(({ status }) => status));
  const [only] = kinds;
  if (kinds.size === 1 && only !== undefined) {
    return only;
  }
  return kinds.has('completed') ? 'partial' : 'error';
}

export function countsOf(results: readonly TaskResult[]): Counts {
  const counts: Counts = {};
  for (const { status } of results) {
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

export function wordsOf(counts: Counts): string {
  return Object.entries(counts)
    .map(([status, count]) => `${count} ${status}`)
    .join(', ');
}

/** Completed on the line: there is something whole to read. */
export function isThere({ status }: Outcome): boolean {
  return status === 'completed' || status === 'partial';
}

export function textOf({ results }: Outcome): string {
  return results.map(({ summary }) => summary ?? '').join('\n\n');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
