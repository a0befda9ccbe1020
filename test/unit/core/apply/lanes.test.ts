/**
 * Only a named conversation is a lane: in it one at a time, in the order of acceptance, whatever holds one of them up.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Scene } from '../../../../src/testing/index.ts';
import { stage } from '../../../support/stage.ts';

const LANE = { conversation: 'c-1' };

describe('a lane', () => {
  test('D8: the next of a conversation starts when the one before it has ended, however many slots are free', async () => {
    const scene = await wide();
    const [first, second, third] = [await scene.delegate(LANE), await scene.delegate(LANE), await scene.delegate(LANE)];
    assert.deepEqual(await statuses(scene, [first, second, third]), ['dispatched', 'queued', 'queued']);
    await scene.complete(first);
    assert.deepEqual(await statuses(scene, [second, third]), ['dispatched', 'queued']);
  });

  test('D8: without a conversation, or in another one, nobody waits for anybody', async () => {
    const scene = await wide();
    const rows = [await scene.delegate(LANE), await scene.delegate({ conversation: 'c-2' }), await scene.delegate()];
    assert.deepEqual(await statuses(scene, rows), ['dispatched', 'dispatched', 'dispatched']);
  });

  test('D8: one that comes back busy keeps its place, and so does one that waits out an unknown outcome', async () => {
    const scene = await wide();
    const [first, second] = [await scene.delegate(LANE), await scene.delegate(LANE)];
    for (const why of ['busy', 'unknown', 'unreachable', 'lease_lost'] as const) {
      await scene.requeue(first, why, { retryAfterMs: why === 'lease_lost' ? null : 1000 });
      assert.equal((await scene.read(second)).status, 'queued', why);
      scene.advance(2000);
      await scene.do({ type: 'look', id: 'writer' });
      await scene.on(first, 'release', {});
      assert.deepEqual(await statuses(scene, [first, second]), ['dispatched', 'queued'], why);
    }
  });

  test('D8: a question holds the lane until it is answered and the answer has its ending', async () => {
    const scene = await wide();
    const [first, second] = [await scene.delegate(LANE), await scene.delegate(LANE)];
    await scene.on(first, 'ask', { question: 'which?' });
    assert.equal((await scene.read(second)).status, 'queued');
    await scene.on(first, 'answer', { text: 'this' });
    assert.deepEqual(await statuses(scene, [first, second]), ['dispatched', 'queued']);
    await scene.complete(first);
    assert.equal((await scene.read(second)).status, 'dispatched');
  });

  test('D8: one that reaches its start time waits for the older ones of its conversation', async () => {
    const scene = await wide();
    const first = await scene.delegate(LANE);
    const later = await scene.delegate({ ...LANE, startAt: scene.now + 1000 });
    scene.advance(1000);
    await scene.on(later, 'release', {});
    assert.deepEqual(await statuses(scene, [first, later]), ['dispatched', 'queued']);
    await scene.complete(first);
    assert.equal((await scene.read(later)).status, 'dispatched');
  });

  test('D8: one that waits for its start time is not overtaken by the younger ones of its conversation', async () => {
    const scene = await wide();
    const later = await scene.delegate({ ...LANE, startAt: scene.now + 1000 });
    const young = await scene.delegate(LANE);
    assert.deepEqual(await statuses(scene, [later, young]), ['pending', 'queued']);
    scene.advance(1000);
    await scene.on(later, 'release', {});
    await scene.complete(later);
    assert.equal((await scene.read(young)).status, 'dispatched');
  });

  test('D8: cancelling one in the middle lets nobody overtake', async () => {
    const scene = await wide();
    const rows = [await scene.delegate(LANE), await scene.delegate(LANE), await scene.delegate(LANE)];
    await scene.on(rows[1]!, 'cancel', {});
    assert.deepEqual(await statuses(scene, rows), ['dispatched', 'cancelled', 'queued']);
    await scene.complete(rows[0]!);
    assert.equal((await scene.read(rows[2]!)).status, 'dispatched');
  });

  test('D16: removing the callee in the middle of a conversation ends every one of it', async () => {
    const scene = await wide();
    const rows = [await scene.delegate(LANE), await scene.delegate(LANE), await scene.delegate(LANE)];
    await scene.do({ type: 'remove', id: 'writer', actor: 'operator' });
    assert.deepEqual(await statuses(scene, rows), ['failed', 'failed', 'failed']);
  });

  test('D8: what an agent delivers by itself is never handed over by us, whatever ends beside it', async () => {
    const scene = await wide();
    const own = await scene.delegate({ ...LANE, origin: 'self' });
    const other = await scene.delegate({ ...LANE, origin: 'self' });
    await scene.on(own, 'report', { status: 'queued' });
    await scene.do({ type: 'pause', id: 'writer', actor: 'operator' });
    const ours = await scene.delegate();
    await scene.on(other, 'report', { status: 'completed' });
    const { handovers } = await scene.commit({ type: 'resume', id: 'writer', actor: 'operator' });
    assert.deepEqual(
      handovers.map(({ delegation }) => delegation.key),
      [ours.key],
    );
    assert.equal((await scene.read(own)).status, 'queued');
  });

  test('D8: a start time on what an agent delivers by itself hands nothing over when it comes', async () => {
    const scene = await wide();
    const own = await scene.delegate({ origin: 'self', startAt: scene.now + 1000 });
    scene.advance(1000);
    await scene.on(own, 'release', {});
    await scene.do({ type: 'pause', id: 'writer', actor: 'operator' });
    await scene.delegate();
    await scene.do({ type: 'resume', id: 'writer', actor: 'operator' });
    assert.notEqual((await scene.read(own)).status, 'dispatched');
  });

  test('D8: what is adopted waits for the older ones of its conversation', async () => {
    const scene = await wide();
    const first = await scene.delegate(LANE);
    const own = await scene.delegate({ ...LANE, origin: 'self' });
    await scene.on(own, 'adopt', { request: { task: 'Write it.' } });
    assert.deepEqual(await statuses(scene, [first, own]), ['dispatched', 'queued']);
    await scene.complete(first);
    assert.equal((await scene.read(own)).status, 'dispatched');
  });
});

async function wide(): Promise<Scene> {
  const scene = await stage();
  await scene.do({ type: 'change', id: 'writer', actor: 'operator', profile: { capacity: 5 } });
  return scene;
}

async function statuses(scene: Scene, rows: readonly { key: number }[]): Promise<string[]> {
  return Promise.all(rows.map(async (row) => (await scene.read(row)).status));
}
