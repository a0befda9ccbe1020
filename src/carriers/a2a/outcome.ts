/**
 * What the state of a task amounts to (C6): an ending, a question, or nothing yet.
 *
 * A task is judged by its state and by nothing else; a state we do not know is never taken for success.
 */
import { noteOf, partialOf, type RemoteTask, resultOf, textOf } from '../../a2a/index.ts';
import type { Reason, Usage } from '../../core/delegation/index.ts';
import type { Outcome } from '../../core/ports/index.ts';
import { bounded, cleaned } from './excerpt.ts';

/** As for an agent that asks through our own API. */
const QUESTION_MAX = 64_000;
const SILENT = 'the peer failed without saying why';

/** Undefined while it goes on. */
export function outcomeOf(task: RemoteTask): Outcome | undefined {
  switch (task.state) {
    case 'submitted':
    case 'working':
      return undefined;
    case 'completed':
      return { kind: 'completed', output: resultOf(task), ...usageIn(task) };
    case 'failed':
      return task.retryable === true ? givenBack(task) : ended(task, 'callee_failed', SILENT);
    case 'rejected':
      return ended(task, 'rejected', 'the peer rejected the task without saying why');
    case 'canceled': {
      const output = partialOf(task);
      return { kind: 'cancelled', ...(output === undefined ? {} : { output }) };
    }
    case 'input-required':
      return asked(task, 'The peer asks for input and does not say for what.');
    case 'auth-required':
      return asked(task, 'The peer asks for an authorisation and does not say for which.');
    case 'unknown':
      return failed('invalid_response', 'the peer answered with a task whose state is unknown');
  }
}

/** What it took and gave back has no name there any more. */
function givenBack(task: RemoteTask): Outcome {
  return { kind: 'unknown', error: cleaned(noteOf(task)) || SILENT, forgotten: true };
}

function ended(task: RemoteTask, reason: Reason, silent: string): Outcome {
  const output = partialOf(task);
  const said = cleaned(noteOf(task)) || cleaned(textOf(task.made)) || silent;
  return { kind: 'failed', reason, error: said, ...(output === undefined ? {} : { output }), ...usageIn(task) };
}

function asked(task: RemoteTask, silent: string): Outcome {
  const question = noteOf(task) || textOf(task.made) || silent;
  return { kind: 'asked', question: bounded(question, QUESTION_MAX), remote: remoteOf(task) };
}

export function remoteOf(task: RemoteTask): { task?: string; context?: string } {
  return {
    ...(task.id === undefined ? {} : { task: task.id }),
    ...(task.context === undefined ? {} : { context: task.context }),
  };
}

function usageIn(task: RemoteTask): { usage?: Usage } {
  return task.usage === undefined ? {} : { usage: task.usage };
}

export function failed(reason: Reason, error: string): Outcome {
  return { kind: 'failed', reason, error };
}

export function unknown(error: string): Outcome {
  return { kind: 'unknown', error };
}
