/**
 * The program of an agent on the command line: its options, what they amount to, and how it is shown.
 *
 * It runs where the platform runs. Where that is this machine it runs in the directory in which it was registered,
 * since that is what whoever types the line sees before them.
 */
import type { Command, Flags } from './command.ts';
import { isSet, namesOf, textOf } from './flags.ts';
import type { Seat } from './shapes.ts';

export const PROGRAM_OPTIONS: Command['options'] = {
  command: { type: 'string', value: '<line>', help: 'add: the program that is started for each task' },
  shell: { type: 'boolean', help: 'add: the line is for a shell' },
  dir: { type: 'string', value: '<folder>', help: 'add: where the program runs (here)' },
  env: { type: 'string', value: '<name>,…', help: 'add: variables of the platform that the program gets, by name' },
  input: { type: 'string', value: 'text|json', help: 'add: how the task comes on stdin (text)' },
  dialect: { type: 'string', value: '<name>', help: 'add: how its output is read (by its name and options)' },
};

export function programOf(flags: Flags): Record<string, unknown> | undefined {
  const run = textOf(flags, 'command');
  if (run === undefined) {
    return undefined;
  }
  const said = {
    run,
    shell: isSet(flags, 'shell') ? true : undefined,
    directory: textOf(flags, 'dir') ?? process.cwd(),
    environment: namesOf(flags, 'env'),
    input: textOf(flags, 'input'),
    dialect: textOf(flags, 'dialect'),
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

export function programWords({ command }: Seat): string {
  return command === undefined ? 'a program' : `runs ${command.run.join(' ')} in ${command.directory}`;
}
