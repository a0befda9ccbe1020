/**
 * What a program is given to know: the usual variables of a session, those the operator listed, and its task's own.
 *
 * Nothing else of the platform's environment reaches it: what is not on the list may be a secret. The token is worth
 * something for this attempt only.
 */
import type { Assignment } from '../../core/ports/index.ts';
import type { Program } from '../../core/workspace/index.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const USUAL = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR'];
const LOCALE = /^LC_[A-Z]+$/u;

/** Names the run in the environment of all that it starts, however far it gets away. */
export const RUN = 'ERRAND_RUN';

export interface Given {
  program: Program;
  assignment: Assignment;
  platformUrl: string;
  run: string;
}

export function environmentOf(own: Environment, given: Given): Record<string, string> {
  const { program, assignment, platformUrl, run } = given;
  const names = [...USUAL, ...Object.keys(own).filter((name) => LOCALE.test(name)), ...program.environment];
  const { conversation, traceparent, callee } = assignment;
  const passed = names.flatMap((name): [string, string][] => {
    const value = Object.hasOwn(own, name) ? own[name] : undefined;
    return value === undefined ? [] : [[name, value]];
  });
  return {
    ...Object.fromEntries(passed),
    // Nobody looks at a terminal.
    TERM: 'dumb',
    NO_COLOR: '1',
    ERRAND_URL: platformUrl,
    ERRAND_TOKEN: assignment.attemptToken,
    ERRAND_WORKSPACE: callee.id,
    ERRAND_DELEGATION_ID: assignment.id,
    ERRAND_CALLER: assignment.caller,
    ERRAND_ATTEMPT: String(assignment.attempt),
    ERRAND_DEADLINE: new Date(assignment.deadlineAt).toISOString(),
    ...(conversation === null ? {} : { ERRAND_CONVERSATION_ID: conversation }),
    ...(traceparent === undefined ? {} : { TRACEPARENT: traceparent }),
    [RUN]: run,
  };
}
