/** One copy of each ending: whoever waited has it, and the session is not told of it again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open } from '../../../src/background/index.ts';

test('a batch whose tasks were waited for one by one is not told of', async () => {
  await using line = await open({ workspaces: { echo: async ({ text }) => text } });
  const batch = line.delegate([
    { to: 'echo', task: 'one' },
    { to: 'echo', task: 'two' },
  ]);
  const { endings } = await line.wait('all', batch.handles);
  assert.equal(endings.length, 2);
  const after = line.delegate({ to: 'echo', task: 'after' });
  for await (const { tasks } of line.turns()) {
    assert.deepEqual(
      tasks.map(({ id }) => id),
      [after.id],
    );
    break;
  }
});
