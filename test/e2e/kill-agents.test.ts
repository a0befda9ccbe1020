/**
 * Agents and their platform, killed apart and together, and judged from outside: by ledgers, seats and processes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { campaign } from './kill-agents/campaign.ts';

const ROUNDS = 10;

test(
  `D1, D2, D6, D7, D9, C17: in ${ROUNDS} kills of agents and platform nothing is lost, doubled, untold or left running`,
  { timeout: 300_000 },
  async () => {
    const report = await campaign({ rounds: ROUNDS, seed: 11, clients: 4 });
    assert.deepEqual(report.findings, []);
    assert.deepEqual(report.taken, []);
    assert.deepEqual(report.left, []);
    assert.deepEqual(report.complaints, []);
    assert.ok(report.accepted > ROUNDS * 5, `${report.accepted} were accepted`);
  },
);
