/**
 * `errand demo`: a platform, agents that speak A2A over loopback, and the story of what happens between them.
 */
import type { Call, Command } from '../command.ts';
import { usage, type Exit } from '../failure.ts';
import { isSet, textOf, wholeOf } from '../flags.ts';

export const demo: Command = {
  name: 'demo',
  summary: 'Shows it at work: a platform with scripted agents, in a fresh folder',
  usage: ['demo [--once] [--port <n>] [--data <folder>]'],
  about:
    'Takes about ten seconds, needs no key and no network, and stays up afterwards for errand watch. With --once it\n' +
    'checks what it told (every ending told once, acknowledged, byte for byte) and ends: 0 if all holds, else 1.',
  options: {
    once: { type: 'boolean', help: 'end with the story; the exit code says whether it was true' },
    port: { type: 'string', value: '<n>', help: 'the port of the platform (4310, or a free one)' },
    data: { type: 'string', value: '<folder>', help: 'keep everything there (a temporary folder, removed at the end)' },
  },
  examples: [
    ['errand demo', 'the story, and then a platform to look around on'],
    ['errand demo --once --json', 'one JSON line per happening, for a check'],
  ],
  isClient: false,
  run,
};

async function run({ words, flags, out }: Call): Promise<Exit> {
  if (words.length > 0) {
    throw usage(`${words[0] ?? ''} is one word too many.`);
  }
  const port = wholeOf(flags, 'port', { least: 0, most: 65_535 });
  const data = textOf(flags, 'data');
  const { play } = await import('../demo/play.ts');
  return play({
    out,
    once: isSet(flags, 'once'),
    ...(port === undefined ? {} : { port }),
    ...(data === undefined ? {} : { data }),
  });
}
