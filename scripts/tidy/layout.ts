/**
 * Where files stand, what they are called, how long they are and how they open.
 *
 * A reader finds a thing by its name: so no drawers for leftovers, one way of spelling, a shallow tree, and a head
 * comment that says what the file is before its first line of code.
 */
import { type Finding, lineCount, type SourceFile } from './finding.ts';
import { isCode } from './tree.ts';

const DRAWERS = new Set(['lib', 'utils', 'helpers', 'common', 'shared', 'types', 'interfaces', 'services', 'managers']);
const KEBAB_CASE = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*$/u;
const LINES_MAX = 500;
const FOLDERS_MAX = 3;
const HEAD_LINES = { min: 3, max: 17 };

export function checkLayout(files: SourceFile[]): Finding[] {
  return files.filter((file) => isCode(file.path)).flatMap((file) => checkFile(file));
}

function checkFile(file: SourceFile): Finding[] {
  return [...checkName(file.path), ...checkPlace(file.path), ...checkLength(file), ...checkHead(file)];
}

function checkName(path: string): Finding[] {
  const name = path.split('/').at(-1) ?? '';
  if (KEBAB_CASE.test(name) || name === 'README.md') {
    return [];
  }
  return [{ path, line: 1, what: `the name ${name} is not kebab-case`, mend: 'Rename it: small letters and hyphens' }];
}

function checkPlace(path: string): Finding[] {
  const folders = path.split('/').slice(0, -1);
  const found: Finding[] = [];
  const drawer = folders.find((folder) => DRAWERS.has(folder));
  if (drawer !== undefined) {
    const mend = 'Put the file beside what uses it, or name the folder after its subject';
    found.push({ path, line: 1, what: `${drawer}/ is a drawer for leftovers`, mend });
  }
  if (folders[0] === 'src' && folders.length - 1 > FOLDERS_MAX) {
    const what = `src is at most ${FOLDERS_MAX} folders deep`;
    found.push({ path, line: 1, what, mend: 'Name the file after its subject instead of nesting it' });
  }
  return found;
}

function checkLength(file: SourceFile): Finding[] {
  const lines = lineCount(file.text);
  if (lines <= LINES_MAX || !/\.(?:tsx?|cjs|mjs|js|sql|css)$/u.test(file.path)) {
    return [];
  }
  const what = `${lines} lines, at most ${LINES_MAX}`;
  return [{ path: file.path, line: LINES_MAX + 1, what, mend: 'Split it by subject' }];
}

/** The first block comment of a file; a `#!` line may stand before it. */
function checkHead(file: SourceFile): Finding[] {
  if (!/^(?:src|scripts)\/.*\.tsx?$/u.test(file.path)) {
    return [];
  }
  const body = file.text.replace(/^#!.*\n/u, '');
  const head = /^\/\*\*.*?\*\//su.exec(body)?.[0];
  const mend =
    'Open the file with /** … */ of 3 to 15 lines: what it is, its place on the line, what must hold, why so';
  if (head === undefined) {
    return [{ path: file.path, line: 1, what: 'no head comment', mend }];
  }
  const lines = lineCount(head);
  if (lines < HEAD_LINES.min || lines > HEAD_LINES.max) {
    return [{ path: file.path, line: 1, what: `the head comment takes ${lines} lines with its delimiters`, mend }];
  }
  return [];
}
