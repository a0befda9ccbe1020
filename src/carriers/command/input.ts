/**
 * How a program gets its task: as text or as JSON on its stdin, or where `{task}` stands among its arguments.
 *
 * A program keeps nothing from the run in which it asked a question, so the question comes back with its answer.
 */
import type { Assignment } from '../../core/ports/index.ts';
import type { Program } from '../../core/workspace/index.ts';
import { isAgent } from './dialects/dialect.ts';
import { TASK } from './read-program.ts';

/** The most that Linux takes as one argument, with what stands around it. */
const ARGUMENT_BYTES_MAX = 128 * 1024 - 1024;

export interface Started {
  argv: readonly string[];
  stdin: string;
}

export function startOf(program: Program, assignment: Assignment): Started | { why: string } {
  switch (program.input) {
    case 'text':
      return { argv: program.argv, stdin: wordsFor(program, assignment) };
    case 'json':
      return { argv: program.argv, stdin: `${JSON.stringify(documentOf(assignment))}\n` };
    case 'argument':
      return withArgument(program, wordsFor(program, assignment));
  }
}

function withArgument({ argv }: Program, words: string): Started | { why: string } {
  if (Buffer.byteLength(words) > ARGUMENT_BYTES_MAX) {
    return {
      why: `The task is longer than an argument can be (${ARGUMENT_BYTES_MAX} bytes); this agent takes no more.`,
    };
  }
  if (words.includes('\0')) {
    return { why: 'The task holds a zero character, which no argument can.' };
  }
  const [name = '', ...rest] = argv;
  return {
    argv: [
      name,
      ...rest.map((word) =>
        harmless(
          word.replaceAll(TASK, () => words),
          word,
        ),
      ),
    ],
    stdin: '',
  };
}

/** What a caller wrote is never an option of the program. */
function harmless(filled: string, word: string): string {
  return word.startsWith(TASK) && filled.startsWith('-') ? ` ${filled}` : filled;
}

/** To an agent on a command line what begins with a slash is a command of its own, and a caller may not give those. */
function wordsFor({ argv }: Program, assignment: Assignment): string {
  const words = wordsOf(assignment);
  return words.trimStart().startsWith('/') && isAgent(argv) ? `The task:\n${words}` : words;
}

function wordsOf({ task, context, answer, question }: Assignment): string {
  return [
    task,
    ...(context === undefined || context === '' ? [] : [`Context:\n${context}`]),
    ...(answer === undefined ? [] : [`You asked:\n${question ?? ''}`, `The answer:\n${answer}`]),
  ].join('\n\n');
}

function documentOf(assignment: Assignment): Record<string, unknown> {
  const { id, caller, task, context, parts, conversation, attempt, deadlineAt, answer, question } = assignment;
  return {
    delegation_id: id,
    source_id: caller,
    task,
    ...(context === undefined ? {} : { context }),
    ...(parts === undefined ? {} : { parts }),
    conversation_id: conversation,
    attempt,
    deadline: new Date(deadlineAt).toISOString(),
    may_have_run: assignment.mayHaveRun,
    ...(answer === undefined ? {} : { question, answer }),
  };
}
