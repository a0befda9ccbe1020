/**
 * Who goes next: bands with ageing, rounds between callers, first come; and what a lane is.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import {
  bandOf,
  BANDS,
  effectivePriority,
  laneOf,
  nextOf,
  PRIORITIES,
  turnOf,
} from '../../../../src/core/delegation/index.ts';
import { delegationRow, NOW } from '../../../support/rows.ts';

const { critical, task, info } = PRIORITIES;

describe('between the bands', () => {
  test('the higher priority goes first when both have waited as long', () => {
    const heads = [delegationRow({ priority: info }), delegationRow({ priority: critical }), delegationRow()];
    assert.equal(nextOf(heads, NOW)?.priority, critical);
    assert.equal(nextOf([], NOW), undefined);
  });

  test('an info that has waited for more than four minutes goes before a fresh task', () => {
    const old = delegationRow({ priority: info, queuedAt: NOW - 241_000 });
    const fresh = delegationRow({ priority: task });
    assert.equal(nextOf([fresh, old], NOW), old);
    assert.equal(nextOf([fresh, { ...old, queuedAt: NOW - 239_000 }], NOW), fresh);
  });

  test('nothing starves: whoever waits gains on every newcomer of every band', () => {
    fc.assert(
      fc.property(fc.constantFrom(...BANDS), fc.constantFrom(...BANDS), (mine, theirs) => {
        const waits = delegationRow({ priority: mine, queuedAt: NOW });
        const now = NOW + 10 * 60_000;
        assert.equal(nextOf([delegationRow({ priority: theirs, queuedAt: now }), waits], now), waits);
      }),
    );
  });

  test('a clock that was set back makes nobody less important', () => {
    assert.equal(effectivePriority(delegationRow({ priority: task, queuedAt: NOW + 60_000 }), NOW), task);
  });

  test('a band is one of three numbers', () => {
    assert.deepEqual([100, 50, 10].map(bandOf), [100, 50, 10]);
    assert.equal(bandOf(51), undefined);
  });
});

describe('within a band', () => {
  test('callers take turns however much one of them asks for', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 2, maxLength: 6 }), (asks) => {
        const order = served(asks);
        for (let round = 0; round < Math.max(...asks); round += 1) {
          const due = asks.filter((count) => count > round).length;
          const inRound = order.splice(0, due);
          assert.equal(new Set(inRound).size, due, 'one of each caller that still asks');
        }
      }),
    );
  });

  test('nobody saves up turns while it asks for nothing', () => {
    assert.equal(turnOf({ served: 40, given: 3 }), 40);
    assert.equal(turnOf({ served: 40, given: 40 }), 41);
  });
});

describe('a lane', () => {
  test('is a caller, a callee and a named conversation', () => {
    assert.equal(laneOf(delegationRow()), undefined);
    assert.deepEqual(laneOf(delegationRow({ conversation: 'c-1' })), {
      caller: 'lead',
      callee: 'writer',
      conversation: 'c-1',
    });
  });
});

/** Callers in the order they are served when all ask at once: by turn, then by who asked first. */
function served(asks: readonly number[]): number[] {
  const queue = asks.flatMap((count, caller) => {
    let given = 0;
    return Array.from({ length: count }, () => {
      given = turnOf({ served: 0, given });
      return { caller, turn: given };
    });
  });
  return queue.toSorted((left, right) => left.turn - right.turn).map(({ caller }) => caller);
}
