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
    renewRules(stage);
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

function renewRules(stage: Stage): void {
  test('D7: what somebody has in hand is kept for as long as it asks, without counting as told again', () =>
    stage(async (scene) => {
      await scene.complete(await scene.delegate());
      const [first] = await lease(scene);
      const id = first?.id ?? '';
      scene.advance(LIMITS.noticeLeaseMs / 2);
      assert.deepEqual(await renew(scene, [id, id, 'ntc_nothing'], 2 * LIMITS.noticeLeaseMs), [[id, 1]]);
      scene.advance(1.5 * LIMITS.noticeLeaseMs);
      await scene.reopen();
      assert.deepEqual(await lease(scene), []);
      scene.advance(LIMITS.noticeLeaseMs);
      assert.equal((await lease(scene))[0]?.deliveries, 2);
    }));

  test('D7: what is given back is free at once; what is acknowledged, or somebody else has, is not kept', () =>
    stage(async (scene) => {
      await scene.complete(await scene.delegate());
      const [first] = await lease(scene);
      const id = first?.id ?? '';
      assert.deepEqual(await renew(scene, [id], 0, 'writer'), []);
      assert.deepEqual(await lease(scene), []);
      assert.deepEqual(await renew(scene, [id], 0), [[id, 1]]);
      assert.equal((await lease(scene))[0]?.id, id);
      await acknowledge(scene, [id]);
      assert.deepEqual(await renew(scene, [id], 0), []);
    }));

  test('D7: a reader that gives up on a notice after so many tries is handed the others', () =>
    stage(async (scene) => {
      const poison = await scene.complete(await scene.delegate());
      await lease(scene);
      scene.advance(LIMITS.noticeLeaseMs);
      assert.equal((await lease(scene, 1, 2)).length, 1);
      scene.advance(LIMITS.noticeLeaseMs);
      const other = await scene.complete(await scene.delegate());
      assert.deepEqual(
        (await lease(scene, 1, 2)).map(({ delegation }) => delegation),
        [other.key],
      );
      assert.deepEqual(
        (await lease(scene)).map(({ delegation, deliveries }) => [delegation, deliveries]),
        [[poison.key, 3]],
        'it waits for everybody else',
      );
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

async function lease(scene: Scene, most = 10, tries?: number): Promise<Notice[]> {
  const limit = tries === undefined ? {} : { tries };
  const answer = await scene.do({ type: 'lease_notices', workspace: 'lead', most, ...limit });
  return answer.kind === 'notices' ? answer.notices : [];
}

async function renew(
  scene: Scene,
  ids: string[],
  leaseMs: number,
  workspace = 'lead',
): Promise<(readonly [string, number])[]> {
  const answer = await scene.do({ type: 'renew_notices', workspace, ids, leaseMs });
  return answer.kind === 'notices' ? answer.notices.map(({ id, deliveries }) => [id, deliveries] as const) : [];
}

async function acknowledge(scene: Scene, ids: string[], workspace = 'lead') {
  return scene.do({ type: 'acknowledge_notices', workspace, ids, actor: workspace });
}
