/**
 * How a task ended, read from where it is kept, and taken: whoever has it here is not told of it again (D7).
 */
import { isSettled, type Delegation, type Result } from '../core/delegation/index.ts';
import { collectEnding } from '../flow/index.ts';
import type { Ending } from './background.ts';
import type { House } from './house.ts';
import { takeOfBatch } from './take-batch.ts';

/** For whoever it was collected for; undefined while it has none, or is not kept any more. */
export async function endingOf(house: House, key: number): Promise<Ending | undefined> {
  const { line, waiters } = house;
  waiters.take(key);
  const [row, result] = await Promise.all([line.engine.delegation({ key }), line.engine.result(key)]);
  if (row === undefined || !isSettled(row.status)) {
    return undefined;
  }
  if (row.batch !== null) {
    await takeOfBatch(house, row.batch);
  }
  return endingFrom(row, result);
}

/** The same, and its notice is acknowledged, unless it was taken with the commit that settled it. */
export async function takeEnding(house: House, key: number): Promise<Ending | undefined> {
  const { line, waiters } = house;
  const row = await line.engine.delegation({ key });
  if (row === undefined || !isSettled(row.status)) {
    return undefined;
  }
  waiters.take(key);
  const ending = endingFrom(row, await line.engine.result(key));
  await (row.batch === null
    ? collectEnding(line, row, { workspace: row.caller, actor: row.caller })
    : takeOfBatch(house, row.batch));
  return ending;
}

export function toOf({ detail, callee }: Pick<Delegation, 'detail' | 'callee'>): string {
  return detail.skill ?? callee;
}

export function endingFrom(row: Delegation, result: Result | undefined): Ending {
  const { detail, settledAt, createdAt, reason, error } = row;
  return {
    id: row.id,
    to: toOf(row),
    status: row.status as Ending['status'],
    ...(result === undefined ? {} : resultOf(row, result)),
    ...(reason === null ? {} : { reason }),
    ...(error === null ? {} : { error }),
    ...(detail.usage === undefined ? {} : { usage: detail.usage }),
    durationMs: Math.max(0, (settledAt ?? createdAt) - createdAt),
    ...(UNSURE.has(reason ?? '') ? { last: lastOf(row) } : {}),
    ...(detail.steering === undefined ? {} : { missed: detail.steering }),
  };
}

const UNSURE: ReadonlySet<string> = new Set(['outcome_unknown', 'stalled', 'deadline_exceeded']);

function lastOf({ detail, progressAt, createdAt, attempt }: Delegation): NonNullable<Ending['last']> {
  const { progress, checkpoint } = detail;
  return {
    at: new Date(progressAt ?? createdAt),
    attempt,
    ...(progress?.message === undefined ? {} : { progress: progress.message }),
    ...(progress?.percent === undefined ? {} : { percent: progress.percent }),
    ...(checkpoint === undefined ? {} : { checkpoint }),
  };
}

function resultOf({ status }: Delegation, { text, parts, sha256 }: Result): Partial<Ending> {
  const [only] = parts ?? [];
  // A text is its own value; data is what the text is the JSON of.
  const data = parts?.length === 1 && only?.kind === 'data' ? only.data : undefined;
  const value = parts === undefined ? text : data;
  return {
    text,
    sha256,
    ...(parts === undefined ? {} : { parts }),
    ...(status === 'completed' && value !== undefined ? { value } : {}),
  };
}

/** For whoever asks for what is not there any more, or whose process closes before it is. */
export function lostEnding(id: string, to: string, error: string): Ending {
  return { id, to, status: 'failed', reason: 'outcome_unknown', error, durationMs: 0 };
}
