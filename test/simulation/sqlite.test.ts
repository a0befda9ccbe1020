/**
 * The same programs over real SQLite files, closed and opened again at every crash.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aside } from '../support/aside.ts';
import { run } from './runner.ts';

const SEEDS = 100;
const RUNNER = import.meta.resolve('./runner.ts');

test(`D1 to D16: no invariant breaks in ${SEEDS} seeds over SQLite`, { timeout: 600_000 }, async () => {
  const summary = await aside(RUNNER, run, { from: 5001, seeds: SEEDS, engine: 'sqlite' });
  assert.equal(summary.failed, 0, summary.text);
});
