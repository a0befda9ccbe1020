/**
 * A slip in what a program says: thrown where it is said, with the field and what belongs there, and not found out later
 * by whatever stumbles over it. Every field of the door is of one of these kinds.
 *
 * What is left out is no slip; null is one, since nobody can tell what was meant by it.
 */
import { ErrandError } from '../core/error.ts';

export function wrong(words: string): ErrandError {
  return new ErrandError({ code: 'invalid_request', message: `${words}.` });
}

/** Whether something is of it, and what to say where it is not. */
export type Kind = readonly [is: (value: unknown) => boolean, words: string];

/** The kinds of the fields of an object; some of them are objects again. */
export interface Kinds {
  readonly [field: string]: Kind | Kinds;
}

export function requireField(name: string, value: unknown, kind: Kind | Kinds): void {
  if (value === undefined) {
    return;
  }
  if (!isKind(kind)) {
    requireFields(name, value, kind);
  } else if (!kind[0](value)) {
    throw wrong(`${name}: ${kind[1]}`);
  }
}

/** These and no others: one that is misspelt would be a wish that nobody hears. */
export function requireFields(name: string, given: unknown, kinds: Kinds, within = `${name}.`): void {
  const fields = Object.keys(kinds).join(', ');
  if (!isObject(given)) {
    throw wrong(`${name}: an object { ${fields} }`);
  }
  const other = Object.keys(given).find((field) => !Object.hasOwn(kinds, field));
  if (other !== undefined) {
    throw wrong(`${name}: there is no field ${other}; it takes ${fields}`);
  }
  requireKnown(within, given, kinds);
}

/** Those of them that are there; what else is there is none of our business. */
export function requireKnown(within: string, given: object, kinds: Kinds): void {
  for (const field of Object.keys(kinds)) {
    const value = (given as Record<string, unknown>)[field];
    const kind = kinds[field];
    // Most fields of most calls are not there, and a name is needed only for what is wrong.
    if (value !== undefined && kind !== undefined) {
      requireField(`${within}${field}`, value, kind);
    }
  }
}

function isKind(kind: Kind | Kinds): kind is Kind {
  return Array.isArray(kind);
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const NAME_CHARACTERS = 180;
const CAPACITY_MAX = 100_000;

export const TEXT: Kind = [(value) => typeof value === 'string', 'a text'];
export const TEXTS: Kind = [(value) => Array.isArray(value) && value.every((one) => TEXT[0](one)), 'a list of texts'];
export const TEXTS_BY_NAME: Kind = [
  (value) => isObject(value) && Object.values(value).every((one) => one === undefined || typeof one === 'string'),
  'an object of texts',
];
export const FLAG: Kind = [(value) => typeof value === 'boolean', 'true or false'];
export const FUNCTION: Kind = [(value) => typeof value === 'function', 'a function'];
export const COUNT: Kind = [(value) => Number.isInteger(value) && Number(value) >= 1, 'a whole number from 1 on'];
export const FROM_0: Kind = [(value) => Number.isFinite(value) && Number(value) >= 0, 'a number from 0 on'];
export const FROM_1: Kind = [(value) => Number.isFinite(value) && Number(value) >= 1, 'a number from 1 on'];
export const MOST: Kind = [(value) => typeof value === 'number' && value >= 0, 'a number from 0 on, or Infinity'];
/** Less than none is what is left when it is over. */
export const DURATION: Kind = [
  (value) => typeof value === 'number' && !Number.isNaN(value),
  'a number of milliseconds, or Infinity',
];
export const CAPACITY: Kind = [
  (value) => COUNT[0](value) && Number(value) <= CAPACITY_MAX,
  `a whole number from 1 to ${CAPACITY_MAX}`,
];
export const SESSION: Kind = [
  (value) => typeof value === 'string' && value !== '' && value.length <= NAME_CHARACTERS && value.isWellFormed(),
  `a name of 1 to ${NAME_CHARACTERS} characters`,
];
/** From whatever library: what is needed of it is there. */
export const SIGNAL: Kind = [
  (value) => isObject(value) && 'throwIfAborted' in value && 'addEventListener' in value,
  'an AbortSignal',
];

export function oneOf(words: readonly string[]): Kind {
  return [(value) => words.includes(value as string), `one of ${words.join(', ')}`];
}
