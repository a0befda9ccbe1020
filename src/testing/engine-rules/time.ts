/**
 * Rules of time: what is due is found, what another process held is found, and retention takes only what it may.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS } from '../../core/delegation/index.ts';
import { batchIn, type Scene } from '../scene.ts';
import type { Stage } from './stage.ts';

export function timeRules(stage: Stage): void {
  describe('time', () => {
    dueRules(stage);
    heldRules(stage);
    retentionRules(stage);
  });
}

function dueRules(stage: Stage): void {
  test('E14: what time changes is found when it is due, the most overdue first, and not before', () =>
    stage(async (scene) => {
      const start = scene.now;
      await scene.do({ type: 'pause', id: 'writer', actor: 'operator' });
      const late = await scene.delegate({ deadlineMs: 5000 });
      const soon = await scene.delegate({ deadlineMs: 1000 });
      await scene.delegate({ deadlineMs: 60_000 });
      const before = await scene.engine.due(start + 999, 10);
      assert.deepEqual(before, { delegations: [], workspaces: [], next: start + 1000 });
      const after = await scene.engine.due(start + 5000, 10);
      assert.deepEqual(
        after.delegations.map(({ key }) => key),
        [soon.key, late.key],
      );
      assert.equal((await scene.engine.due(start + 5000, 1)).delegations[0]?.key, soon.key);
    }));

  test('E14: a seat is due when its hold is over, or when it has been silent for too long', () =>
    stage(async (scene) => {
      const row = await scene.delegate();
      await scene.requeue(row, 'busy', { retryAfterMs: 2000 });
      const activity = { tasks: 0, current: null, errorRate: 0, uptimeSeconds: 0 };
      await scene.do({ type: 'beat', id: 'lead', activity });
      const held = await scene.engine.due(scene.now + 2000, 10);
      assert.deepEqual([held.workspaces, held.next], [['writer'], scene.now + 2000]);
      const silent = await scene.engine.due(scene.now + LIMITS.presenceMs, 10);
      assert.deepEqual(silent.workspaces, ['writer', 'lead']);
      await scene.reopen();
      assert.deepEqual(await scene.engine.due(scene.now + 2000, 10), held);
    }));

  test('E14: nothing is due where nothing lives', () =>
    stage(async (scene) => {
      await scene.complete(await scene.delegate());
      assert.deepEqual(await scene.engine.due(scene.now + 1e12, 10), { delegations: [], workspaces: [], next: null });
    }));
}

function heldRules(stage: Stage): void {
  test('E14: what another process held is found, and what a fetching agent holds is not', () =>
    stage(async (scene) => {
      await scene.enrol('puller', { carrier: 'pull' });
      const ours = await scene.delegate();
      const fetched = await scene.delegate({ callee: 'puller' });
      await scene.do({ type: 'claim', callee: 'puller', most: 5 });
      assert.equal((await scene.read(fetched)).owner, 'puller');
      const { owner } = await scene.read(ours);
      assert.deepEqual(await scene.engine.runningOf({ than: owner ?? '', limit: 10 }), []);
      const held = await scene.engine.runningOf({ than: 'somebody else', limit: 10 });
      assert.deepEqual(
        held.map(({ key }) => key),
        [ours.key],
      );
    }));
}

function retentionRules(stage: Stage): void {
  test('E10: retention takes what is settled, told and old enough, and nothing else', () =>
    stage(async (scene) => {
      const told = await toldOf(scene);
      const untold = await scene.complete(await scene.delegate());
      const live = await scene.delegate();
      scene.advance(1000);
      const fresh = await freshOf(scene);
      assert.deepEqual(await prune(scene, scene.now), { kind: 'count', count: 1 });
      assert.equal(await scene.engine.delegation({ key: told.key }), undefined);
      assert.equal(await scene.engine.request(told.key), undefined);
      assert.equal(await scene.engine.result(told.key), undefined);
      for (const kept of [untold, live, fresh]) {
        assert.ok(await scene.engine.delegation({ key: kept.key }), kept.id);
      }
      assert.equal((await scene.engine.result(untold.key))?.text, 'done');
      const inbox = await scene.engine.unacknowledged('lead', 10);
      assert.deepEqual(
        inbox.map(({ delegation }) => delegation),
        [untold.key],
        'an ending that was not told is told still',
      );
    }));

  test('E10: the members of a batch stay until the batch is told', () =>
    stage(async (scene) => {
      const { delegations: tasks } = batchIn(await scene.openBatch([{}, {}]));
      await scene.complete(tasks[0]!);
      scene.advance(1000);
      await prune(scene, scene.now);
      assert.ok(await scene.engine.delegation({ key: tasks[0]!.key }), 'the batch still runs');
      await scene.complete(tasks[1]!);
      scene.advance(1000);
      await prune(scene, scene.now);
      assert.ok(await scene.engine.delegation({ key: tasks[0]!.key }), 'the batch is not told yet');
      const [notice] = await scene.engine.unacknowledged('lead', 10);
      assert.equal(notice?.kind, 'batch');
      await scene.do({ type: 'acknowledge_notices', workspace: 'lead', ids: [notice?.id ?? ''], actor: 'lead' });
      scene.advance(1000);
      await prune(scene, scene.now);
      assert.equal(await scene.engine.delegation({ key: tasks[0]!.key }), undefined);
    }));

  test('E10: retention takes no more at a time than it was told to', () =>
    stage(async (scene) => {
      for (let index = 0; index < 5; index += 1) {
        await toldOf(scene);
      }
      scene.advance(1000);
      assert.deepEqual(await prune(scene, scene.now, 3), { kind: 'count', count: 3 });
      assert.equal((await scene.engine.delegations({ limit: 10 })).length, 2);
    }));
}

async function toldOf(scene: Scene) {
  const row = await scene.complete(await scene.delegate());
  await scene.do({ type: 'collect', workspace: 'lead', delegation: row.key, version: row.version, actor: 'lead' });
  return row;
}

/** Settled at this very moment, so not older than it. */
async function freshOf(scene: Scene) {
  await scene.enrol('editor');
  const row = await scene.complete(await scene.delegate({ callee: 'editor' }));
  await scene.do({ type: 'collect', workspace: 'lead', delegation: row.key, version: row.version, actor: 'lead' });
  return row;
}

async function prune(scene: Scene, before: number, most = 100) {
  return scene.do({ type: 'prune', before, most });
}
