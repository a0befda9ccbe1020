/**
 * `errand result`: the whole result, byte for byte, on stdout.
 *
 * Reading it counts as being told: the notice of this ending leaves the caller's inbox in the same commit.
 */
import type { Call, Command } from '../command.ts';
import { EXIT, type Exit } from '../failure.ts';
import { wordsOf } from '../flags.ts';
import { harmless } from '../paint.ts';
import type { Result } from '../shapes.ts';
import { pathOf } from '../survey.ts';

export const result: Command = {
  name: 'result',
  summary: 'Prints the whole result; reading it counts as being told',
  usage: ['result <delegation>'],
  about: 'Into a file or a pipe it goes as it came; on a terminal control characters are shown and not performed.',
  options: {},
  examples: [
    ['errand result dlg_… > report.md', 'the text alone'],
    ['errand result dlg_… --json', 'with its parts, length and sha256'],
  ],
  isClient: true,
  run,
};

async function run({ words, out, client }: Call): Promise<Exit> {
  const [id = ''] = wordsOf(words, ['delegation']);
  const found = await client().get<Result>(`${await pathOf(client(), id)}/result`);
  if (out.json || out.isTerminal) {
    out.answer(found, () => harmless(found.text));
  } else {
    out.raw(found.text);
  }
  return EXIT.done;
}
