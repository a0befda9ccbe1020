/**
 * Rules of trees: who waits for what it has delegated needs no slot, and what holds for the one above holds below.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Delegation } from '../../core/delegation/index.ts';
import { refusedWith, resultOf, type Scene } from '../scene.ts';
import type { Stage } from './stage.ts';

export function treeRules(stage: Stage): void {
  describe('trees', () => {
    restRules(stage);
    wordRules(stage);
    boundRules(stage);
  });
}

async function rest(scene: Scene, row: Delegation): Promise<Delegation> {
  const answer = await scene.on(row, 'depend', { remoteTask: 'run' });
  assert.ok(answer.kind === 'done', answer.kind);
  return answer.delegation;
}

function restRules(stage: Stage): void {
  test('D9: what rests takes no slot and no place in the queue, and the next one starts in the same commit', () =>
    stage(async (scene) => {
      const first = await scene.delegate();
      const second = await scene.delegate();
      assert.equal((await rest(scene, first)).status, 'pending');
      assert.equal((await scene.read(second)).status, 'dispatched');
      const { running, queued } = await scene.seat('writer');
      assert.deepEqual([running, queued], [1, 0]);
    }));

  test('D8: woken, it goes before those who have not started, also after the store was opened again', () =>
    stage(async (scene) => {
      const first = await scene.delegate();
      const second = await scene.delegate();
      const third = await scene.delegate();
      await rest(scene, first);
      await scene.reopen();
      assert.equal((await scene.do({ type: 'wake', ref: first, actor: 'writer' })).kind, 'done');
      assert.equal((await scene.do({ type: 'wake', ref: first, actor: 'writer' })).kind, 'noop');
      await scene.complete(second);
      const rows = [await scene.read(first), await scene.read(third)];
      assert.deepEqual(
        rows.map(({ status, attempt }) => [status, attempt]),
        [
          ['dispatched', 1],
          ['queued', 0],
        ],
      );
      assert.ok((rows[0]?.epoch ?? 0) > first.epoch, 'D6: under a new right to speak');
    }));

  test('D10: what rests is cancelled at once, with all that it waits for, and its callee is told', () =>
    stage(async (scene) => {
      await scene.enrol('editor');
      const parent = await scene.delegate();
      const child = await scene.delegate({ caller: 'writer', callee: 'editor', parent: parent.key });
      await rest(scene, parent);
      const commit = await scene.commit({ type: 'cancel', ref: { key: parent.key }, actor: 'lead' });
      assert.equal((await scene.read(parent)).status, 'cancelled');
      assert.ok((await scene.read(child)).detail.cancel !== undefined);
      const told = commit.stops.map(({ delegation, why }) => [delegation.key, why]);
      assert.deepEqual(told.toSorted(), [
        [parent.key, 'cancelled'],
        [child.key, 'cancelled'],
      ]);
    }));

  test('D7: an ending that is waited for is not told, and one that is not is', () =>
    stage(async (scene) => {
      const [first, second] = [await scene.delegate(), await scene.delegate({ quiet: true })];
      await scene.on(first, 'complete', { result: resultOf('one'), collected: true });
      await scene.complete(second, 'two');
      assert.deepEqual(await scene.engine.unacknowledged('lead', 10), []);
      await scene.complete(await scene.delegate(), 'three');
      assert.equal((await scene.engine.unacknowledged('lead', 10)).length, 1);
    }));
}

function wordRules(stage: Stage): void {
  test('E12: words for a callee wait until it takes them, in their order, as many as are kept and no more', () =>
    stage(async (scene) => {
      const row = await scene.delegate();
      const steer = async (text: string) => scene.do({ type: 'steer', ref: { key: row.key }, actor: 'lead', text });
      for (let count = 1; count <= 8; count += 1) {
        assert.equal((await steer(`word ${count}`)).kind, 'done');
      }
      assert.equal(refusedWith(await steer('one more')), 'not_now');
      await scene.on(row, 'heed', { count: 7 });
      await scene.reopen();
      assert.deepEqual((await scene.read(row)).detail.steering, ['word 8']);
      assert.deepEqual((await scene.complete(row)).detail.steering, ['word 8'], 'what was missed can be seen');
    }));

  test('E12: the last checkpoint stands until there is another, however fast they come', () =>
    stage(async (scene) => {
      const row = await scene.delegate();
      for (let count = 1; count <= 20; count += 1) {
        await scene.on(row, 'progress', { checkpoint: `${count}` });
      }
      await scene.on(row, 'progress', { message: 'and on' });
      await scene.reopen();
      assert.equal((await scene.read(row)).detail.checkpoint, '20');
    }));
}

function boundRules(stage: Stage): void {
  test('D18: what was set aside and what was used is kept', () =>
    stage(async (scene) => {
      await scene.enrol('editor');
      const parent = await scene.delegate({ budget: { tokens: 100 } });
      const child = { caller: 'writer', callee: 'editor', parent: parent.key };
      const given = await scene.delegate({ ...child, budget: { tokens: 80 } });
      await scene.on(given, 'progress', { usage: { inputTokens: 30 } });
      await scene.reopen();
      const { purse } = (await scene.read(parent)).detail;
      assert.deepEqual([purse?.spent, purse?.reserved], [{ tokens: 30, delegations: 1 }, { tokens: 50 }]);
      assert.equal(refusedWith(await scene.do(scene.accept({ ...child, budget: { tokens: 21 } }))), 'budget_exhausted');
    }));

  test('D11: a child has no later deadline than the one above it', () =>
    stage(async (scene) => {
      await scene.enrol('editor');
      const parent = await scene.delegate({ deadlineMs: 5000 });
      const child = { caller: 'writer', callee: 'editor', parent: parent.key };
      assert.equal((await scene.delegate({ ...child, deadlineMs: 60_000 })).deadlineAt, parent.deadlineAt);
      assert.equal((await scene.delegate({ ...child, deadlineMs: 1000 })).deadlineAt, scene.now + 1000);
    }));

  test('D15: of a workspace that does several things each is somebody of its own, and none waits for itself', () =>
    stage(async (scene) => {
      const parent = await scene.delegate({ skill: 'plan' });
      const below = { caller: 'writer', callee: 'writer', parent: parent.key };
      await scene.delegate({ ...below, skill: 'write' });
      assert.equal(refusedWith(await scene.do(scene.accept({ ...below, skill: 'plan' }))), 'cycle');
      await scene.delegate({ ...below, skill: 'plan', recursive: true });
      assert.equal(refusedWith(await scene.do(scene.accept(below))), 'self_delegation');
    }));

  test('D9: a caller that would rather not wait is refused where it would have to', () =>
    stage(async (scene) => {
      assert.equal((await scene.delegate({ orRefuse: true })).status, 'dispatched');
      assert.equal(refusedWith(await scene.do(scene.accept({ orRefuse: true }))), 'no_free_slot');
    }));
}
