/**
 * A command as data: what it is called, what it takes, how it is explained, and the function that does it.
 *
 * Help, parsing and the tests read the same table, so no command can be without its help, and no option without a word
 * on what it is for.
 */
import type { Client } from './client.ts';
import type { Exit } from './failure.ts';
import type { Out } from './out.ts';

export interface Option {
  type: 'string' | 'boolean';
  short?: string;
  /** What stands for the value in the help, such as `<workspace>`. */
  value?: string;
  help: string;
}

export type Options = Readonly<Record<string, Option>>;

export type Flags = Readonly<Record<string, string | boolean | undefined>>;

export interface Call {
  /** What stood there besides options. */
  words: readonly string[];
  flags: Flags;
  out: Out;
  /** The platform this command speaks to, found on first use. */
  client: () => Client;
}

export interface Command {
  name: string;
  summary: string;
  /** The forms it is written in, without `errand`. */
  usage: readonly string[];
  /** What the summary does not say. */
  about?: string;
  options: Options;
  examples: readonly (readonly [command: string, meaning: string])[];
  /** It speaks to a platform, and takes the options that say to which and as whom. */
  isClient: boolean;
  run: (call: Call) => Promise<Exit>;
}
