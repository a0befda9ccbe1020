/**
 * What became of a program, in the words of the line.
 *
 * Exit code 0 is success and 75 asks to be tried later, as mailers have it; every other ending is a failure with the
 * last words of stderr. What it had written by then is kept as partial output.
 */
import type { Outcome } from '../../core/ports/index.ts';
import type { Said } from './dialects/dialect.ts';
import type { Ended, NotStarted } from './run.ts';

const TRY_LATER = 75;
/** Not its own doing, like the end of a connection: how far it got is not known. */
const FROM_OUTSIDE: ReadonlySet<string> = new Set(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']);
const MISSING = ['ENOENT', 'EACCES', 'ENOTDIR', 'ENOEXEC'];
const FULL = ['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM'];
const LATER: ReadonlySet<string | undefined> = new Set([...MISSING, ...FULL]);

export interface Finished {
  ended: Ended;
  said: Said;
  lastWords: string;
  isTooMuch: boolean;
  /** It was told to stop, and those who told it wait for its word. */
  isStopped: boolean;
}

type Output = Pick<Extract<Outcome, { kind: 'completed' }>, 'output' | 'usage'>;

export function outcomeOf(finished: Finished): Outcome {
  const { ended, said, isTooMuch, isStopped } = finished;
  if (isTooMuch) {
    const error = 'The program wrote more than a result can hold; a file by reference is the way.';
    return { kind: 'failed', reason: 'result_too_large', error };
  }
  if (ended.kind === 'stuck') {
    return { kind: 'unknown', error: 'The program does not end, not even by SIGKILL; it may still run.' };
  }
  if (isStopped) {
    return { kind: 'cancelled', ...partial(said) };
  }
  if (ended.kind === 'exited' && ended.code === TRY_LATER) {
    return { kind: 'busy', retryAfterMs: null };
  }
  if (said.question !== undefined) {
    return { kind: 'asked', question: said.question };
  }
  if (ended.kind === 'killed' && FROM_OUTSIDE.has(ended.signal)) {
    return { kind: 'unknown', error: `Somebody ended the program (${ended.signal}).` };
  }
  const why = whyFailed(finished);
  if (why === undefined) {
    return { kind: 'completed', ...outputOf(said) };
  }
  return said.retryable === true
    ? { kind: 'unknown', error: why }
    : { kind: 'failed', reason: 'callee_failed', error: why, ...partial(said) };
}

function whyFailed({ ended, said, lastWords }: Finished): string | undefined {
  if (ended.kind === 'exited' && ended.code === 0) {
    return said.error;
  }
  const how =
    ended.kind === 'exited'
      ? `The program ended with exit code ${ended.code}`
      : `The program was ended by ${signalOf(ended)}`;
  const words = said.error ?? lastWords;
  return words === '' ? `${how}.` : `${how}: ${words}`;
}

function signalOf(ended: Ended): string {
  return ended.kind === 'killed' ? ended.signal : '';
}

/** A program that is missing may come, and a system that is full may empty; anything else is this task's own. */
export function notStarted({ error }: NotStarted): Outcome {
  return LATER.has(error.code)
    ? { kind: 'unreachable', error: `The program cannot be started: ${error.message}`, retryAfterMs: null }
    : { kind: 'failed', reason: 'rejected', error: `The program cannot be started: ${error.message}` };
}

function outputOf({ text, parts, usage }: Said): Output {
  return {
    output: { text, ...(parts === undefined ? {} : { parts }) },
    ...(usage === undefined ? {} : { usage }),
  };
}

function partial(said: Said): Partial<Output> {
  return said.text === '' && said.parts === undefined ? {} : { output: outputOf(said).output };
}
