/**
 * Writes the table of statuses and commands into docs/spec/delegation.md, from the one in the code.
 *
 * `npm run spec` writes it; `specText` is what the text should be, and a test holds the file to it. The prose around
 * the table is written by hand; only what stands between the markers is replaced.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { DELEGATION_COMMANDS, STATUSES, TRANSITIONS, type Next } from '../src/core/delegation/index.ts';

export const SPEC_PATH = 'docs/spec/delegation.md';

const BEGIN = '<!-- table: written by `npm run spec` from src/core/delegation/transitions.ts -->';
const END = '<!-- end of table -->';

/** The file as it should be. */
export function specText(text: string): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin === -1 || end < begin) {
    throw new Error(`${SPEC_PATH} has lost its markers: ${BEGIN} … ${END}`);
  }
  return `${text.slice(0, begin)}${BEGIN}\n\n${table()}\n\n${text.slice(end)}`;
}

function table(): string {
  const head = ['', ...STATUSES.map((status) => `\`${status}\``)];
  const rows = (['dispatch', ...DELEGATION_COMMANDS] as const).map((cause) => [
    `**${cause}**`,
    ...STATUSES.map((status) => cell(TRANSITIONS[status][cause])),
  ]);
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** A status is set in code; what is no move is a word. */
function cell(next: Next): string {
  return STATUSES.some((status) => status === next) ? `\`${next}\`` : next;
}

if (import.meta.main) {
  writeFileSync(SPEC_PATH, specText(readFileSync(SPEC_PATH, 'utf8')));
}
