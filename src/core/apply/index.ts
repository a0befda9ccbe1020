/**
 * How one command changes the books: a verb is a file. Engines call this inside their transaction, and nobody else.
 */
export { apply, newWork } from './apply.ts';
export { together } from './together.ts';
export type { Work } from './work.ts';
