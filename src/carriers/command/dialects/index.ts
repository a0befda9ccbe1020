/**
 * Placeholder until the dialects arrive.
 */
import type { Part, Usage } from '../../../core/delegation/index.ts';
import type { DialectName } from '../../../core/workspace/index.ts';
export interface Told {
  message?: string;
  percent?: number;
  inTool?: boolean;
}
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
  hear(line: string): Told | undefined;
  end(): Said;
}
export interface Dialect {
  readonly name: DialectName;
  open(): Reader;
}
export const DIALECTS = {} as Record<Exclude<DialectName, 'text'>, Dialect>;
export function dialectOf(_argv: readonly string[]): DialectName {
  return 'text';
}
