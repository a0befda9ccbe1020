/**
 * The dialects in which command-line agents tell on stdout what they do, one file each, read into one form: what is
 * said at once, and what it all amounts to at the end. The door of this folder.
 *
 * What is read was written by a program that anybody may have talked into anything: whatever a line holds, a reader
 * does not throw, does not recurse along with it, and keeps nothing but what may become the result. A stream that ends
 * before its last word is an error that says so, never a success.
 */
import type { Part, Usage } from '../../../core/delegation/index.ts';
import type { DialectName } from '../../../core/workspace/index.ts';
import { claude } from './claude.ts';
import { codex } from './codex.ts';
import { cursor } from './cursor.ts';
import { errand } from './errand.ts';
import { gemini } from './gemini.ts';
import { opencode } from './opencode.ts';

export { dialectOf, isAgent } from './detect.ts';

/** What is said at once, while the program works. */
export interface Told {
  message?: string;
  percent?: number;
  inTool?: boolean;
}

/** What all lines together amount to, when stdout has ended. */
export interface Said {
  text: string;
  parts?: Part[];
  question?: string;
  error?: string;
  retryable?: boolean;
  usage?: Usage;
  session?: string;
}

export interface Reader {
  /** One line of stdout, without its end; a line that is not of this dialect is no fault (programs print banners). */
  hear(line: string): Told | undefined;
  /** Characters that it holds of what it heard; more than a result may have is too much. */
  readonly held: number;
  end(): Said;
}

export interface Dialect {
  readonly name: DialectName;
  open(): Reader;
}

export const DIALECTS: Readonly<Record<Exclude<DialectName, 'text'>, Dialect>> = {
  errand,
  claude,
  codex,
  gemini,
  opencode,
  cursor,
};
