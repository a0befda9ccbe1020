/**
 * Several platforms over a real PostgreSQL, in virtual time. What runs into what differs from run to run.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openServer, type TestServer } from '../support/postgres.ts';
import { run } from './runner.ts';

const SEEDS = 5;

let server: TestServer;

before(async () => {
  server = await openServer();
});

after(async () => server.close());

test(`D1 to D16: no invariant breaks in ${SEEDS} seeds over PostgreSQL`, { timeout: 300_000 }, async () => {
  const summary = await run({ from: 7001, seeds: SEEDS, engine: 'postgres', server });
  assert.equal(summary.failed, 0, summary.text);
  assert.ok((summary.faults['platform that stands still'] ?? 0) > 0, summary.text);
  assert.ok((summary.faults['commits that ran into each other'] ?? 0) > 0, summary.text);
});
