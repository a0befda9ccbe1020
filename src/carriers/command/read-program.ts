/**
 * From what an operator says of a program to what will be started, or why it cannot be: no such program here, no such
 * directory, a task that would get into a shell's line.
 *
 * Looked at when it is registered, so that a slip of the pen is found then and not by the first task.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { cut } from '../../core/text.ts';
import { visible } from '../../core/untrusted.ts';
import type { DialectName, InputName, Program, ProgramWish } from '../../core/workspace/index.ts';
import { dialectOf } from './dialects/dialect.ts';
import { wordsOf } from './words.ts';

export const TASK = '{task}';
const GRACE_MS = 5000;
const NAME_CHARACTERS = 300;

export interface Place {
  /** Where it runs if nothing is said. */
  directory: string;
  environment: Readonly<Record<string, string | undefined>>;
}

export function readProgram(wish: ProgramWish, place: Place): Program | { why: string } {
  const shell = wish.shell ?? false;
  const argv = argvOf(wish.run, shell);
  if (argv === undefined) {
    return { why: 'a quote is left open' };
  }
  const [name = ''] = argv;
  const directory = resolve(place.directory, wish.directory ?? '.');
  const why = shell ? whyNoLine(name) : whyNoProgram(name, directory, place);
  if (why !== undefined || !isDirectory(directory)) {
    return { why: why ?? `there is no directory ${short(directory)}` };
  }
  const hasPlace = argv.slice(1).some((word) => word.includes(TASK));
  const input = wish.input ?? (hasPlace ? 'argument' : 'text');
  if ((input === 'argument') !== hasPlace) {
    return { why: whyNoPlace(input) };
  }
  const dialect: DialectName = wish.dialect ?? (shell ? 'text' : dialectOf(argv));
  const environment = [...new Set(wish.environment)];
  return { argv, shell, directory, environment, input, dialect, graceMs: wish.graceMs ?? GRACE_MS };
}

function argvOf(run: ProgramWish['run'], shell: boolean): readonly string[] | undefined {
  if (typeof run !== 'string') {
    return shell ? [run.join(' ')] : run;
  }
  return shell ? [run] : wordsOf(run);
}

function whyNoPlace(input: InputName): string {
  return input === 'argument'
    ? `say with ${TASK} which argument the task is`
    : `the task is on stdin, so ${TASK} has no place among the arguments`;
}

function whyNoLine(line: string): string | undefined {
  if (line.trim() === '') {
    return 'it names no program';
  }
  return line.includes(TASK) ? `a task never becomes part of a shell's line; read it from stdin` : undefined;
}

function whyNoProgram(name: string, directory: string, { environment }: Place): string | undefined {
  if (name === '') {
    return 'it names no program';
  }
  const isThere = name.includes('/')
    ? isProgram(resolve(directory, name))
    : (environment['PATH'] ?? '')
        .split(delimiter)
        .some((folder) => isAbsolute(folder) && isProgram(join(folder, name)));
  return isThere ? undefined : `there is no program ${short(name)} on this machine`;
}

function short(name: string): string {
  return visible(cut(name, NAME_CHARACTERS).text);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
