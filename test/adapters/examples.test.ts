/**
 * The examples of frameworks, as somebody starts them who wants to see how it is done: each tells its story, and it holds.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { install } from '../../examples/installed.ts';

install();

const run = promisify(execFile);
const NAMES = ['langchain', 'ai-sdk', 'openai-agents', 'mcp-client'];
const IN_BACKGROUND = ['background-ai-sdk', 'background-langchain', 'background-openai-agents'];

describe('the examples of frameworks', { timeout: 60_000 }, () => {
  for (const name of NAMES) {
    test(`${name} delegates, carries on, is told, and uses what came back`, async () => {
      const flags = ['--disable-warning=ExperimentalWarning'];
      const { stdout } = await run(process.execPath, [...flags, 'examples/main.ts', name]);
      const order = [
        'delegate_task_async',
        'go on with other work',
        'get_workspace_info',
        '(is done)',
        'check_task_status',
      ];
      assert.deepEqual(
        order.map((word) => stdout.indexOf(word)),
        order.map((word) => stdout.indexOf(word)).toSorted((left, right) => left - right),
      );
      assert.match(stdout, /it wrote: One waits, one is served\.\n\nAll of it held\.\n$/u);
    });
  }

  for (const name of IN_BACKGROUND) {
    test(`${name} delegates twice, goes on, is told of both by a turn, and answers from it`, async () => {
      const flags = ['--disable-warning=ExperimentalWarning'];
      const { stdout } = await run(process.execPath, [...flags, 'examples/main.ts', name]);
      const story = [
        ...['user    ', '→ delegate_task_async', '→ delegate_task_async', '→ check_task_status'],
        ...['and I go on.', 'user    ', '→ get_workspace_info', 'talking to main.', '(is done)'],
        ...['turn    ', 'ENDED', 'ENDED', 'agent   I have both.', 'One waits, one is served.\n\nAll of it held.\n'],
      ];
      let at = 0;
      for (const words of story) {
        const found = stdout.indexOf(words, at);
        assert.notEqual(found, -1, `${words} after:\n${stdout.slice(0, at)}`);
        at = found + words.length;
      }
      assert.equal(at, stdout.length);
      assert.equal(stdout.match(/^agent {3}→ /gmu)?.length, 4);
    });
  }

  test('say which there are when asked for another', async () => {
    await assert.rejects(run(process.execPath, ['examples/main.ts', 'nothing']), ({ code, stderr }) => {
      assert.equal(code, 2);
      assert.ok([...NAMES, ...IN_BACKGROUND].every((name) => String(stderr).includes(name)));
      return true;
    });
  });
});
