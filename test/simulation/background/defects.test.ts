/**
 * A simulation that cannot fail proves nothing: every planted defect is caught, by the promise meant for it.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFECTS } from './defects.ts';
import { WIDER } from './defects-wider.ts';
import { simulateBackground } from './simulate.ts';
import type { Planted } from './stage.ts';

const SEEDS_MAX = 200;

describe('planted defects of background delegation', () => {
  for (const defect of [...DEFECTS, ...WIDER]) {
    test(`"${defect.caughtBy}" catches: ${defect.name}`, async () => {
      assert.notEqual(await firstSeedThatCatches(defect), undefined, `not caught in ${SEEDS_MAX} seeds`);
    });
  }
});

async function firstSeedThatCatches(defect: Planted): Promise<number | undefined> {
  for (let seed = 1; seed <= SEEDS_MAX; seed += 1) {
    const { complaints } = await simulateBackground(seed, { planted: defect, store: defect.store ?? 'memory' });
    if (complaints.some((complaint) => complaint.startsWith(`${defect.caughtBy}:`))) {
      return seed;
    }
  }
  return undefined;
}
