/**
 * Writes docs/errors: one page per code of src/core/error.ts, and an index.
 *
 * `npm run errors` writes them; `errorPages` is what they should be, and a test holds the folder to it. The code of an
 * error is also the name of its page, so that an answer can link to it.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERRORS, type Kind } from '../src/core/error.ts';

export const ERRORS_PATH = 'docs/errors';

const RETRY: Record<Kind['retry'], string> = {
  never: 'Never as it stands: the same call gets the same answer until something else has changed.',
  later: 'Later. `Retry-After` says when; the call was not accepted, so nothing is done twice.',
  'same-key':
    'Yes, with the same idempotency key: whether or not the first call was accepted, the second finds or makes the same delegation.',
};

/** File name → text. */
export function errorPages(): Map<string, string> {
  const kinds = Object.entries<Kind>(ERRORS);
  const pages = kinds.map(([code, kind]) => [`${code}.md`, page(code, kind)] as const);
  return new Map([['README.md', index(kinds)], ...pages]);
}

function page(code: string, { status, retry, fix }: Kind): string {
  return `${[
    `# ${code}`,
    '',
    `HTTP status **${status}**.`,
    '',
    `**What to do:** ${fix}`,
    '',
    `**Send it again?** ${RETRY[retry]}`,
  ].join('\n')}\n`;
}

function index(kinds: readonly [string, Kind][]): string {
  const rows = kinds.map(
    ([code, { status, retry, fix }]) => `| [${code}](${code}.md) | ${status} | ${retry} | ${fix} |`,
  );
  return `${[
    '# Errors',
    '',
    'Every refusal has a code, a status, whether to send it again, and a fix. The catalog is `src/core/error.ts`; these pages are written from it by `npm run errors`.',
    '',
    '| code | status | send again | what to do |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n')}\n`;
}

if (import.meta.main) {
  const pages = errorPages();
  mkdirSync(ERRORS_PATH, { recursive: true });
  for (const name of readdirSync(ERRORS_PATH).filter((each) => !pages.has(each))) {
    rmSync(join(ERRORS_PATH, name));
  }
  for (const [name, text] of pages) {
    writeFileSync(join(ERRORS_PATH, name), text);
  }
}
