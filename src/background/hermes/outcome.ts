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

/** What was recorded before stands where nothing else came for that goal. */
export function outcomeOf(unit: Unit, returned: unknown, recorded: readonly TaskResult[] = []): Outcome {
  return unit.is_batch ? ofBatch(unit, returned, recorded) : ofOne(returned);
}

function ofOne(returned: unknown): Outcome {
  const result = taskResultOf(returned, 0);
  const { status, error, exit_reason = null, duration_seconds = null } = result;
  return { status, results: [result], error, exit_reason, duration_seconds };
}

function ofBatch({ goals }: Unit, returned: unknown, recorded: readonly TaskResult[]): Outcome {
  const { results, total_duration_seconds } = (isObject(returned) ? returned : {}) as Partial<BatchResult>;
  const { byIndex, strays } = placed(Array.isArray(results) ? results : [], goals.length);
  const before = new Map(recorded.map((one) => [one.task_index, one]));
  const broken = brokenBy(results, strays);
  const whole = goals.map((_goal, index) => {
    const given = byIndex.has(index) ? taskResultOf(byIndex.get(index), index) : before.get(index);
    return given ?? (broken === null ? missing(index, 'unknown', NONE_GIVEN) : missing(index, 'failed', broken));
  });
  const counted = { results: whole, duration_seconds: amountIn(total_duration_seconds) ?? null };
  if (broken !== null) {
    return { ...counted, status: 'failed', error: broken, exit_reason: PROTOCOL };
  }
  const isEmpty = byIndex.size + before.size === 0;
  const status = isEmpty ? 'error' : wholeOf(whole);
  const error = status === 'completed' ? null : `${wordsOf(countsOf(whole))}, of ${goals.length}`;
  return { ...counted, status, error, exit_reason: isEmpty ? 'empty' : null };
}

const NONE_GIVEN = 'the runner gave no result for this goal';

function brokenBy(results: unknown, strays: number): string | null {
  if (!Array.isArray(results)) {
    return 'protocol: the runner of a batch gives { results: […] }';
  }
  const many = `${strays} of ${results.length} results`;
  return strays === 0 ? null : `protocol: ${many} came for no goal of this batch, or for one that had its result`;
}

/** Each to the goal that it names, or that stands where it does; the others are nobody's. */
function placed(given: readonly unknown[], goals: number): { byIndex: Map<number, unknown>; strays: number } {
  const byIndex = new Map<number, unknown>();
  for (const [place, one] of given.entries()) {
    const index = (isObject(one) ? (one as ChildResult).task_index : undefined) ?? place;
    if (Number.isInteger(index) && index >= 0 && index < goals && !byIndex.has(index)) {
      byIndex.set(index, one);
    }
  }
  return { byIndex, strays: given.length - byIndex.size };
}

function missing(task_index: number, status: TaskStatus, error: string): TaskResult {
  return { task_index, status, summary: null, error };
}

export function taskResultOf(returned: unknown, task_index: number): TaskResult {
  const wrong = wrongWith(returned);
  if (wrong !== undefined) {
    const summary = isObject(returned) && 'summary' in returned ? returned.summary : null;
    const said = typeof summary === 'string' ? summary : null;
    return { ...missing(task_index, 'failed', `protocol: ${wrong}`), summary: said, exit_reason: PROTOCOL };
  }
  const { status = 'completed', summary, error, ...more } = returned as ChildResult;
  const ending = typeof status === 'string' && Object.hasOwn(ENDINGS, status) ? ENDINGS[status] : undefined;
  const said = { ...wellFormed(more), task_index, summary: textIn(summary) };
  if (ending === undefined) {
    const why = `protocol: ${JSON.stringify(status)} is no ending; it is one of ${Object.keys(ENDINGS).join(', ')}`;
    return { ...said, status: 'failed', error: why, exit_reason: PROTOCOL };
  }
  return { ...said, status: ending, error: textIn(error) };
}

function wrongWith(returned: unknown): string | undefined {
  if (!isObject(returned)) {
    return `a runner gives { status, summary, … }, and not ${returned === null ? 'null' : typeof returned}`;
  }
  try {
    JSON.stringify(returned);
    return undefined;
  } catch (error) {
    return `what JSON cannot say cannot be kept: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** What others reckon with is a number, or is not there. */
function wellFormed({ api_calls, duration_seconds, exit_reason, ...more }: ChildResult): Partial<ChildResult> {
  const [calls, seconds, reason] = [amountIn(api_calls), amountIn(duration_seconds), textIn(exit_reason)];
  return {
    ...more,
    ...(calls === undefined ? {} : { api_calls: calls }),
    ...(seconds === undefined ? {} : { duration_seconds: seconds }),
    ...(reason === null ? {} : { exit_reason: reason }),
  };
}

export function amountIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** A text is a text; whatever else was said is not thrown away for being none. */
function textIn(value: unknown): string | null {
  return value === undefined || value === null || typeof value === 'string' ? (value ?? null) : JSON.stringify(value);
}

/** All alike: that. Some of it there: partial. */
export function wholeOf(results: readonly TaskResult[]): UnitStatus {
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
