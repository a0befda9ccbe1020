/**
 * Three replicas on one PostgreSQL, under load and under everything that happens to machines, judged from outside by
 * what clients and peers wrote down.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { campaign } from './chaos/campaign.ts';
import { idleFaults } from './chaos/idle-faults.ts';

const ROUNDS = 12;

test(
  `D1, D2, D6, D7: while replicas die and stand still and the database goes and comes, nothing is lost, settled twice or left untold`,
  { timeout: 300_000 },
  async () => {
    const report = await campaign({ rounds: ROUNDS, seed: 7, clients: 6, onRound: () => {} });
    assert.deepEqual(report.findings, []);
    assert.deepEqual(idleFaults(report), [], 'every fault has struck');
  },
);
