/**
 * The real server, killed at random moments under load, and judged from outside by what clients and peers wrote down.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { campaign } from './kill-9/campaign.ts';

const ROUNDS = 20;

test(
  `D1, D2, D5, D7: in ${ROUNDS} kills nothing is lost, settled twice or left untold`,
  { timeout: 300_000 },
  async () => {
    const report = await campaign({ rounds: ROUNDS, seed: 7, clients: 6, onRound: () => {} });
    assert.deepEqual(report.findings, []);
    assert.ok(report.accepted > ROUNDS * 5, `${report.accepted} were accepted`);
    assert.ok(report.killedInStart > 0, 'some kills struck the start');
  },
);
