/**
 * The law over random lives: any commands in any order, with time passing, and every invariant after each of them.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { isSettled, type Delegation } from '../../../../src/core/delegation/index.ts';
import { openSlots } from '../../../../src/core/workspace/index.ts';
import type { Scene } from '../../../../src/testing/index.ts';
import { anyStep, CALLEES, peopled } from '../../../support/lives.ts';
import { stage } from '../../../support/stage.ts';

describe('random lives', () => {
  test('D1 D2 D3 D8 D9 D12 D14 D16: hold after every command, whatever happens in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep(), { minLength: 5, maxLength: 60 }), async (steps) => {
        const scene = await peopled(await stage({ attemptsMax: 3 }));
        const seen = new Map<number, Delegation>();
        for (const step of steps) {
          await step(scene, [...seen.values()]);
          await inspect(scene, seen);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('D11: once nobody does anything any more, time alone brings every one to its ending', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep(), { minLength: 5, maxLength: 30 }), async (steps) => {
        const scene = await peopled(await stage());
        for (const step of steps) {
          await step(scene, await scene.engine.delegations({ limit: 100 }));
        }
        scene.advance(8 * 86_400_000);
        for (let sweep = 0; sweep < 3; sweep += 1) {
          const { delegations } = await scene.engine.due(scene.now, 1000);
          await scene.commit(
            ...delegations.map(({ key }) => ({ type: 'expire', ref: { key }, actor: 'errand' }) as const),
          );
        }
        assert.equal((await scene.engine.counts()).live, 0);
      }),
      { numRuns: 50 },
    );
  });
});

async function inspect(scene: Scene, seen: Map<number, Delegation>): Promise<void> {
  const rows = await scene.engine.delegations({ limit: 1000 });
  for (const before of seen.values()) {
    const after = rows.find(({ key }) => key === before.key);
    assert.ok(after !== undefined, 'D1: it is there');
    assert.ok(after.version >= before.version, 'D14: nothing goes back');
    if (isSettled(before.status)) {
      assert.deepEqual(after, before, 'D3: a settled one never changes');
    }
  }
  for (const row of rows) {
    assert.equal(row.dueAt === null, isSettled(row.status), 'D1: settled, or due at some moment');
    seen.set(row.key, row);
  }
  for (const id of CALLEES) {
    await inspectSeat(scene, id, rows);
  }
  inspectLanes(rows);
  const settled = (await scene.engine.events({ limit: 10_000 })).filter(({ type }) => type === 'delegation.settled');
  assert.equal(new Set(settled.map(({ delegation }) => delegation)).size, settled.length, 'D2: one ending each');
  assert.equal(settled.length, rows.filter(({ status }) => isSettled(status)).length, 'D12: and each in the log');
}

async function inspectSeat(scene: Scene, id: string, rows: readonly Delegation[]): Promise<void> {
  const seat = await scene.seat(id);
  const own = rows.filter(({ callee, origin }) => callee === id && origin !== 'self');
  const running = own.filter(({ status }) => status === 'dispatched' || status === 'in_progress');
  const ready = own.filter(({ status, ready: free }) => status === 'queued' && free);
  assert.equal(seat.running, running.length, 'D9: the counter is right');
  assert.ok(running.length <= seat.capacity, 'D9: no more than it has slots');
  const open = openSlots(seat, { now: scene.now, circuitFailures: 5 });
  assert.ok(open === 0 || ready.length === 0, `D16: ${open} slots free while ${ready.length} wait for one`);
}

function inspectLanes(rows: readonly Delegation[]): void {
  const lanes = Map.groupBy(
    rows.filter(({ conversation, status }) => conversation !== null && !isSettled(status)),
    ({ caller, callee, conversation }) => `${caller} ${callee} ${conversation}`,
  );
  for (const lane of lanes.values()) {
    const oldest = Math.min(...lane.map(({ key }) => key));
    const ahead = lane.filter((row) => row.key !== oldest && (row.ready || row.status === 'dispatched'));
    assert.deepEqual(ahead, [], 'D8: only the oldest of a lane may run or be ready to');
  }
}
