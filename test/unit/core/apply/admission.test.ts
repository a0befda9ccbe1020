/**
 * What is refused before anything is written, each with its code and its bound.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { blankProfile } from '../../../../src/core/workspace/index.ts';
import { refusedWith } from '../../../../src/testing/index.ts';
import { stage } from '../../../support/stage.ts';

describe('acceptance', () => {
  test('D1: what was accepted is there, waits or runs, and has an ending ahead of it', async () => {
    const scene = await stage();
    const rows = [await scene.delegate(), await scene.delegate(), await scene.delegate({ startAt: scene.now + 1000 })];
    for (const row of rows) {
      const { status, dueAt } = await scene.read(row);
      assert.ok(['dispatched', 'queued', 'pending'].includes(status));
      assert.ok(dueAt !== null && dueAt <= row.deadlineAt);
    }
  });

  test('D4: nothing can be ended that was not accepted', async () => {
    const scene = await stage();
    const ref = { key: 12_345 };
    const result = { text: '', length: 0, sha256: '' };
    const answer = await scene.do({ type: 'complete', ref, actor: 'writer', epoch: 1, result });
    assert.equal(refusedWith(answer), 'not_found');
  });

  test('D13: a callee in another organisation is as good as none', async () => {
    const scene = await stage();
    await scene.enrol('stranger', {}, 'globex');
    const there = await scene.do(scene.accept({ callee: 'stranger' }));
    const nowhere = await scene.do(scene.accept({ callee: 'nobody' }));
    assert.equal(refusedWith(there), 'not_found');
    assert.deepEqual(
      { ...there, refusal: { code: 'not_found', message: 'There is no workspace nobody.' } },
      nowhere,
      'and nothing tells the two apart',
    );
  });

  test('who may not talk, may not delegate, or delegates to itself is refused', async () => {
    const scene = await stage();
    await scene.enrol('leaf', { parent: 'writer' });
    await scene.enrol('reader', { roles: ['read-only'] });
    await scene.do({
      type: 'enrol',
      id: 'ann',
      org: 'acme',
      actor: 'operator',
      person: true,
      profile: blankProfile('Ann'),
    });
    assert.equal(refusedWith(await scene.do(scene.accept({ callee: 'leaf' }))), 'not_allowed_to_talk');
    assert.equal(refusedWith(await scene.do(scene.accept({ callee: 'ann' }))), 'not_allowed_to_talk');
    assert.equal(refusedWith(await scene.do(scene.accept({ caller: 'reader' }))), 'role_forbids');
    assert.equal(refusedWith(await scene.do(scene.accept({ callee: 'lead' }))), 'self_delegation');
  });

  test('D9: a full queue refuses with its bound and when to come back, and nothing accepted is shed', async () => {
    const scene = await stage({ queuePerCalleeMax: 2 });
    const rows = [await scene.delegate(), await scene.delegate(), await scene.delegate()];
    const answer = await scene.do(scene.accept());
    assert.ok(answer.kind === 'refused' && answer.refusal.code === 'queue_full');
    assert.match(answer.refusal.message, /queue_per_callee: at most 2/u);
    assert.ok((answer.refusal.retryAfterMs ?? 0) >= 1000);
    await scene.complete(rows[0]!);
    await scene.delegate();
    assert.equal((await scene.seat('writer')).queued, 2);
  });

  test('D9: the queue of an organisation is bounded as well, by the tasks of a batch too', async () => {
    const scene = await stage({ queuePerOrgMax: 2 });
    await scene.do({ type: 'pause', id: 'writer', actor: 'operator' });
    const answer = await scene.openBatch([{}, {}, {}]);
    assert.ok(answer.kind === 'refused' && /tasks\[2\]: queue_per_org/u.test(answer.refusal.message));
  });

  test('D15: a chain is as deep as it may be, and comes back to nobody who waits for it', async () => {
    const scene = await stage({ depthMax: 3 });
    const names = ['writer', 'a', 'b', 'c'];
    for (const id of names.slice(1)) {
      await scene.enrol(id);
    }
    let parent = await scene.delegate();
    for (const [caller, callee] of [
      ['writer', 'a'],
      ['a', 'b'],
    ] as const) {
      const back = await scene.do(scene.accept({ caller, callee: 'lead', parent: parent.key }));
      assert.equal(refusedWith(back), 'cycle');
      parent = await scene.delegate({ caller, callee, parent: parent.key });
    }
    assert.equal(parent.depth, 3);
    const deeper = await scene.do(scene.accept({ caller: 'b', callee: 'c', parent: parent.key }));
    assert.equal(refusedWith(deeper), 'depth_exceeded');
  });

  test('D15: a parent has as many living children as it may, and only its own callee can add to them', async () => {
    const scene = await stage({ fanOutParentMax: 2 });
    await scene.enrol('editor', { capacity: 5 });
    const parent = await scene.delegate();
    const child = { caller: 'writer', callee: 'editor', parent: parent.key };
    const first = await scene.delegate(child);
    await scene.delegate(child);
    assert.equal(refusedWith(await scene.do(scene.accept(child))), 'fan_out_exceeded');
    await scene.complete(first);
    await scene.delegate(child);
    assert.equal(refusedWith(await scene.do(scene.accept({ ...child, caller: 'lead' }))), 'not_now');
    await scene.complete(parent);
    assert.equal(refusedWith(await scene.do(scene.accept(child))), 'not_now');
  });

  test('D15: a root has as many living descendants as it may', async () => {
    const scene = await stage({ fanOutRootMax: 2 });
    await scene.enrol('editor', { capacity: 5 });
    await scene.enrol('printer', { capacity: 5 });
    const root = await scene.delegate();
    const child = await scene.delegate({ caller: 'writer', callee: 'editor', parent: root.key });
    await scene.delegate({ caller: 'editor', callee: 'printer', parent: child.key });
    const third = await scene.do(scene.accept({ caller: 'editor', callee: 'printer', parent: child.key }));
    assert.equal(refusedWith(third), 'fan_out_exceeded');
  });

  test('what has not started can be replaced, and only by its caller', async () => {
    const scene = await stage();
    await scene.enrol('editor');
    const [running, waiting] = [await scene.delegate(), await scene.delegate()];
    assert.equal(refusedWith(await scene.do(scene.accept({ supersedes: running.id }))), 'not_now');
    assert.equal(refusedWith(await scene.do(scene.accept({ caller: 'editor', supersedes: waiting.id }))), 'not_found');
    const newer = await scene.delegate({ supersedes: waiting.id });
    const { status, reason, detail } = await scene.read(waiting);
    assert.deepEqual([status, reason, detail.supersededBy], ['failed', 'superseded', newer.id]);
  });
});
