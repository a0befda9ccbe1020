/**
 * Rules of the inbox: what was not acknowledged is handed out again, in order, and outlives a restart.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS } from '../../core/delegation/index.ts';
import type { Notice } from '../../core/ports/index.ts';
import type { Scene } from '../scene.ts';
import type { Stage } from './stage.ts';

export function inboxRules(stage: Stage): void {
  describe('the inbox', () => {
    leaseRules(stage);
    acknowledgeRules(stage);
  });
}

function leaseRules(stage: Stage): void {
  test('D7: a notice is handed out again until it is acknowledged, a restart in between or not', () =>
    stage(async (scene) => {
      const row = await scene.complete(await scene.delegate());
      const [first] = await lease(scene);
      assert.equal(first?.delegation, row.key);
      assert.deepEqual(await lease(scene), [], 'while it is leased');
      scene.advance(LIMITS.noticeLeaseMs);
      await scene.reopen();
      const [again] = await lease(scene);
      assert.deepEqual([again?.id, again?.deliveries], [first?.id, 2]);
      await acknowledge(scene, [first?.id ?? '']);
      scene.advance(LIMITS.noticeLeaseMs);
      assert.deepEqual(await lease(scene), []);
      assert.equal((await scene.engine.notice(first?.key ?? 0))?.acknowledgedAt, scene.now - LIMITS.noticeLeaseMs);
    }));

  test('D7: notices come oldest first, as many as were asked for, and one that is stuck holds up nobody', () =>
    stage(async (scene) => {
      const rows = [];
      for (let index = 0; index < 4; index += 1) {
        rows.push(await scene.complete(await scene.delegate()));
      }
      const [stuck] = await lease(scene, 1);
      const next = await lease(scene, 2);
      assert.deepEqual(
        [stuck, ...next].map((notice) => notice?.delegation),
        rows.slice(0, 3).map(({ key }) => key),
      );
      assert.deepEqual(
        (await scene.engine.unacknowledged('lead', 10)).map(({ delegation }) => delegation),
        rows.map(({ key }) => key),
      );
      assert.equal((await scene.engine.counts()).undelivered, 4);
    }));
}

function acknowledgeRules(stage: Stage): void {
  test('D7: acknowledging twice is acknowledging once, and nobody can do it for somebody else', () =>
    stage(async (scene) => {
      await scene.complete(await scene.delegate());
      const [notice] = await scene.engine.unacknowledged('lead', 10);
      const id = notice?.id ?? '';
      assert.deepEqual(await acknowledge(scene, [id], 'writer'), { kind: 'count', count: 0 });
      assert.deepEqual(await acknowledge(scene, [id, id]), { kind: 'count', count: 1 });
      assert.deepEqual(await acknowledge(scene, [id, 'ntc_nothing']), { kind: 'count', count: 1 });
      const acknowledged = (await scene.engine.events({ limit: 100 })).filter(
        ({ type }) => type === 'notice.acknowledged',
      );
      assert.equal(acknowledged.length, 1);
    }));

  test('D7: an ending that its caller has read is not told again', () =>
    stage(async (scene) => {
      const { key: delegation, version } = await scene.complete(await scene.delegate());
      const collect = { type: 'collect', workspace: 'lead', delegation, version, actor: 'lead' } as const;
      assert.equal((await scene.do({ ...collect, workspace: 'writer' })).kind, 'noop');
      assert.equal((await scene.do(collect)).kind, 'done');
      assert.equal((await scene.do(collect)).kind, 'noop');
      assert.deepEqual(await scene.engine.unacknowledged('lead', 10), []);
    }));

  test('D7: a question that its caller has read is not told again, and its ending is', () =>
    stage(async (scene) => {
      const row = await scene.delegate();
      const reading = { type: 'collect', workspace: 'lead', delegation: row.key, actor: 'lead' } as const;
      assert.equal((await scene.do({ ...reading, version: row.version })).kind, 'noop');
      await scene.on(row, 'ask', { question: 'which?' });
      const { version } = await scene.read(row);
      assert.equal((await scene.do({ ...reading, version })).kind, 'done');
      assert.equal((await scene.do({ ...reading, version })).kind, 'noop');
      assert.deepEqual(await scene.engine.unacknowledged('lead', 10), []);
      await scene.on(row, 'cancel', {});
      assert.equal((await scene.engine.unacknowledged('lead', 10)).length, 1);
    }));

  test('D7: what came after its caller has read it is still told', () =>
    stage(async (scene) => {
      const row = await scene.delegate();
      await scene.on(row, 'ask', { question: 'which?' });
      const { version } = await scene.read(row);
      await scene.on(row, 'cancel', {});
      const collect = { type: 'collect', workspace: 'lead', delegation: row.key, actor: 'lead' } as const;
      assert.equal((await scene.do({ ...collect, version })).kind, 'noop');
      assert.deepEqual(
        (await scene.engine.unacknowledged('lead', 10)).map(({ kind }) => kind),
        ['settled'],
      );
    }));

  test('D7: a question is told like an ending, and is taken back by its answer', () =>
    stage(async (scene) => {
      const row = await scene.delegate();
      await scene.on(row, 'ask', { question: 'which?' });
      assert.deepEqual(
        (await scene.engine.unacknowledged('lead', 10)).map(({ kind }) => kind),
        ['asked'],
      );
      await scene.on(row, 'answer', { text: 'this' });
      assert.deepEqual(await scene.engine.unacknowledged('lead', 10), []);
    }));
}

async function lease(scene: Scene, most = 10): Promise<Notice[]> {
  const answer = await scene.do({ type: 'lease_notices', workspace: 'lead', most });
  return answer.kind === 'notices' ? answer.notices : [];
}

async function acknowledge(scene: Scene, ids: string[], workspace = 'lead') {
  return scene.do({ type: 'acknowledge_notices', workspace, ids, actor: workspace });
}
