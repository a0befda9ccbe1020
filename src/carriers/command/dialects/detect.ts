/**
 * Which dialect a command line will speak, by its program and the option that says how it prints.
 *
 * Only what is sure is recognized: a program by its name, or by its package behind `npx`, together with the option that
 * makes it print what the dialect reads. Everything else is `text`, which is always right, only less. `errand` cannot be
 * seen from outside; it is named by whoever registers the command.
 */
import type { DialectName } from './dialect.ts';

const PROGRAMS: ReadonlyMap<string, DialectName> = new Map([
  ['claude', 'claude'],
  ['@anthropic-ai/claude-code', 'claude'],
  ['codex', 'codex'],
  ['@openai/codex', 'codex'],
  ['gemini', 'gemini'],
  ['@google/gemini-cli', 'gemini'],
  ['opencode', 'opencode'],
  ['opencode-ai', 'opencode'],
  ['cursor-agent', 'cursor'],
  // What its installer calls it now.
  ['agent', 'cursor'],
]);

const JSON_FORMATS: ReadonlySet<string | undefined> = new Set(['stream-json', 'json']);
/** Options of npx that stand before the package and take a value. */
const TAKING_A_VALUE: ReadonlySet<string> = new Set(['-p', '--package', '-w', '--workspace', '-c', '--call']);

export function dialectOf(argv: readonly string[]): DialectName {
  const [program = '', ...rest] = startedBy(argv);
  const name = PROGRAMS.get(program) ?? 'text';
  const end = rest.indexOf('--');
  const words = end === -1 ? rest : rest.slice(0, end);
  return isPrinting(name, words) ? name : 'text';
}

function isPrinting(name: DialectName, words: readonly string[]): boolean {
  switch (name) {
    case 'claude':
    case 'cursor':
      return JSON_FORMATS.has(valueOf(words, '--output-format'));
    case 'gemini':
      return JSON_FORMATS.has(valueOf(words, '--output-format', '-o'));
    case 'codex':
      return hasWord(words, 'exec', 'e') && hasWord(words, '--json', '--experimental-json');
    case 'opencode':
      return hasWord(words, 'run') && valueOf(words, '--format') === 'json';
    default:
      return false;
  }
}

function hasWord(words: readonly string[], ...sought: readonly string[]): boolean {
  return words.some((word) => sought.includes(word));
}

/** In either spelling; given twice, the last one counts. */
function valueOf(words: readonly string[], ...names: readonly string[]): string | undefined {
  for (let at = words.length - 1; at >= 0; at -= 1) {
    const word = words[at] ?? '';
    const named = names.find((name) => word === name || word.startsWith(`${name}=`));
    if (named !== undefined) {
      return word === named ? words[at + 1] : word.slice(named.length + 1);
    }
  }
  return undefined;
}

/** The program and its words, without the path to it and without the npx before it. */
function startedBy(argv: readonly string[]): readonly string[] {
  const [first = '', ...rest] = argv;
  const program = baseOf(first);
  if (program === 'npx') {
    const at = packageAt(rest);
    return [withoutVersion(rest[at] ?? ''), ...rest.slice(at + 1)];
  }
  // The launcher of the editor: `cursor agent …`.
  return program === 'cursor' && rest[0] === 'agent' ? rest : [program, ...rest];
}

function packageAt(words: readonly string[]): number {
  let at = 0;
  while (words[at]?.startsWith('-') === true) {
    at += TAKING_A_VALUE.has(words[at] ?? '') ? 2 : 1;
  }
  return at;
}

function baseOf(path: string): string {
  const base = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  return base.replace(/\.(?:exe|cmd|bat|ps1)$/iu, '');
}

/** The `@` of a scope is not that of a version. */
function withoutVersion(name: string): string {
  const at = name.indexOf('@', 1);
  return at === -1 ? name : name.slice(0, at);
}
