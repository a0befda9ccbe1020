/**
 * Is what is asked for something that can be asked for? Looked at before anything is kept, so that a slip is thrown to
 * whoever made it: a number that is none would else be a deadline that never comes, or a budget that bounds nothing.
 */
import { PRIORITIES } from '../core/delegation/index.ts';
import { ErrandError } from '../core/error.ts';
import type { Asking, Full } from './background.ts';

const FULL: ReadonlySet<unknown> = new Set<Full>(['queue', 'reject', 'inline']);
const BUDGET_FIELDS: ReadonlySet<string> = new Set(['tokens', 'costUsd', 'delegations']);
const PRIORITY_WORDS = `priority: one of ${Object.keys(PRIORITIES).join(', ')}`;
const FULL_WORDS = `full: one of ${[...FULL].join(', ')}`;
const BUDGET_WORDS = `budget: ${[...BUDGET_FIELDS].join(', ')}, each a number from 0 on`;

export function requireAsking(asking: Asking): void {
  if (typeof asking !== 'object' || asking === null) {
    throw invalid('delegate takes { to, task } or a list of them');
  }
  if ((asking.task === undefined || asking.task === '') && asking.input === undefined) {
    throw invalid('task: say what to do, or give an input');
  }
  requireTexts(asking);
  const { startAt, priority, full, budget, parts, deadlineMs, validForMs } = asking;
  // There is a longest deadline, to which Infinity is brought down.
  must(deadlineMs === undefined || deadlineMs === Infinity || isFrom(1, deadlineMs), 'deadlineMs: a number from 1 on');
  must(validForMs === undefined || isFrom(1, validForMs), 'validForMs: a number from 1 on');
  must(startAt === undefined || (startAt instanceof Date && !Number.isNaN(startAt.getTime())), 'startAt: a Date');
  must(priority === undefined || Object.hasOwn(PRIORITIES, priority), PRIORITY_WORDS);
  must(full === undefined || FULL.has(full), FULL_WORDS);
  must(parts === undefined || Array.isArray(parts), 'parts: a list');
  must(budget === undefined || isBudget(budget), BUDGET_WORDS);
}

/** Each by its name: to look them up in a list of names took five times as long (measured). */
function requireTexts({ task, session, context, conversation, supersedes, idempotencyKey, traceparent }: Asking): void {
  must(isText(task), 'task: a text');
  must(isText(session), 'session: a text');
  must(isText(context), 'context: a text');
  must(isText(conversation), 'conversation: a text');
  must(isText(supersedes), 'supersedes: a text');
  must(isText(idempotencyKey), 'idempotencyKey: a text');
  must(isText(traceparent), 'traceparent: a text');
}

function isText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function isBudget(budget: unknown): boolean {
  return (
    typeof budget === 'object' &&
    budget !== null &&
    Object.entries(budget).every(([unit, most]) => BUDGET_FIELDS.has(unit) && (most === undefined || isFrom(0, most)))
  );
}

function isFrom(least: number, value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= least;
}

function must(isSo: boolean, words: string): void {
  if (!isSo) {
    throw invalid(words);
  }
}

function invalid(message: string): ErrandError {
  return new ErrandError({ code: 'invalid_request', message: `${message}.` });
}
