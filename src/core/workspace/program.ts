/**
 * The program that takes the tasks of a seat, as the operator registered it: what is started, where, with what.
 *
 * It is data like an address is. Only whoever runs the platform can write it, since it runs on that machine; it is
 * never put together from what a caller sends, and a task is at most one of its arguments.
 */
export const DIALECTS = ['text', 'errand', 'claude', 'codex', 'gemini', 'opencode', 'cursor'] as const;

/** How its output is read: the whole of it is the result, or it says line by line what happens. */
export type DialectName = (typeof DIALECTS)[number];

export const INPUTS = ['text', 'json', 'argument'] as const;

/** How it gets the task: as text or as JSON on its stdin, or where `{task}` stands among its arguments. */
export type InputName = (typeof INPUTS)[number];

export interface Program {
  /** The program and its arguments, each a word of its own. */
  argv: readonly string[];
  /** Through a shell: then `argv` is one line of its language. */
  shell: boolean;
  directory: string;
  /** Names of variables that it gets from the platform's environment, besides the usual ones. */
  environment: readonly string[];
  input: InputName;
  dialect: DialectName;
  /** For it to end after it was told to stop. */
  graceMs: number;
}

/** As an operator says it; what is left out is chosen where the program runs. */
export interface ProgramWish {
  /** One line, split at its spaces and quotes; or its words. */
  run: string | readonly string[];
  shell?: boolean | undefined;
  directory?: string | undefined;
  environment?: readonly string[] | undefined;
  input?: InputName | undefined;
  dialect?: DialectName | undefined;
  graceMs?: number | undefined;
}
