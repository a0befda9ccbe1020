/**
 * An agent that goes away in the very moment in which it is given something.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIMITS } from '../../../src/core/delegation/index.ts';
import { openMemory } from '../../../src/engines/memory/engine.ts';
import { accept, fetchAssignments, openLine } from '../../../src/flow/index.ts';
import { Scene } from '../../../src/testing/index.ts';
import { ManualClock } from '../../support/clock.ts';
import { SeededIds } from '../../support/ids.ts';

test('what was claimed for somebody who has gone is handed to the next, and costs no attempt', async () => {
  const clock = new ManualClock();
  const ids = new SeededIds();
  const engine = await openMemory({ clock, ids, limits: LIMITS, owner: 'srv_1' });
  const reopen = async () => {
    throw new Error('It is not opened again.');
  };
  const scene = new Scene({ engine, clock, ids, close: async () => engine.close(), reopen });
  await scene.enrol('lead', { carrier: 'none' });
  await scene.enrol('puller', { carrier: 'pull' });
  const faults: unknown[] = [];
  const onFault = (error: unknown): void => void faults.push(error);
  const line = await openLine({ engine, clock, ids, limits: LIMITS, owner: 'srv_1', carriers: {}, onFault });
  const accepting = accept(line, { caller: 'lead', actor: 'lead' }, { callee: 'puller', task: 'do it' });
  await clock.pass(1);
  const { delegation } = await accepting;
  const gone = new AbortController();
  const fetching = fetchAssignments(line, { callee: 'puller', most: 1, waitMs: 1000, signal: gone.signal });
  gone.abort();
  await clock.pass(1);
  assert.deepEqual(await fetching, []);
  await clock.pass(1);
  const { status, attempt, detail } = await scene.read(delegation);
  assert.deepEqual([status, attempt, detail.outcomeUnknown], ['queued', 0, undefined]);
  clock.advance(1000);
  await scene.do({ type: 'look', id: 'puller' });
  const again = fetchAssignments(line, { callee: 'puller', most: 1, waitMs: 0 });
  await clock.pass(1);
  const [assignment] = await again;
  assert.deepEqual([assignment?.id, assignment?.attempt, assignment?.mayHaveRun], [delegation.id, 1, false]);
  assert.deepEqual(faults, []);
});
