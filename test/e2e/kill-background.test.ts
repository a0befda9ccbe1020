/**
 * A program with background delegation on a file, killed again and again, and judged by a ledger outside of it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { campaign } from './kill-background/campaign.ts';

const ROUNDS = 10;

test(
  `D1, D2, D6, D7: in ${ROUNDS} kills of a program nothing is lost, settled twice, run against its word or told twice`,
  { timeout: 300_000 },
  async () => {
    const report = await campaign({ rounds: ROUNDS, seed: 11 });
    assert.deepEqual(report.findings, []);
    assert.deepEqual(report.complaints, []);
    assert.ok(report.accepted > ROUNDS * 3, `${report.accepted} were accepted`);
  },
);
