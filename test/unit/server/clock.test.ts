/**
 * The clock and the chance of a process: what is put off belongs to nobody, and no two draws are the same.
 */
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, test } from 'node:test';
import { ID_LETTERS, RANDOM_LENGTH } from '../../../src/core/ports/index.ts';
import { systemClock, systemIds } from '../../../src/server/clock.ts';

describe('what is put off', () => {
  test('is on behalf of nobody, whoever was at work when it was put off', async () => {
    const atWork = new AsyncLocalStorage<string>();
    const heard = await atWork.run('somebody', async () =>
      Promise.all([
        new Promise((resolve) => systemClock.soon(() => resolve(atWork.getStore()))),
        new Promise((resolve) => systemClock.after(1, () => resolve(atWork.getStore()))),
      ]),
    );
    assert.deepEqual(heard, [undefined, undefined]);
  });
});

describe('chance', () => {
  test('is twenty letters that never come again, and every letter comes', () => {
    const ids = systemIds();
    const drawn = Array.from({ length: 1000 }, () => ids.random());
    assert.equal(new Set(drawn).size, drawn.length);
    assert.ok(drawn.every((one) => one.length === RANDOM_LENGTH));
    assert.deepEqual(new Set(drawn.join('')), new Set(ID_LETTERS));
  });
});
