/**
 * Backoff: full jitter under an exponential that has a ceiling; what the callee asks for is obeyed.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { backoffMs, LIMITS } from '../../../../src/core/delegation/index.ts';

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the wait before the next try', () => {
  test('stays between zero and the doubled bound of its number, never above the most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000 }), chance, (number, drawn) => {
        const wait = backoffMs({ number, chance: drawn, retryAfterMs: null }, LIMITS);
        assert.ok(Number.isInteger(wait));
        assert.ok(wait >= 0 && wait < LIMITS.backoffMostMs);
        assert.ok(wait < LIMITS.backoffFirstMs * 2 ** Math.max(0, number - 1));
      }),
    );
  });

  test('grows with the number for the same draw', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), chance, (number, drawn) => {
        const sooner = backoffMs({ number, chance: drawn, retryAfterMs: null }, LIMITS);
        assert.ok(backoffMs({ number: number + 1, chance: drawn, retryAfterMs: null }, LIMITS) >= sooner);
      }),
    );
  });

  test('spreads over the whole range, so that those who failed together do not come back together', () => {
    assert.equal(backoffMs({ number: 3, chance: 0, retryAfterMs: null }, LIMITS), 0);
    assert.equal(backoffMs({ number: 3, chance: 0.5, retryAfterMs: null }, LIMITS), 2000);
    assert.equal(backoffMs({ number: 3, chance: 0.999, retryAfterMs: null }, LIMITS), 3996);
  });

  test('is what the callee asked for, up to the most', () => {
    assert.equal(backoffMs({ number: 1, chance: 0.9, retryAfterMs: 7000 }, LIMITS), 7000);
    assert.equal(backoffMs({ number: 1, chance: 0.9, retryAfterMs: 86_400_000 }, LIMITS), LIMITS.backoffMostMs);
  });

  test('is a pause all the same when the callee asks for none', () => {
    for (const retryAfterMs of [0, 1]) {
      assert.equal(backoffMs({ number: 1, chance: 0.5, retryAfterMs }, LIMITS), 500);
      assert.equal(backoffMs({ number: 4, chance: 0.5, retryAfterMs }, LIMITS), 4000);
    }
    assert.equal(backoffMs({ number: 1, chance: 0.5, retryAfterMs: 900 }, LIMITS), 900);
  });
});
