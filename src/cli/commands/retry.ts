/**
 * `errand retry`: delegates an ended task again, as a new delegation that is linked to the old one.
 */
import type { Call, Command } from '../command.ts';
import { EXIT, type Exit } from '../failure.ts';
import { textOf, wordsOf } from '../flags.ts';
import { paintStatus } from '../paint.ts';
import type { Receipt } from '../shapes.ts';
import { pathOf } from '../survey.ts';

export const retry: Command = {
  name: 'retry',
  summary: 'Delegates an ended task again, as a new delegation',
  usage: ['retry <delegation> [--key <key>]'],
  about: 'The old ending never changes; the new delegation says which one it repeats.',
  options: { key: { type: 'string', value: '<key>', help: 'an idempotency key: the same key retries once' } },
  examples: [['errand retry dlg_…', 'prints the new id']],
  isClient: true,
  run,
};

async function run({ words, flags, out, client }: Call): Promise<Exit> {
  const [id = ''] = wordsOf(words, ['delegation']);
  const key = textOf(flags, 'key');
  const body = key === undefined ? {} : { idempotency_key: key };
  const receipt = await client().post<Receipt>(`${await pathOf(client(), id)}/retry`, body);
  out.answer(
    receipt,
    () =>
      `${receipt.delegation_id}  ${paintStatus(out.paint, receipt.state)} at ${receipt.target_id}, a retry of ${id}`,
  );
  return EXIT.done;
}
