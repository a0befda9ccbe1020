/**
 * Is what is asked for something that can be asked for? Looked at before anything is kept, so that a slip is thrown to
 * whoever made it: a number that is none would else be a deadline that never comes, or a budget that bounds nothing.
 */
import { PRIORITIES } from '../core/delegation/index.ts';
import type { Asking } from './background.ts';
import { PARTS } from './schema.ts';
import { FULL } from './settings.ts';
import { FROM_0, FROM_1, isObject, oneOf, requireKnown, TEXT, TEXTS_BY_NAME, wrong, type Kinds } from './wrong.ts';

const FIELDS: Kinds = {
  to: TEXT,
  task: TEXT,
  session: TEXT,
  context: TEXT,
  parts: PARTS,
  conversation: TEXT,
  priority: oneOf(Object.keys(PRIORITIES)),
  // There is a longest deadline, to which Infinity is brought down.
  deadlineMs: [(value) => typeof value === 'number' && value >= 1, 'a number from 1 on'],
  validForMs: FROM_1,
  startAt: [(value) => value instanceof Date && !Number.isNaN(value.getTime()), 'a Date'],
  supersedes: TEXT,
  labels: TEXTS_BY_NAME,
  budget: { tokens: FROM_0, costUsd: FROM_0, delegations: FROM_0 },
  idempotencyKey: TEXT,
  full: FULL,
  traceparent: TEXT,
};

export function requireAsking(asking: Asking): void {
  if (!isObject(asking)) {
    throw wrong('delegate takes { to, task } or a list of them');
  }
  if ((asking.task === undefined || asking.task === '') && asking.input === undefined) {
    throw wrong('task: say what to do, or give an input');
  }
  requireKnown('', asking, FIELDS);
}
