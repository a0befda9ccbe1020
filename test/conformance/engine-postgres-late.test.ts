/**
 * A commit that arrives at PostgreSQL after its connection was given up.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIMITS } from '../../src/core/delegation/index.ts';
import { openPostgres } from '../../src/engines/postgres/engine.ts';
import { type Harness, Scene } from '../../src/testing/index.ts';
import { ManualClock } from '../support/clock.ts';
import { SeededIds } from '../support/ids.ts';
import { LateProxy } from '../support/late-proxy.ts';
import { openServer } from '../support/postgres.ts';

const TRIES = 80;
const LATE_MS_MAX = 10;

test('E19: a commit that comes after it was asked for is not made beside the one that replaced it', async () => {
  const server = await openServer();
  const proxy = await LateProxy.before(await server.database());
  const ids = new SeededIds();
  const scene = new Scene(await openStore(proxy.url, ids));
  await scene.enrol('lead', { carrier: 'none' });
  await scene.enrol('writer', { capacity: 1000 });
  for (let turn = 0; turn < TRIES; turn += 1) {
    await scene.delegate();
    proxy.strike(ids.chance() * LATE_MS_MAX);
    await scene.delegate();
  }
  const made = (await scene.seat('writer')).running;
  await scene.close();
  proxy.close();
  await server.close();
  assert.ok(proxy.struck > TRIES / 2, `${proxy.struck} came late`);
  assert.equal(made, TRIES * 2, 'each was made once');
});

async function openStore(url: string, ids: SeededIds): Promise<Harness> {
  const clock = new ManualClock();
  const engine = await openPostgres({ url, clock, timeOf: 'clock', ids, limits: LIMITS, owner: 'srv_1' });
  return { engine, clock, ids, reopen: async () => openStore(url, ids), close: async () => engine.close() };
}
