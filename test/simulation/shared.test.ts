/**
 * The same programs at one to three platforms over one store: besides crashes, a platform stands still for up to four
 * leases, loses its store, or hears late, twice or not at all of what the others write.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aside } from '../support/aside.ts';
import { run, runOne } from './runner.ts';

const SEEDS = 400;
const RUNNER = import.meta.resolve('./runner.ts');

const FAULTS = [
  'commit without an answer',
  'crash after a commit',
  'crash at any moment',
  'crash before a commit',
  'fenced write',
  'hint that comes late',
  'hint that comes twice',
  'hint that is lost',
  'platform stopped in good order',
  'platform that stands still',
  'store that is away',
  'term taken over',
];

test(`D1 to D16: no invariant breaks in ${SEEDS} seeds of several platforms`, { timeout: 600_000 }, async () => {
  const summary = await aside(RUNNER, run, { from: 1, seeds: SEEDS, engine: 'memory', isShared: true });
  assert.equal(summary.failed, 0, summary.text);
  for (const fault of FAULTS) {
    assert.ok((summary.faults[fault] ?? 0) > SEEDS / 10, `${fault} has struck: ${summary.faults[fault]}`);
  }
  assert.ok(summary.accepted > SEEDS * 10, `${summary.accepted} delegations were accepted`);
});

test('E16: whoever waits at one platform for what another writes is woken within a second', async () => {
  const summary = await aside(RUNNER, run, { from: 10_001, seeds: 20, engine: 'memory', isShared: true });
  assert.equal(summary.failed, 0, summary.text);
  assert.ok((summary.faults['ending that was waited for'] ?? 0) >= 60);
});

test('the same seed is the same story, however many platforms tell it', async () => {
  for (const seed of [3, 77, 412]) {
    const first = await runOne(seed, { engine: 'memory', isShared: true });
    const second = await runOne(seed, { engine: 'memory', isShared: true });
    assert.equal(first.traceHash, second.traceHash);
  }
});
