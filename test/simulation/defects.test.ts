/**
 * A simulation that cannot fail proves nothing: every planted defect is caught, by the invariant meant for it.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFECTS } from './defects.ts';
import { runOne } from './runner.ts';
import type { Planted } from './store.ts';

const SEEDS_MAX = 300;

describe('planted defects', () => {
  for (const defect of DEFECTS) {
    test(`${defect.caughtBy} catches: ${defect.name}`, async () => {
      const caught = await firstSeedThatCatches(defect);
      assert.notEqual(caught, undefined, `not caught in ${SEEDS_MAX} seeds`);
    });
  }
});

async function firstSeedThatCatches(defect: Planted): Promise<number | undefined> {
  for (let seed = 1; seed <= SEEDS_MAX; seed += 1) {
    const { complaints } = await runOne(seed, 'memory', defect);
    if (complaints.some((complaint) => complaint.startsWith(`${defect.caughtBy}:`))) {
      return seed;
    }
  }
  return undefined;
}
