/**
 * What is kept by key: it holds what a map holds, whatever was put in, taken out and moved in between.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByKey } from '../../../src/core/by-key.ts';

/** As the clock makes them, and some that fall on each other's places. */
const anyKey = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 0, max: 200 }).map((count) => 3_600_000_000_000_000 + count),
  fc.integer({ min: 1, max: 50 }).map((count) => count * 2 ** 32 + 7),
);

test('what is kept by key is what a map would keep', () => {
  const anyStep = fc.record({ key: anyKey, isPut: fc.boolean() });
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 600 }), (steps) => {
      const kept = new ByKey<number>();
      const map = new Map<number, number>();
      for (const [index, { key, isPut }] of steps.entries()) {
        if (isPut) {
          kept.set(key, index);
          map.set(key, index);
        } else {
          assert.equal(kept.delete(key), map.delete(key));
        }
        assert.deepEqual([kept.get(key), kept.has(key), kept.size], [map.get(key), map.has(key), map.size]);
      }
      assert.deepEqual([...kept.keys()].toSorted(), [...map.keys()].toSorted());
      assert.deepEqual([...kept.values()].toSorted(), [...map.values()].toSorted());
      for (const key of map.keys()) {
        assert.equal(kept.get(key), map.get(key));
      }
    }),
    { numRuns: 300 },
  );
});

test('what passes through in a great number leaves nothing behind', () => {
  const kept = new ByKey<number>();
  for (let key = 1; key <= 100_000; key += 1) {
    kept.set(key, key);
  }
  for (let key = 1; key <= 99_990; key += 1) {
    assert.equal(kept.delete(key), true);
  }
  assert.deepEqual([...kept.keys()].toSorted(), Array.from({ length: 10 }, (_, index) => 99_991 + index).toSorted());
  kept.clear();
  assert.deepEqual([kept.size, kept.get(100_000), [...kept.values()]], [0, undefined, []]);
});
