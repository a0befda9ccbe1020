/**
 * The pages of help, made from the table of commands.
 */
import type { Command, Option } from './command.ts';
import { EXIT, EXIT_WORDS, type Exit } from './failure.ts';
import { optionsOf } from './flags.ts';
import { table } from './words.ts';

export function overview(commands: readonly Command[]): string {
  return [
    'Errand keeps the work that agents hand to each other.',
    '',
    'usage: errand <command> [options]',
    '',
    table(commands.map(({ name, summary }) => [`  ${name}`, summary])),
    '',
    'errand <command> --help explains one of them; errand --version says which Errand this is.',
    '',
    'Begin with: errand demo',
    '',
    ...exits(),
  ].join('\n');
}

export function page(command: Command): string {
  const options = Object.entries(optionsOf(command)).map(([name, option]) => [`  ${form(name, option)}`, option.help]);
  return [
    `${command.summary}.`,
    '',
    ...command.usage.map((words, index) => `${index === 0 ? 'usage:' : '      '} errand ${words}`),
    '',
    ...(command.about === undefined ? [] : [command.about, '']),
    'options:',
    table(options),
    '',
    'examples:',
    table(command.examples.map(([example, meaning]) => [`  ${example}`, meaning])),
    '',
    ...exits(),
  ].join('\n');
}

/** The same, for whoever reads with a program. */
export function pageData(command: Command): object {
  const { name, summary, usage, examples } = command;
  return { name, summary, usage, options: optionsOf(command), examples, exit_codes: EXIT };
}

function form(name: string, option: Option): string {
  const long = option.value === undefined ? `--${name}` : `--${name} ${option.value}`;
  return option.short === undefined ? long : `-${option.short}, ${long}`;
}

function exits(): string[] {
  const rows = Object.entries(EXIT) as [keyof typeof EXIT, Exit][];
  return ['exit codes:', table(rows.map(([name, code]) => [`  ${code}`, EXIT_WORDS[name]]))];
}
