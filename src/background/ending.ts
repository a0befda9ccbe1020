/**
 * How a task ended, read from where it is kept, and taken: whoever has it here is not told of it again (D7).
 */
import { isSettled, type Delegation, type Part, type Result } from '../core/delegation/index.ts';
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

/** What it asks was heard: nobody is told of it again. */
export async function takeQuestion({ line, waiters }: House, row: Delegation): Promise<void> {
  const { asked } = row.detail;
  if (asked !== undefined) {
    waiters.take(asked);
  }
  try {
    await collectEnding(line, row, { workspace: row.caller, actor: row.caller });
  } catch (error) {
    if (asked !== undefined) {
      // Nobody has heard it yet.
      waiters.giveBack(asked);
    }
    throw error;
  }
}

export function toOf({ detail, callee }: Pick<Delegation, 'detail' | 'callee'>): string {
  return detail.skill ?? callee;
}

/** Written field by field: what is not there is no field, and an ending is made with every task. */
export function endingFrom(row: Delegation, result: Result | undefined): Ending {
  const { detail, settledAt, createdAt, reason, error } = row;
  const ending: Ending = {
    id: row.id,
    to: toOf(row),
    status: row.status as Ending['status'],
    durationMs: Math.max(0, (settledAt ?? createdAt) - createdAt),
  };
  if (result !== undefined) {
    addResult(ending, result);
  }
  if (reason !== null) {
    ending.reason = reason;
  }
  if (error !== null) {
    ending.error = error;
  }
  if (detail.usage !== undefined) {
    ending.usage = detail.usage;
  }
  if (UNSURE.has(reason)) {
    ending.last = lastOf(row);
  }
  if (detail.steering !== undefined) {
    ending.missed = detail.steering;
  }
  return ending;
}

const UNSURE: ReadonlySet<string | null> = new Set(['outcome_unknown', 'stalled', 'deadline_exceeded']);

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

function addResult(ending: Ending, { text, parts, sha256 }: Result): void {
  ending.text = text;
  ending.sha256 = sha256;
  if (parts !== undefined) {
    ending.parts = parts;
  }
  // A text is its own value; data is what the text is the JSON of.
  const value = parts === undefined ? text : dataIn(parts);
  if (ending.status === 'completed' && value !== undefined) {
    ending.value = value;
  }
}

function dataIn([only, ...more]: readonly Part[]): unknown {
  return more.length === 0 && only?.kind === 'data' ? only.data : undefined;
}

/** For whoever asks for what is not there any more, or whose process closes before it is. */
export function lostEnding(id: string, to: string, error: string): Ending {
  return { id, to, status: 'failed', reason: 'outcome_unknown', error, durationMs: 0 };
}
