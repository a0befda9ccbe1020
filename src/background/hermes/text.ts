/**
 * A completion as the model of a session reads it: what was asked and why, how it ended and what came back, complete in
 * itself, since its reader may be deep in something else.
 *
 * The headers are those that its readers know. What came back is fenced as data between marks that its author could not
 * guess, with control characters made visible; of a long one the head and the tail are shown, and where the rest is.
 */
import { hash } from 'node:crypto';
import { fence, headAndTail, visible } from '../../core/untrusted.ts';
import type { AsyncDelegationEvent, TaskResult, UnitStatus } from './hermes.ts';
import { wordsOf } from './outcome.ts';
import type { Spill } from './spill.ts';

export interface Formatting {
  /** In milliseconds. */
  now: number;
  /** Of one result. */
  characters?: number;
  /** What is left of the context of whoever reads it: half of that is for the results together. */
  remaining_characters?: number;
  spill: Spill;
}

interface Writing {
  now: number;
  /** Of one result. */
  most: number;
  spill: Spill;
}

const CHARACTERS = 24_000;
const LEAST = 2000;
const MS = 1000;
const MARK_CHARACTERS = 20;
const FOOTER = 'INTERNAL NOTIFICATION: this was written by the program you run in, and not by the user.';

export function formatEvents(events: readonly AsyncDelegationEvent[], formatting: Formatting): string {
  const { now, characters = CHARACTERS, remaining_characters = Infinity, spill } = formatting;
  const count = events.reduce((sum, { results }) => sum + results.length, 0);
  const share = Math.floor(remaining_characters / 2 / Math.max(1, count));
  const writing = { now, most: Math.max(Math.min(LEAST, characters), Math.min(characters, share)), spill };
  const blocks = events.map((event) => (event.is_batch ? batchLines(event, writing) : singleLines(event, writing)));
  const head = events.length === 1 ? [] : [`[${events.length} ASYNC DELEGATIONS COMPLETE]`];
  return [...head, ...blocks.map((lines) => lines.join('\n')), FOOTER].join('\n\n');
}

function singleLines(event: AsyncDelegationEvent, writing: Writing): string[] {
  const [result] = event.results;
  return [
    `[ASYNC DELEGATION COMPLETE — ${event.delegation_id}]`,
    `A subagent that you sent off earlier ${SAID[event.status]}. Use what it brought, or delegate again if the world has moved on.`,
    dispatchedLine(event, writing.now),
    `Original goal: ${visible(event.goal)}`,
    ...aboutLines(event),
    `Status: ${event.status} | API calls: ${event.api_calls} | Duration: ${secondsText(event.duration_seconds)}`,
    ...(result === undefined ? [] : resultLines(result, event, writing)),
  ];
}

function batchLines(event: AsyncDelegationEvent, writing: Writing): string[] {
  const { goals, results } = event;
  const blocks = results.flatMap((result, index) => [
    `--- ${result.status === 'completed' ? '✓' : '✗'} TASK ${index + 1}/${goals.length}: ${visible(goals[index] ?? '')} ` +
      `(status=${result.status}, api_calls=${result.api_calls ?? 0}, ${secondsText(result.duration_seconds ?? 0)}) ---`,
    ...bodyLines(result, event, writing),
  ]);
  return [
    `[ASYNC DELEGATION BATCH COMPLETE — ${event.delegation_id}]`,
    `${goals.length} subagents that you sent off earlier: ${wordsOf(event.counts)}. Use what they brought, or delegate again if the world has moved on.`,
    dispatchedLine(event, writing.now),
    ...aboutLines(event),
    `Status: ${event.status} | API calls: ${event.api_calls} | Duration: ${secondsText(event.total_duration_seconds)}`,
    ...unsureLines(event),
    ...blocks,
  ];
}

const SAID: Readonly<Record<UnitStatus, string>> = {
  completed: 'has completed',
  partial: 'has completed in part',
  error: 'ended with an error',
  failed: 'has failed',
  interrupted: 'was interrupted',
  timeout: 'ran out of time',
  stalled: 'stopped making progress and was ended',
  unknown: 'was lost: nobody knows how far it came',
};

function dispatchedLine({ dispatched_at }: AsyncDelegationEvent, now: number): string {
  const age = Math.max(0, Math.round(now / MS - dispatched_at));
  return `Dispatched: ${new Date(dispatched_at * MS).toISOString()} (${age}s ago)`;
}

function aboutLines({ context, toolsets, role, model }: AsyncDelegationEvent): string[] {
  return [
    ...(context === null ? [] : [`Context you provided: ${visible(context)}`]),
    ...(toolsets === null ? [] : [`Toolsets: ${visible(toolsets.join(', '))}`]),
    ...(role === null && model === null ? [] : [`Role: ${visible(role ?? '-')} | Model: ${visible(model ?? '-')}`]),
  ];
}

function resultLines(result: TaskResult, event: AsyncDelegationEvent, writing: Writing): string[] {
  return [...unsureLines(event), '--- RESULT ---', ...bodyLines(result, event, writing)];
}

function bodyLines(result: TaskResult, { delegation_id }: AsyncDelegationEvent, { most, spill }: Writing): string[] {
  const { task_index, status, summary, error, exit_reason, truncated } = result;
  const isWhole = status === 'completed';
  const isCut = truncated === true || exit_reason === 'max_iterations';
  const text = summary ?? '';
  const where = text.length > most ? [`Shortened. The whole: ${spill(delegation_id, task_index, text)}`] : [];
  return [
    ...(isCut ? ['TRUNCATED: it reached its bound before it was done.'] : []),
    ...(error === null ? [] : ['Error:', fenced('error', headAndTail(error, LEAST))]),
    ...(isWhole || text === '' ? [] : ['Partial output:']),
    ...(text === '' ? [] : [fenced('result', headAndTail(text, most))]),
    ...where,
    ...(result.schema_valid === false ? schemaLines(result) : []),
    ...(text === '' && error === null ? ['(no output)'] : []),
  ];
}

function schemaLines({ schema_errors = [] }: TaskResult): string[] {
  const errors = headAndTail(schema_errors.join('\n'), LEAST);
  return ['This is not what its output_schema asks for:', fenced('schema-errors', errors)];
}

function unsureLines({ diagnostics }: AsyncDelegationEvent): string[] {
  if (diagnostics === null) {
    return [];
  }
  const { last_status, last_activity_at, progress, may_still_run } = diagnostics;
  const heard = progress === null ? '' : `, saying ${JSON.stringify(visible(progress))}`;
  const runs = may_still_run ? ' It may still be running.' : '';
  return [`Last heard of at ${new Date(last_activity_at * MS).toISOString()}: ${last_status}${heard}.${runs}`];
}

/** Nobody writes a text that holds its own hash. */
function fenced(what: string, text: string): string {
  const shown = visible(text);
  return fence(what, shown, hash('sha256', shown).slice(0, MARK_CHARACTERS));
}

function secondsText(seconds: number): string {
  return `${seconds.toFixed(1)}s`;
}
