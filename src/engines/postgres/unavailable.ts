/**
 * The database could not do it now. `lost`: the connection broke or could not be made. `busy`: the database answered,
 * and did nothing. `unknown`: a commit was under way on a connection that broke, and nobody answers who could say
 * whether it was made; the same command with the same key finds out.
 */
import { ErrandError } from '../../core/error.ts';

const AGAIN_MS = 1000;

const WORDS = {
  lost: 'The database does not answer; nothing was written.',
  busy: 'The database is busy; nothing was written.',
  unknown: 'The database went away in the middle; whether it was written is not known.',
} as const;

export class Unavailable extends ErrandError {
  readonly how: keyof typeof WORDS;

  constructor(how: keyof typeof WORDS, cause: unknown) {
    super({ code: 'unavailable', message: WORDS[how], retryAfterMs: AGAIN_MS }, { cause });
    this.how = how;
  }
}
