/** One key delegates once in a session: also where functions of several sessions use the same one, and for a batch. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskContext } from '../../../src/background/index.ts';
import { opened } from './desk-stage.ts';

test('a key that functions of two sessions use delegates once in each', async () => {
  await using background = await opened({
    lead: async ({ session }: { session: string }, context: TaskContext) => {
      const handle = context.delegate({ to: 'writer', task: `for ${session}`, idempotencyKey: 'the-part' });
      const ending = await handle.done;
      return ending.text ?? ending.error ?? '';
    },
    writer: async ({ text }) => text,
  });
  const endings = await Promise.all(
    ['monday', 'tuesday'].map(async (session) => background.delegate({ to: 'lead', task: 'All.', session }).done),
  );
  assert.deepEqual(
    endings.map(({ text }) => text),
    ['for monday', 'for tuesday'],
  );
});

test('a batch whose key was used before is the one it stands for, and whoever waits for it takes its notice', async () => {
  await using background = await opened({ writer: async ({ text }) => text });
  const askings = [{ to: 'writer', task: 'one', idempotencyKey: 'both' } as const];
  const first = background.delegate(askings);
  await first.accepted;
  const again = background.delegate(askings);
  const admitted = await again.accepted;
  assert.equal(admitted.kind === 'known' ? admitted.id : '', first.id);
  assert.equal(again.id, first.id);
  assert.deepEqual(
    (await again.done).map(({ text }) => text),
    ['one'],
  );
  assert.deepEqual(await background.desk().unread(5), []);
});
