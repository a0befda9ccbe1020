/** Lets a reader hear lines, and gives back what it told and what it says at the end. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIALECTS, type Said, type Told } from '../../../../src/carriers/command/dialects/dialect.ts';

export type Spoken = keyof typeof DIALECTS;

export interface Heard {
  told: Told[];
  said: Said;
}

export function hear(name: Spoken, lines: readonly string[]): Heard {
  const reader = DIALECTS[name].open();
  const told = lines.map((line) => reader.hear(line)).filter((one) => one !== undefined);
  return { told, said: reader.end() };
}

export function linesOf(text: string): string[] {
  return text.replace(/\n$/u, '').split('\n');
}

/** What the real program printed; the name begins with its dialect. */
export function captured(name: string): string[] {
  return linesOf(readFileSync(join(import.meta.dirname, 'captured', `${name}.jsonl`), 'utf8'));
}
