/**
 * `errand answer`: answers the question a callee asked, so that its delegation goes on.
 */
import { text as readAll } from 'node:stream/consumers';
import type { Call, Command } from '../command.ts';
import { EXIT, usage, type Exit } from '../failure.ts';
import { paintStatus } from '../paint.ts';
import type { Detail } from '../shapes.ts';
import { pathOf } from '../survey.ts';

export const answer: Command = {
  name: 'answer',
  summary: 'Answers the question that a callee asked',
  usage: ['answer <delegation> <text…|->'],
  options: {},
  examples: [
    ['errand answer dlg_… "Lisbon"', 'the delegation goes on'],
    ['errand answer dlg_… - < answer.txt', 'from stdin'],
  ],
  isClient: true,
  run,
};

async function run({ words, out, client }: Call): Promise<Exit> {
  const [id, ...rest] = words;
  if (id === undefined || rest.length === 0) {
    throw usage(id === undefined ? '<delegation> is missing.' : '<text> is missing.');
  }
  const text = rest.length === 1 && rest[0] === '-' ? await readAll(process.stdin) : rest.join(' ');
  const told = await client().post<Detail>(`${await pathOf(client(), id)}/answer`, { text });
  out.answer(told, () => `${id}  ${paintStatus(out.paint, told.status)}`);
  return EXIT.done;
}
