/** A store that does not answer for a moment: what was waited for comes when it is back, and a close is a close. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { openIn } from '../../../src/background/open.ts';
import { ErrandError } from '../../../src/core/error.ts';
import type { Command } from '../../../src/core/ports/index.ts';
import { openMemory } from '../../../src/engines/memory/engine.ts';
import { steadyClock, systemIds } from '../../../src/server/clock.ts';

async function opened(isRefused: (command: Command) => boolean) {
  return openIn(
    {
      clock: steadyClock(),
      ids: systemIds(),
      async engine({ clock, ids, settings, owner }) {
        const engine = await openMemory({ clock, ids, limits: settings.limits, owner });
        return {
          ...engine,
          async apply(commands) {
            if (commands.some((command) => isRefused(command))) {
              throw new ErrandError({ code: 'unavailable', message: 'The store is away.' });
            }
            return engine.apply(commands);
          },
        };
      },
    },
    { workspaces: { echo: async ({ text }) => text }, onFault: () => {} },
  );
}

test('an ending that cannot be taken because the store is away is taken when it is back', async () => {
  let refusals = 0;
  await using line = await opened(({ type }) => type === 'collect' && (refusals += 1) === 1);
  const told = line.delegate({ to: 'echo', task: 'hello' });
  for await (const { tasks } of line.turns()) {
    assert.deepEqual(
      tasks.map(({ id }) => id),
      [told.id],
    );
    break;
  }
  const ending = await line.handle(told.id).done;
  assert.deepEqual([ending.status, ending.text, refusals], ['completed', 'hello', 2]);
});

test('a shutdown that cannot cancel because the store is away closes all the same', async () => {
  const line = await opened(({ type }) => type === 'cancel');
  const held = line.delegate({ to: 'echo', task: 'later', startAt: new Date(Date.now() + 60_000) });
  await held.accepted;
  const { tasks } = await line.shutdown({ mode: 'cancel', deadlineMs: 1 });
  assert.deepEqual(
    tasks.map(({ id, became }) => [id, became]),
    [[held.id, 'kept']],
  );
});

test('an ending whose taking failed is not lost with the patience of whoever waited for it', async () => {
  let isAway = false;
  await using line = await opened(({ type }) => type === 'collect' && isAway);
  const { id } = line.delegate({ to: 'echo', task: 'hello' });
  while ((await line.active()).length > 0 || (await line.list()).length === 0) {
    await setImmediate();
  }
  isAway = true;
  const waiting = line.handle(id).wait({ timeoutMs: 1 });
  for (const after = performance.now() + 20; performance.now() < after;) {
    await setImmediate();
  }
  isAway = false;
  assert.equal((await waiting)?.text, 'hello');
});
