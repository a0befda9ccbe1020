/**
 * Is what is dispatched something that can be? Said in the words of this door, and before anything is kept: a slip of
 * the fields is a rejection like any other, a closure that is none is an exception, since only a program can mend it.
 */
import type { BatchDispatch, Dispatch } from './hermes.ts';

const KEY_CHARACTERS = 176;
const CHILDREN_MOST = 100_000;

/** What is wrong with it; undefined where nothing is. */
export function wrongWith(dispatch: Dispatch | BatchDispatch): string | undefined {
  const { runner, interrupt_fn, session_key, context, toolsets, role, model } = dispatch;
  requireClosure('runner', runner);
  requireClosure('interrupt_fn', interrupt_fn ?? requireClosure);
  const { max_async_children, timeout_seconds, idempotency_key } = dispatch;
  const texts = Object.entries({ context, role, model, session_key, idempotency_key });
  return [
    wrongGoal(dispatch),
    ...texts.map(([field, value]) => (isNothing(value) || typeof value === 'string' ? '' : `${field}: a text.`)),
    isNothing(toolsets) || isTexts(toolsets) ? '' : 'toolsets: a list of texts.',
    (session_key ?? '').length > KEY_CHARACTERS ? `session_key: at most ${KEY_CHARACTERS} characters.` : '',
    isContract(dispatch) ? '' : 'output_schema: a Standard Schema; for a batch one, or a list with one for each goal.',
    idempotency_key === '' ? 'idempotency_key: a text that is not empty.' : '',
    max_async_children === undefined ? '' : wrongChildren(max_async_children),
    timeout_seconds === undefined || timeout_seconds > 0 ? '' : 'timeout_seconds: a number above 0.',
  ].find((words) => words !== '');
}

function wrongGoal(dispatch: Dispatch | BatchDispatch): string {
  if ('goals' in dispatch) {
    const { goals } = dispatch;
    const isSaid = isTexts(goals) && goals.length > 0 && goals.every((goal) => goal.trim() !== '');
    return isSaid ? '' : 'goals: one or more of them, each saying what to do.';
  }
  return typeof dispatch.goal === 'string' && dispatch.goal.trim() !== '' ? '' : 'goal: say what to do.';
}

export function wrongChildren(most: number): string {
  return Number.isInteger(most) && most >= 1 && most <= CHILDREN_MOST
    ? ''
    : `max_async_children: a whole number from 1 to ${CHILDREN_MOST}.`;
}

function isContract(dispatch: Dispatch | BatchDispatch): boolean {
  const { output_schema: said } = dispatch;
  if (isNothing(said) || isSchema(said)) {
    return true;
  }
  return (
    'goals' in dispatch && Array.isArray(said) && said.length === dispatch.goals.length && said.every(isSchemaOrNone)
  );
}

function isSchemaOrNone(value: unknown): boolean {
  return isNothing(value) || isSchema(value);
}

/** Some schemas are functions. */
function isSchema(value: unknown): boolean {
  const standard = (value as { '~standard'?: { validate?: unknown } } | null | undefined)?.['~standard'];
  return typeof standard?.validate === 'function';
}

function requireClosure(field: string, value: unknown): void {
  if (typeof value !== 'function') {
    throw new TypeError(`errand/background/hermes: ${field} is a function.`);
  }
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
