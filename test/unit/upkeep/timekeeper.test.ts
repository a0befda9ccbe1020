/**
 * The timekeeper over a store that reads and cannot write: it keeps asking, at its own slow pace.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLine } from '../../../src/flow/index.ts';
import { LIMITS } from '../../../src/core/delegation/index.ts';
import type { Engine } from '../../../src/core/ports/index.ts';
import { openMemory } from '../../../src/engines/memory/engine.ts';
import { Scene } from '../../../src/testing/index.ts';
import { startUpkeep } from '../../../src/upkeep/index.ts';
import { ManualClock } from '../../support/clock.ts';
import { SeededIds } from '../../support/ids.ts';

test('D11: a store that cannot write is asked once a second for what is due, and again when it can', async () => {
  const clock = new ManualClock();
  const ids = new SeededIds();
  const memory = await openMemory({ clock, ids, limits: LIMITS, owner: 'srv_1' });
  let isFull = false;
  let asked = 0;
  const engine: Engine = {
    ...memory,
    async apply(commands) {
      asked += 1;
      const answers = commands.map(() => ({ kind: 'fault' as const, error: new Error('database or disk is full') }));
      return isFull ? { answers, events: [], handovers: [], stops: [], dueAt: null } : memory.apply(commands);
    },
  };
  const close = async (): Promise<void> => memory.close();
  const reopen = async () => {
    throw new Error('It is not opened again.');
  };
  const scene = new Scene({ engine: memory, clock, ids, close, reopen });
  await scene.enrol('lead', { carrier: 'none' });
  await scene.enrol('writer', { carrier: 'pull' });
  const row = await scene.delegate({ validForMs: 5000 });
  const line = await openLine({
    engine,
    clock,
    ids,
    limits: LIMITS,
    owner: 'srv_1',
    carriers: {},
    onFault: (error) => assert.fail(String(error)),
  });
  const upkeep = await startUpkeep(line);
  isFull = true;
  await clock.pass(15_000);
  assert.ok(asked >= 9 && asked <= 12, `asked ${asked} times in the ten seconds since it was due`);
  isFull = false;
  await clock.pass(1000);
  assert.equal((await scene.read(row)).status, 'failed');
  await upkeep.stop();
});
