/**
 * The same programs over real SQLite files, closed and opened again at every crash.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './runner.ts';

const SEEDS = 100;

test(`D1 to D16: no invariant breaks in ${SEEDS} seeds over SQLite`, { timeout: 600_000 }, async () => {
  const summary = await run({ from: 5001, seeds: SEEDS, engine: 'sqlite' });
  assert.equal(summary.failed, 0, summary.text);
});
