/**
 * `errand cancel`: asks for a delegation to stop, and says what is certain.
 */
import type { Call, Command } from '../command.ts';
import { EXIT, type Exit } from '../failure.ts';
import { textOf, wordsOf } from '../flags.ts';
import { paintStatus } from '../paint.ts';
import type { Detail } from '../shapes.ts';
import { isSettled, pathOf } from '../survey.ts';

export const cancel: Command = {
  name: 'cancel',
  summary: 'Asks for a delegation to stop, with everything below it',
  usage: ['cancel <delegation> [--reason <text>]'],
  about: 'What waits stops at once. What runs is told to stop and has 30 s to confirm it.',
  options: { reason: { type: 'string', value: '<text>', help: 'why; kept with the delegation' } },
  examples: [['errand cancel dlg_… --reason "not needed any more"', 'it ends as cancelled']],
  isClient: true,
  run,
};

async function run({ words, flags, out, client }: Call): Promise<Exit> {
  const [id = ''] = wordsOf(words, ['delegation']);
  const reason = textOf(flags, 'reason');
  const path = await pathOf(client(), id);
  const told = await client().post<Detail>(`${path}/cancel`, reason === undefined ? {} : { reason });
  out.answer(told, () => {
    const more = isSettled(told.status) ? '' : '; the callee was told to stop and has 30 s to confirm';
    return `${id}  ${paintStatus(out.paint, told.status)}${more}`;
  });
  return EXIT.done;
}
