/**
 * A batch has one word: what came back of it.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { batchStatus, endedOf, type Batch } from '../../../../src/core/delegation/index.ts';
import { NOW } from '../../../support/rows.ts';

describe('the word for a batch', () => {
  test('is running while one is missing', () => {
    assert.equal(batchStatus(batch({ size: 3, completed: 2 })), 'running');
  });

  test('is completed only if all completed, failed if none did, partial otherwise', () => {
    assert.equal(batchStatus(batch({ size: 2, completed: 2 })), 'completed');
    assert.equal(batchStatus(batch({ size: 2, failed: 1, cancelled: 1 })), 'failed');
    assert.equal(batchStatus(batch({ size: 2, completed: 1, cancelled: 1 })), 'partial');
  });

  test('is an ending exactly when every one has ended', () => {
    const count = fc.integer({ min: 0, max: 20 });
    fc.assert(
      fc.property(count, count, count, fc.integer({ min: 0, max: 3 }), (completed, failed, cancelled, missing) => {
        const one = batch({ completed, failed, cancelled, size: completed + failed + cancelled + missing });
        assert.equal(endedOf(one), completed + failed + cancelled);
        assert.equal(batchStatus(one) === 'running', missing > 0);
      }),
    );
  });
});

function batch(patch: Partial<Batch>): Batch {
  const counts = { size: 1, completed: 0, failed: 0, cancelled: 0 };
  return {
    key: 1,
    id: 'bat_1',
    org: 'acme',
    caller: 'lead',
    join: 'all',
    createdAt: NOW,
    settledAt: null,
    ...counts,
    ...patch,
  };
}
