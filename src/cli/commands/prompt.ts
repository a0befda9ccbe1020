/**
 * `errand prompt`: the part of a system prompt that tells a model of its tools and of its peers.
 */
import { openDesk } from '../../runtime/index.ts';
import { promptAt, TOOLS } from '../../tools/index.ts';
import type { Call, Command } from '../command.ts';
import { EXIT, usage, type Exit } from '../failure.ts';
import { textOf } from '../flags.ts';

export const prompt: Command = {
  name: 'prompt',
  summary: 'Prints what to tell a model of its tools and peers',
  usage: ['prompt [--variant mcp|cli]'],
  about: 'Made from the tools themselves and from the peers that are there now, for the workspace named with --from.',
  options: { variant: { type: 'string', value: 'mcp|cli', help: 'for a model with the tools (mcp), or with a shell' } },
  examples: [['errand prompt --from lead --variant cli >> AGENTS.md', 'for an agent that has only a command line']],
  isClient: true,
  run,
};

async function run({ words, flags, out, client }: Call): Promise<Exit> {
  const variant = textOf(flags, 'variant') ?? 'mcp';
  if (words.length > 0) {
    throw usage(`${words[0] ?? ''} is one word too many.`);
  }
  if (variant !== 'mcp' && variant !== 'cli') {
    throw usage(`--variant takes mcp or cli, not ${variant}.`);
  }
  const { url, token, from } = client();
  const text = await promptAt(openDesk({ url, token, workspace: from }), { tools: TOOLS, variant });
  out.answer({ variant, prompt: text }, () => text.trimEnd());
  return EXIT.done;
}
