/**
 * What a callee is told to do, as the text of its task, and what it wrote down while it did: the same for every way to
 * reach it, so that one list of rules holds for all of them.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Script =
  | { do: 'answer'; text: string }
  /** A result of so many bytes, in letters of two. */
  | { do: 'long'; bytes: number }
  | { do: 'parts'; text: string; parts: unknown[] }
  | { do: 'fail'; error: string }
  | { do: 'note'; note: string; gate: string; text: string }
  /** Answers when the gate is opened. */
  | { do: 'wait'; gate: string; text: string }
  | { do: 'ask'; question: string }
  /** Until it is told to stop. */
  | { do: 'hang' };

export interface Line {
  what: 'began' | 'ended' | 'stopped' | 'failed';
  id: string;
  pid: number;
}

export function write(folder: string, line: Line): void {
  appendFileSync(join(folder, 'ledger.jsonl'), `${JSON.stringify(line)}\n`);
}

export function ledger(folder: string): Line[] {
  const path = join(folder, 'ledger.jsonl');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Line);
}

export function long(bytes: number): string {
  return 'ß'.repeat(bytes / 2) + (bytes % 2 === 1 ? '.' : '');
}
