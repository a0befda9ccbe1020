/**
 * `errand watch`: what runs, what waits and why, and how the last ones ended; live.
 *
 * On a terminal it is a picture that is drawn anew when something changes; elsewhere one line per event.
 */
import type { Call, Command } from '../command.ts';
import { usage, type Exit } from '../failure.ts';

export const watch: Command = {
  name: 'watch',
  summary: 'Shows live what runs, what waits and why, and how it ended',
  usage: ['watch [<workspace>]'],
  about: 'Into a pipe or with --json it writes one line per event, from now on, without a gap. Ctrl-C ends it.',
  options: {},
  examples: [
    ['errand watch', 'everything'],
    ['errand watch lead --json', 'the events of lead, one JSON document per line'],
  ],
  isClient: true,
  run,
};

async function run({ words, out, client }: Call): Promise<Exit> {
  if (words.length > 1) {
    throw usage(`${words[1] ?? ''} is one word too many.`);
  }
  const [workspace = client().isForOne ? client().from : undefined] = words;
  const where = workspace === undefined ? {} : { workspace };
  const { watchLive, watchLines } = await import('../watching.ts');
  return out.isTerminal ? watchLive(client(), { ...where, out }) : watchLines(client(), { ...where, out });
}
