/**
 * A store that does not answer between the commit of a hand-over and the hand-over itself.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrandError } from '../../../src/core/error.ts';
import { accept, openLine } from '../../../src/flow/index.ts';
import { LIMITS } from '../../../src/core/delegation/index.ts';
import type { Carrier, Engine } from '../../../src/core/ports/index.ts';
import { openMemory } from '../../../src/engines/memory/engine.ts';
import { Scene } from '../../../src/testing/index.ts';
import { ManualClock } from '../../support/clock.ts';
import { SeededIds } from '../../support/ids.ts';

test('what was not sent, because the store was away, is sent when it is back, also if it may be sent once', async () => {
  const clock = new ManualClock();
  const ids = new SeededIds();
  const memory = await openMemory({ clock, ids, limits: LIMITS, owner: 'srv_1' });
  let isAway = false;
  let answer = (): void => {};
  const engine: Engine = {
    ...memory,
    async request(key) {
      if (isAway) {
        throw new ErrandError({ code: 'unavailable', message: 'The database does not answer.' });
      }
      return memory.request(key);
    },
  };
  const close = async (): Promise<void> => memory.close();
  const reopen = async () => {
    throw new Error('It is not opened again.');
  };
  const scene = new Scene({ engine: memory, clock, ids, close, reopen });
  await scene.enrol('lead', { carrier: 'none' });
  await scene.enrol('writer', { carrier: 'a2a' });
  const a2a: Carrier = {
    name: 'scripted',
    deliver: async () =>
      new Promise((resolve) => {
        answer = () => resolve({ kind: 'completed', output: { text: 'done' } });
      }),
    async close() {},
  };
  const faults: unknown[] = [];
  const onFault = (error: unknown): void => void faults.push(error);
  const line = await openLine({ engine, clock, ids, limits: LIMITS, owner: 'srv_1', carriers: { a2a }, onFault });
  const task = { callee: 'writer', task: 'do it', delivery: 'at_most_once' as const };
  const asking = { caller: 'lead', actor: 'lead' };
  const accepting = Promise.all([accept(line, asking, task), accept(line, asking, task)]);
  await clock.pass(1000);
  const [, { delegation }] = await accepting;
  isAway = true;
  answer();
  await clock.pass(2000);
  assert.equal((await scene.read(delegation)).status, 'dispatched');
  isAway = false;
  await clock.pass(5000);
  answer();
  await clock.pass(1000);
  const { status, attempt } = await scene.read(delegation);
  assert.deepEqual({ status, attempt, runs: line.runs.size }, { status: 'completed', attempt: 1, runs: 0 });
});
