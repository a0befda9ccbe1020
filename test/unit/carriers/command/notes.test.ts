/** What a program says on stderr while it works: its newest line, for people to read. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { until } from '../../../protocol/support.ts';
import { assignmentFor, watched, type Watched } from '../../../../src/testing/carrier-suite.ts';
import { nobodyLeft, residentMb } from './outside.ts';
import { programStage } from './stage.ts';

const stage = programStage();
after(async () => {
  await stage.close();
  await nobodyLeft();
});

/** Says something and goes on until it is let. */
async function saying(script: string, check: (told: Watched) => Promise<unknown>, dialect: 'text' | 'errand' = 'text') {
  const told = watched();
  const callee = stage.script(`${script}\nwhile :; do sleep 0.02; done`, { dialect });
  const outcome = stage.carrier.deliver(assignmentFor(callee), told);
  await check(told);
  told.stop('cancelled');
  await outcome;
}

const newest = (told: Watched): string | undefined => told.progress.at(-1)?.message;
const becomes = async (told: Watched, message: string) => until(message, () => newest(told) === message);

describe('the progress of a program', () => {
  for (const [what, script, message] of [
    ['colours', String.raw`printf '\033[1;32mgreen\033[0m \033]0;title\007done\n' >&2`, 'green done'],
    ['carriage returns', String.raw`printf '10%%\r50%%\r90%%\r' >&2`, '90%'],
    ['what is no character', String.raw`printf 'a\377b\n' >&2`, 'a\u{FFFD}b'],
    ['the half of a character', String.raw`printf 'so far \360\237' >&2`, 'so far'],
    ['control characters', String.raw`printf 'a\001\342\200\256b\n' >&2`, String.raw`a\u{1}\u{202e}b`],
    ['empty lines at the end', String.raw`printf 'last\n\n  \n' >&2`, 'last'],
    ['a line in two pieces', `printf 'down' >&2; sleep 0.1; printf 'loading\n' >&2`, 'downloading'],
    ['two lines in a row', `echo first >&2; sleep 0.05; echo second >&2`, 'second'],
  ] as const) {
    test(`is its newest line, with ${what}`, async () => saying(script, async (told) => becomes(told, message)));
  }

  test('is told at once, and then no more than once in a second', async () => {
    const began = performance.now();
    await saying('i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo "line $i" >&2; sleep 0.01; done', async (told) => {
      await becomes(told, 'line 100');
      const most = 2 + (performance.now() - began) / 1000;
      assert.ok(told.progress.length >= 2 && told.progress.length <= most, String(told.progress.length));
    });
  });

  test('keeps that a tool is at work, whatever is said beside it', async () => {
    const tool = `echo '{"type":"progress","message":"searching","percent":5,"in_tool":true}'; sleep 0.05; echo warning >&2`;
    await saying(
      tool,
      async (told) => {
        await becomes(told, 'warning');
        assert.deepEqual(told.progress.at(-1), { message: 'warning', percent: 5, inTool: true });
      },
      'errand',
    );
  });

  test('of a line without end is its beginning, in bounds', async () => {
    const told = watched();
    const code = `let left = 1e8; const piece = Buffer.alloc(65536, 'x'); const go = () => { while (left > 0) { left -= piece.length; if (!process.stderr.write(piece)) { process.stderr.once('drain', go); return } } process.stderr.write('\\nlast words', () => process.exit(4)) }; go()`;
    const before = residentMb();
    const callee = stage.script('', { argv: [process.execPath, '-e', code] });
    const outcome = await stage.carrier.deliver(assignmentFor(callee), told);
    assert.ok(outcome.kind === 'failed', outcome.kind);
    assert.match(outcome.error, /exit code 4: .*last words$/su);
    assert.ok(outcome.error.length < 1100);
    assert.ok(told.progress.every(({ message }) => (message ?? '').length <= 500));
    assert.ok(residentMb() - before < 90, `${residentMb() - before} MB`);
  });
});
