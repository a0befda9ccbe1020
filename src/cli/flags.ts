/**
 * The options that all commands share, and how the text of an option becomes a value.
 *
 * What cannot be read is refused with the name of its option; nothing is guessed.
 */
import { parseArgs } from 'node:util';
import type { Command, Flags, Option, Options } from './command.ts';
import { usage } from './failure.ts';

const EVERYWHERE: Options = {
  json: { type: 'boolean', help: 'answer with JSON on stdout' },
  help: { type: 'boolean', short: 'h', help: 'this page' },
};

const CLIENT: Options = {
  url: { type: 'string', value: '<url>', help: 'the platform; or ERRAND_URL, or what `errand up` left in --data' },
  platform: { type: 'string', value: '<url>', help: 'the same as --url, for where that means something else' },
  token: { type: 'string', value: '<key>', help: "the key; or ERRAND_TOKEN, or the operator's own in --data" },
  from: { type: 'string', value: '<workspace>', help: 'on whose behalf; or ERRAND_WORKSPACE, or else operator' },
  data: { type: 'string', value: '<folder>', help: 'the data directory of a platform on this machine (.errand)' },
};

export function optionsOf(command: Command): Options {
  return { ...(command.isClient ? CLIENT : {}), ...command.options, ...EVERYWHERE };
}

export function parse(command: Command, given: string[]): { words: string[]; flags: Flags } {
  try {
    const options = Object.fromEntries(
      Object.entries(optionsOf(command)).map(([name, option]) => [name, bare(option)]),
    );
    const { values, positionals } = parseArgs({ args: given, options, allowPositionals: true, strict: true });
    return { words: positionals, flags: values as Flags };
  } catch (error) {
    const [said] = (error instanceof Error ? error.message : String(error)).split('. ', 1);
    throw usage(`${said ?? 'It could not be understood'}.`, `See errand ${command.name} --help.`);
  }
}

function bare(option: Option): { type: 'string' | 'boolean'; short?: string } {
  return { type: option.type, ...(option.short === undefined ? {} : { short: option.short }) };
}

export function textOf(flags: Flags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}

/** Several, with commas between them. */
export function namesOf(flags: Flags, name: string): string[] | undefined {
  return textOf(flags, name)
    ?.split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

export function isSet(flags: Flags, name: string): boolean {
  return flags[name] === true;
}

export function wholeOf(flags: Flags, name: string, range: { least: number; most: number }): number | undefined {
  const text = textOf(flags, name);
  if (text === undefined) {
    return undefined;
  }
  const value = /^\d{1,12}$/u.test(text) ? Number(text) : Number.NaN;
  if (!(value >= range.least && value <= range.most)) {
    throw usage(`--${name} is ${text}; it takes a whole number from ${range.least} to ${range.most}.`);
  }
  return value;
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `90s`, `30m`, `2h`, `1d`, `500ms`. */
export function spanOf(flags: Flags, name: string): number | undefined {
  const text = textOf(flags, name);
  if (text === undefined) {
    return undefined;
  }
  const found = /^(?<count>\d{1,9}(?:\.\d{1,3})?)(?<unit>ms|s|m|min|h|d)$/u.exec(text)?.groups;
  const ms = Math.round(Number(found?.['count']) * (UNITS_MS[found?.['unit'] ?? ''] ?? Number.NaN));
  if (!(ms >= 1)) {
    throw usage(`--${name} is ${text}; it takes a time such as 90s, 30m, 2h or 1d.`);
  }
  return ms;
}

export function oneOf<T extends string>(flags: Flags, name: string, allowed: readonly T[]): T | undefined {
  const text = textOf(flags, name);
  const found = allowed.find((word) => word === text);
  if (text !== undefined && found === undefined) {
    throw usage(`--${name} is ${text}; it takes one of ${allowed.join(', ')}.`);
  }
  return found;
}

/** The words a command must have, by name; one more or one less is refused. */
export function wordsOf(words: readonly string[], names: readonly string[]): string[] {
  const missing = names[words.length];
  if (missing !== undefined) {
    throw usage(`<${missing}> is missing.`);
  }
  if (words.length > names.length) {
    throw usage(`${words[names.length] ?? ''} is one word too many.`);
  }
  return [...words];
}
