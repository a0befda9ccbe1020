/**
 * The examples of agents that do the work, as somebody starts them: each checks itself and says what held.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What each of them tells, besides that it held. */
const STORIES: Record<string, RegExp> = {
  'two-agents': /^museums: closed on Mondays$[^]*^child {2}dlg_\w+ {2}completed at researcher$/mu,
  'shell-script': /^page 1: 2 words\npage 2: 3 words$[^]*^failed: .*exit code 1/mu,
  asks: /^baker {2}Chocolate or lemon\?[^]*^baker {2}A cake for six, and it is lemon$/mu,
  progress: /progressed chapter one, 0 %[^]*settled/u,
  batch: /^editor {2}4 pages, 10 words$/mu,
  drain: /^the bowl: a bowl, by process (\d+)\nthe jug: {2}queued$[^]*^the jug: {2}a jug, by process (?!\1)\d+$/mu,
};

describe('the examples of agents', { timeout: 120_000 }, () => {
  for (const [name, told] of Object.entries(STORIES)) {
    test(`${name} tells its story, and all of it holds`, { timeout: 60_000 }, async () => {
      const { stdout } = await run(process.execPath, [
        '--disable-warning=ExperimentalWarning',
        'examples/main.ts',
        name,
      ]);
      assert.match(stdout, told);
      assert.match(stdout, /\n\nAll of it held\.\n$/u);
    });
  }

  test('one that does not hold ends with 1, and nothing of it is left', async () => {
    const platform = JSON.stringify(join(process.cwd(), 'examples/platform.ts'));
    const story = `import { onPlatform } from ${platform};
      await onPlatform('A story.', async () => { throw new Error('nobody came'); });`;
    const flags = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', story];
    await assert.rejects(run(process.execPath, flags), ({ code, stdout }) => {
      assert.equal(code, 1);
      assert.match(String(stdout), /\nIt did not hold: nobody came\n$/u);
      return true;
    });
  });

  test('every example there is stands in the README, and none that is not', () => {
    const folders = readdirSync('examples').filter((name) => existsSync(join('examples', name, 'main.ts')));
    const listed = readFileSync('README.md', 'utf8').matchAll(/^\| `npm run -s example -- ([\w-]+)` \|/gmu);
    assert.deepEqual([...listed].map(([, name]) => name).toSorted(), folders.toSorted());
  });
});
