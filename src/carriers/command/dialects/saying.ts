/**
 * Puts together what a reader tells and says: only what is known, and no longer than anybody will read.
 *
 * A progress message is one line that performs nothing: control and direction characters are shown, space is folded.
 * Of a tool its name is told, and what the agent itself wrote down for people to read; never what it was called with,
 * which may hold what is not the caller's to know.
 */
import { countAt, type Json } from '../../../a2a/index.ts';
import type { Part, Usage } from '../../../core/delegation/index.ts';
import { cut } from '../../../core/text.ts';
import { headAndTail, visible } from '../../../core/untrusted.ts';
import type { Said, Told } from './dialect.ts';

const MESSAGE_MAX = 500;
/** Enough to fill a message even where half of it is space. */
const LOOKED_AT_MAX = 2000;
const ERROR_MAX = 4000;
const QUESTION_MAX = 64_000;

interface Ending {
  parts?: Part[] | undefined;
  question?: string | undefined;
  error?: string | undefined;
  retryable?: boolean | undefined;
  usage?: Usage | undefined;
  session?: string | undefined;
}

export function said(text: string, ending: Ending): Said {
  const { parts, question, error, retryable, usage, session } = ending;
  return {
    text,
    ...(parts === undefined ? {} : { parts }),
    ...(question === undefined ? {} : { question: headAndTail(question, QUESTION_MAX) }),
    ...(error === undefined ? {} : { error: headAndTail(error, ERROR_MAX) }),
    ...(retryable === undefined ? {} : { retryable }),
    ...(usage === undefined ? {} : { usage }),
    ...(session === undefined ? {} : { session }),
  };
}

/** Of a program that stopped talking before it said how it went. */
export function unfinished(program: string, trouble: string | undefined): string {
  const why = trouble === undefined || trouble.trim() === '' ? '' : `; the last trouble it told of: ${trouble}`;
  return `${program} ended without saying how it went${why}`;
}

/** Undefined where there is nothing to see. */
export function shown(text: string): string | undefined {
  const head = cut(text.trimStart(), LOOKED_AT_MAX).text.toWellFormed();
  const line = visible(head.replaceAll(/\s+/gu, ' ').trim());
  if (line === '') {
    return undefined;
  }
  return line.length <= MESSAGE_MAX ? line : `${cut(line, MESSAGE_MAX - 1).text}…`;
}

export function told(words: string | undefined, inTool: boolean): Told {
  const message = words === undefined ? undefined : shown(words);
  return message === undefined ? { inTool } : { message, inTool };
}

export function toolWords(name: string | undefined, description: string | undefined): string {
  const tool = name ?? 'a tool';
  return description === undefined || description === '' ? tool : `${tool}: ${description}`;
}

interface Counted {
  input?: number | undefined;
  output?: number | undefined;
  cost?: number | undefined;
}

/** Unknown stays absent, and tokens are whole. */
export function usageOf({ input, output, cost }: Counted): Usage | undefined {
  const usage: Usage = {
    ...(Number.isSafeInteger(input) ? { inputTokens: input as number } : {}),
    ...(Number.isSafeInteger(output) ? { outputTokens: output as number } : {}),
    ...(cost === undefined || !Number.isFinite(cost) ? {} : { costUsd: cost }),
  };
  return Object.keys(usage).length === 0 ? undefined : usage;
}

/** Of the counts that are there; undefined when none is. */
export function sumAt(record: Json, ...names: readonly string[]): number | undefined {
  return sum(...names.map((name) => countAt(record, name)));
}

export function sum(...counts: readonly (number | undefined)[]): number | undefined {
  const known = counts.filter((count) => count !== undefined);
  return known.length === 0 ? undefined : known.reduce((all, count) => all + count, 0);
}
