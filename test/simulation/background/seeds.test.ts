/**
 * Seeds of background delegation, over memory and over files of SQLite: random programs, hosts and functions, processes
 * that die at any commit and processes that close. Every fault has to have struck, or the run proves nothing.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aside } from '../../support/aside.ts';
import { runBackground } from './runner.ts';
import { simulateBackground } from './simulate.ts';

const RUNNER = import.meta.resolve('./runner.ts');
const SEEDS = 200;
const SEEDS_OF_SQLITE = 10;

const FAULTS = [
  'batch',
  'batch under a key',
  'budget used up',
  'cancel',
  'clock set back',
  'clock set forward',
  'crash after a commit',
  'crash at any moment',
  'crash before a commit',
  'delegated again',
  'delegated twice under one key',
  'held again',
  'orphans',
  'peer away',
  'peer busy',
  'peer: answer lost',
  'peer: forgets',
  'peer: request lost',
  'peer: throws',
  'question',
  'question read',
  'reader that leaves',
  'resized',
  'session closed',
  'shutdown cancel',
  'shutdown drain',
  'shutdown keep',
  'steered',
  'store away',
  'turn held for long',
  'two readers',
];

test(
  `background delegation keeps its promises in ${SEEDS} seeds, whatever fails in between`,
  { timeout: 600_000 },
  async () => {
    const summary = await aside(RUNNER, runBackground, { from: 1, seeds: SEEDS });
    assert.equal(summary.failed, 0, summary.text);
    const missing = FAULTS.filter((fault) => summary.faults[fault] === undefined);
    assert.deepEqual(missing, [], 'every kind of fault has struck');
    assert.ok(summary.accepted > SEEDS * 10, `${summary.accepted} tasks were accepted`);
  },
);

test(`and in ${SEEDS_OF_SQLITE} seeds over files that outlive each process`, { timeout: 600_000 }, async () => {
  const summary = await aside(RUNNER, runBackground, { from: 5001, seeds: SEEDS_OF_SQLITE, store: 'sqlite' as const });
  assert.equal(summary.failed, 0, summary.text);
});

test('the same seed is the same story of background delegation, to the last turn', async () => {
  for (const seed of [2, 48, 311]) {
    const first = await simulateBackground(seed);
    const second = await simulateBackground(seed);
    assert.equal(first.traceHash, second.traceHash);
  }
});
