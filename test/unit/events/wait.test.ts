/**
 * A wait ends when its time is over, also where something happens all the time.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '../../../src/events/wait.ts';
import { ManualClock } from '../../support/clock.ts';

test('a wait ends in its time however often it is woken', async () => {
  const clock = new ManualClock();
  let looks = 0;
  let ring = (): void => {};
  const found = await waitFor({
    clock,
    waitMs: 1000,
    subscribe: (wake) => {
      ring = wake;
      return () => {};
    },
    async look() {
      looks += 1;
      clock.advance(300);
      ring();
      return looks < 50 ? undefined : 'never ended';
    },
  });
  assert.deepEqual([found, looks], [undefined, 5]);
  assert.equal(clock.pending, 0);
});
