/**
 * `errand doctor`: looks for what is wrong on a platform, and says what to do about each.
 *
 * It reads what everybody can read and changes nothing. A finding is a warning or an error; an error makes the exit
 * code 1.
 */
import type { Call, Command } from '../command.ts';
import { EXIT, type Exit } from '../failure.ts';
import { wordsOf } from '../flags.ts';
import type { Finding } from '../examination.ts';
import type { Out } from '../out.ts';
import type { Colour } from '../paint.ts';

export const doctor: Command = {
  name: 'doctor',
  summary: 'Looks for what is wrong and says what to do about it',
  usage: ['doctor'],
  about:
    'Looks at: the address, the version, the clocks, the store, work that is stuck, notices nobody fetches, agents that\n' +
    'are offline, paused, held or behind an open circuit. Exit code 1 if something is wrong.',
  options: {},
  examples: [
    ['errand doctor', 'all findings, each with what to do'],
    ['errand doctor --json', 'as data, for monitoring'],
  ],
  isClient: true,
  run,
};

async function run({ words, out, client }: Call): Promise<Exit> {
  wordsOf(words, []);
  // What only this command needs is loaded by it alone: the others start four times as fast.
  const { examine } = await import('../examination.ts');
  const findings = await examine(client());
  const healthy = findings.every(({ level }) => level !== 'wrong');
  out.answer({ healthy, url: client().url, findings }, () => findings.map((finding) => lines(out, finding)).join('\n'));
  return healthy ? EXIT.done : EXIT.failed;
}

const MARKS: Record<Finding['level'], readonly [string, Colour]> = {
  fine: ['ok   ', 'green'],
  note: ['note ', 'yellow'],
  wrong: ['wrong', 'red'],
};

function lines(out: Out, { level, what, fix }: Finding): string {
  const [mark, colour] = MARKS[level];
  return `${out.paint(colour, mark)}  ${what}${fix === undefined ? '' : `\n       ${out.paint('dim', fix)}`}`;
}
