/**
 * A simulation that cannot fail proves nothing: every planted defect is caught, by the invariant meant for it.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CONTROLS, SHARED_DEFECTS } from './defects-shared.ts';
import { DEFECTS } from './defects.ts';
import { runOne } from './runner.ts';
import type { Planted } from './store.ts';

const SEEDS_MAX = 300;
const CONTROL_SEEDS = 40;

describe('planted defects', () => {
  for (const defect of DEFECTS) {
    test(`${defect.caughtBy} catches: ${defect.name}`, async () => {
      const caught = await firstSeedThatCatches(defect, false);
      assert.notEqual(caught, undefined, `not caught in ${SEEDS_MAX} seeds`);
    });
  }
});

describe('planted defects where several platforms share a store', () => {
  for (const defect of SHARED_DEFECTS) {
    test(`${defect.caughtBy} catches: ${defect.name}`, async () => {
      const caught = await firstSeedThatCatches(defect, true);
      assert.notEqual(caught, undefined, `not caught in ${SEEDS_MAX} seeds`);
    });
  }

  for (const control of CONTROLS) {
    test(`nothing breaks when ${control.name}`, async () => {
      for (let seed = 1; seed <= CONTROL_SEEDS; seed += 1) {
        const { complaints } = await runOne(seed, { engine: 'memory', isShared: true }, { ...control, caughtBy: '' });
        assert.deepEqual(complaints, [], `seed ${seed}`);
      }
    });
  }
});

async function firstSeedThatCatches(defect: Planted, isShared: boolean): Promise<number | undefined> {
  for (let seed = 1; seed <= SEEDS_MAX; seed += 1) {
    const { complaints } = await runOne(seed, { engine: 'memory', isShared }, defect);
    if (complaints.some((complaint) => complaint.startsWith(`${defect.caughtBy}:`))) {
      return seed;
    }
  }
  return undefined;
}
