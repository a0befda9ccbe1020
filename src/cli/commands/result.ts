/**
 * `errand result`: the whole result, byte for byte, on stdout.
 *
 * Its caller reading it counts as being told: the notice of this ending leaves the inbox in the same commit. Another
 * seat's result can be looked at with the operator's key, and its notice stays.
 */
import type { Call, Command } from '../command.ts';
import { EXIT, type Exit } from '../failure.ts';
import { wordsOf } from '../flags.ts';
import { harmless } from '../paint.ts';
import type { Result } from '../shapes.ts';
import { pathOf } from '../survey.ts';

export const result: Command = {
  name: 'result',
  summary: 'Prints the whole result; its caller reading it counts as being told',
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
