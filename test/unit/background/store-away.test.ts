/** A store that does not answer for a moment: what was waited for comes when it is back, and a close is a close. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { openIn } from '../../../src/background/open.ts';
import { ErrandError } from '../../../src/core/error.ts';
import type { Command } from '../../../src/core/ports/index.ts';
import { openMemory } from '../../../src/engines/memory/engine.ts';
import { steadyClock, systemIds } from '../../../src/server/clock.ts';
import { nextTurn, quiet } from './stage.ts';

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
    {
      workspaces: {
        echo: async ({ text }) => text,
        asks: async ({ text }, context) => context.ask(`${text}?`),
        lead: async ({ text }, context) => (await context.delegate({ to: 'asks', task: text }).done).text ?? '',
      },
      onFault: () => {},
    },
  );
}

test('a question that could not be read is told all the same', async () => {
  let refusals = 0;
  await using line = await opened(({ type }) => type === 'collect' && (refusals += 1) === 1);
  const asking = line.delegate({ to: 'asks', task: 'which colour' });
  while ((await line.list({ status: 'input_required' })).length === 0) {
    await setImmediate();
  }
  await assert.rejects(asking.question(), { code: 'unavailable' });
  const turn = await nextTurn(line.turns()[Symbol.asyncIterator]());
  assert.match(turn.text, /which colour\?/u);
  await asking.answer('red');
  assert.equal((await asking.done).text, 'red');
});

test('the question of a child is put when the store is back', async () => {
  let refusals = 0;
  await using line = await opened(({ type }) => type === 'collect' && (refusals += 1) === 1);
  const lead = line.delegate({ to: 'lead', task: 'which colour' });
  const turn = await nextTurn(line.turns()[Symbol.asyncIterator]());
  assert.match(turn.text, /which colour\?/u);
  assert.equal(refusals, 2);
  await lead.answer('red');
  assert.equal((await lead.done).text, 'red');
});

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

test('whoever leaves while an ending cannot be taken has it all the same, for nobody else is told of it', async () => {
  let refusals = 0;
  const isAway = Promise.withResolvers<true>();
  await using line = await opened(({ type }) => {
    if (type === 'collect' && (refusals += 1) === 1) {
      isAway.resolve(true);
      return true;
    }
    return false;
  });
  const told = line.delegate({ to: 'echo', task: 'hello' });
  for await (const { tasks } of line.turns()) {
    assert.equal(tasks.length, 1);
    break;
  }
  const leaving = new AbortController();
  const waited = line.handle(told.id).wait({ signal: leaving.signal });
  await isAway.promise;
  leaving.abort();
  assert.deepEqual([(await waited)?.text, refusals], ['hello', 2]);
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

test('while what an earlier process had in hand is looked for, nobody is handed anything that comes back by it', async () => {
  const asked = Promise.withResolvers<true>();
  const goesOn = Promise.withResolvers<true>();
  let isFirst = true;
  const line = await openIn(
    {
      clock: steadyClock(),
      ids: systemIds(),
      async engine({ clock, ids, settings, owner }) {
        const engine = await openMemory({ clock, ids, limits: settings.limits, owner });
        return {
          ...engine,
          async unacknowledged(seat, most) {
            if (isFirst) {
              isFirst = false;
              asked.resolve(true);
              await goesOn.promise;
            }
            return engine.unacknowledged(seat, most);
          },
        };
      },
    },
    { workspaces: { echo: async ({ text }) => text } },
  );
  const task = line.delegate({ to: 'echo', task: 'hello' });
  await task.accepted;
  const told: string[] = [];
  const read = async (): Promise<void> => {
    const { tasks } = await nextTurn(line.turns()[Symbol.asyncIterator]());
    told.push(...tasks.map(({ id }) => id));
  };
  const first = read();
  await asked.promise;
  const second = read();
  await quiet();
  goesOn.resolve(true);
  await quiet();
  assert.deepEqual(told, [task.id], 'it is in the hands of one of them');
  await line.shutdown();
  const ends = await Promise.allSettled([first, second]);
  assert.deepEqual(ends.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
});
