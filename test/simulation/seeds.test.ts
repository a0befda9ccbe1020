/**
 * Two thousand seeds over the memory engine: crashes, lost answers, late ones, clocks that jump. Every fault has to
 * have struck, or the run proves nothing.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aside } from '../support/aside.ts';
import { run, runOne } from './runner.ts';

const SEEDS = 2000;
const RUNNER = import.meta.resolve('./runner.ts');

const FAULTS = [
  'agent that vanished',
  'busy peer',
  'callee paused',
  'cancel',
  'capacity changed',
  'carrier that throws',
  'clock jump',
  'crash after a commit',
  'crash at any moment',
  'crash before a commit',
  'duplicate submission',
  'late answer',
  'lost answer',
  'lost request',
  'peer that forgot',
  'peer that never answers',
  'progress flood',
  'question',
  'reader cut off',
  'reader that forgets to acknowledge',
  'refused connection',
  'result read before it was told',
  'submission without an answer',
];

test(`D1 to D16: no invariant breaks in ${SEEDS} seeds, whatever fails in between`, { timeout: 600_000 }, async () => {
  const summary = await aside(RUNNER, run, { from: 1, seeds: SEEDS, engine: 'memory' });
  assert.equal(summary.failed, 0, summary.text);
  assert.deepEqual(Object.keys(summary.faults).toSorted(), FAULTS, 'every kind of fault has struck');
  assert.ok(summary.accepted > SEEDS * 10, `${summary.accepted} delegations were accepted`);
});

test('the same seed is the same story, to the last event', async () => {
  for (const seed of [3, 77, 412]) {
    const first = await runOne(seed, { engine: 'memory' });
    const second = await runOne(seed, { engine: 'memory' });
    assert.equal(first.traceHash, second.traceHash);
  }
});
