/**
 * The text of one turn: every ending in the one shape that all of them have, or, where there are many, a line for each.
 */
import { cut } from '../core/text.ts';
import { visible } from '../core/untrusted.ts';
import { turnOf, type Told, type Writing } from '../flow/index.ts';

export interface TurnWriting extends Writing {
  characters: number;
  isDigest: boolean;
}

const TASK_CHARACTERS = 80;

export function textOf(told: readonly Told[], { isDigest, characters, ...writing }: TurnWriting): string {
  if (isDigest) {
    return digestOf(told, writing.now);
  }
  const tasks = told.reduce((sum, one) => sum + one.tasks.length, 0);
  const share = (one: Told): number => Math.floor((characters * one.tasks.length) / Math.max(1, tasks));
  const blocks = told.map((one) => turnOf(one, { ...writing, characters: share(one) }));
  return told.length === 1 ? (blocks[0] ?? '') : [`[${told.length} DELEGATIONS TOLD TOGETHER]`, ...blocks].join('\n\n');
}

const SIGNS: Readonly<Record<string, string>> = { completed: '✓', input_required: '?' };

function digestOf(told: readonly Told[], now: number): string {
  const all = told.flatMap(({ tasks }) => tasks);
  const counts = [...Map.groupBy(all, ({ delegation }) => delegation.status)]
    .map(([status, found]) => `${found.length} ${status}`)
    .join(', ');
  const lines = all.map(({ delegation, calleeName, task }) => {
    const said = visible(cut(task.replaceAll(/\s+/gu, ' '), TASK_CHARACTERS).text);
    const age = Math.max(0, Math.round((now - (delegation.settledAt ?? delegation.createdAt)) / 1000));
    const sign = SIGNS[delegation.status] ?? '✗';
    return `${sign} ${delegation.id} → ${visible(calleeName)} (${delegation.status}, ${age} s ago): ${JSON.stringify(said)}`;
  });
  return [
    `[${all.length} DELEGATIONS, TOLD TOGETHER: ${counts}]`,
    ...lines,
    'Read what you need: read_result(task_id="…"). This message was made by the platform, not by a person.',
  ].join('\n');
}
