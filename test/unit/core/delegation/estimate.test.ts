/**
 * The estimate: small, bounded, follows a callee that changes its pace.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { aheadMs, NO_DURATIONS, observe, usualMs, type Durations } from '../../../../src/core/delegation/index.ts';

describe('what a callee usually takes', () => {
  test('is unknown until it has ended something', () => {
    assert.equal(usualMs(NO_DURATIONS), undefined);
    assert.equal(aheadMs(3, 1, NO_DURATIONS), undefined);
  });

  test('lies within a factor of two of a steady pace', () => {
    fc.assert(
      fc.property(fc.integer({ min: 16, max: 24 * 3_600_000 }), fc.integer({ min: 1, max: 200 }), (pace, times) => {
        const usual = usualMs(repeat(NO_DURATIONS, pace, times)) ?? 0;
        assert.ok(usual > pace / 2 && usual < pace * 2, `${usual} for ${pace}`);
      }),
    );
  });

  test('takes on a new pace after as many again', () => {
    const slow = repeat(NO_DURATIONS, 60_000, 1000);
    const usual = usualMs(repeat(slow, 1000, 100)) ?? 0;
    assert.ok(usual < 2000, String(usual));
  });

  test('stays small, whatever it has seen', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1, max: 1e13, noNaN: true }), { maxLength: 300 }), (seen) => {
        let durations = NO_DURATIONS;
        for (const ms of seen) {
          durations = observe(durations, ms);
        }
        assert.ok(durations.length <= 24);
        assert.ok(durations.reduce((sum, count) => sum + count, 0) <= 64);
        assert.notEqual(durations.at(-1), 0);
      }),
    );
  });
});

describe('how long until it starts', () => {
  test('is what is ahead, shared by the slots', () => {
    const durations = repeat(NO_DURATIONS, 1000, 10);
    const usual = usualMs(durations) ?? 0;
    assert.equal(aheadMs(0, 1, durations), usual);
    assert.equal(aheadMs(3, 2, durations), 2 * usual);
    assert.equal(aheadMs(0, 0, durations), usual, 'a callee without a slot is reckoned with one');
  });
});

function repeat(durations: Durations, ms: number, times: number): Durations {
  let seen = durations;
  for (let time = 0; time < times; time += 1) {
    seen = observe(seen, ms);
  }
  return seen;
}
