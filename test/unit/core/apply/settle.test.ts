/**
 * Endings: one each, never changed, told once, and what follows from them in the same commit.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS } from '../../../../src/core/delegation/index.ts';
import { batchIn, refusedWith, resultOf } from '../../../../src/testing/index.ts';
import { stage } from '../../../support/stage.ts';

describe('an ending', () => {
  test('D2: the first that is committed stands, and a later one changes nothing', async () => {
    const scene = await stage();
    const row = await scene.complete(await scene.delegate(), 'first');
    const again = await scene.on(row, 'complete', { result: resultOf('second') });
    assert.ok(again.kind === 'late' && again.why === 'already_settled');
    const cancelled = await scene.on(row, 'cancel', {});
    assert.ok(cancelled.kind === 'noop' && cancelled.why === 'already_settled');
    assert.deepEqual(await scene.read(row), row, 'D3');
    assert.equal((await scene.engine.result(row.key))?.text, 'first');
    assert.equal((await scene.engine.unacknowledged('lead', 10)).length, 1);
  });

  test('D2: brought twice under one epoch, because the first answer was lost, is simply there', async () => {
    const scene = await stage({ attemptsMax: 1 });
    const failure = { reason: 'callee_failed', error: 'no paper' } as const;
    const [done, not] = [await scene.delegate(), await scene.delegate()];
    const fail = async (error: string) => scene.on(not, 'fail', { ...failure, error });
    await scene.complete(done, 'whole');
    await fail('no paper');
    const rows = [await scene.read(done), await scene.read(not)];
    assert.equal((await scene.on(done, 'complete', { result: resultOf('whole') })).kind, 'noop');
    assert.equal((await fail('no paper')).kind, 'noop');
    assert.equal((await fail('no ink')).kind, 'late', 'another word is another ending');
    assert.equal((await scene.on(done, 'fail', failure)).kind, 'late');
    assert.deepEqual([await scene.read(done), await scene.read(not)], rows);
    const old = {
      type: 'complete',
      ref: { key: done.key },
      actor: 'old',
      epoch: 0,
      result: resultOf('whole'),
    } as const;
    assert.equal((await scene.do(old)).kind, 'late', 'of another attempt it is evidence');
  });

  test('D7: a question is put once, however often it is asked under one epoch', async () => {
    const scene = await stage();
    const row = await scene.delegate();
    const ask = async (question: string) => scene.on(row, 'ask', { question });
    await ask('which?');
    assert.equal((await ask('which?')).kind, 'noop');
    assert.equal((await scene.engine.unacknowledged('lead', 10)).length, 1);
    assert.equal((await ask('or what?')).kind, 'done');
    await scene.do({ type: 'pause', id: 'writer', actor: 'operator' });
    await scene.on(row, 'answer', { text: 'that' });
    assert.equal((await ask('or what?')).kind, 'noop', 'its answer is there already');
    assert.equal(refusedWith(await ask('something else')), 'not_now');
    assert.deepEqual((await scene.read(row)).detail.answer, { text: 'that', by: 'platform', question: 'or what?' });
  });

  test('who fetches is never held: what it could not be given it may have at once', async () => {
    const scene = await stage();
    await scene.enrol('puller', { carrier: 'pull', capacity: 10 });
    const rows = [await scene.delegate({ callee: 'puller' }), await scene.delegate({ callee: 'puller' })];
    await scene.do({ type: 'claim', callee: 'puller', most: 10 });
    for (const row of rows) {
      await scene.requeue(row, 'busy');
    }
    const seat = await scene.engine.workspace('puller');
    assert.deepEqual([seat?.strikes, seat?.holdUntil, seat?.running, seat?.queued], [0, null, 0, 2]);
    const again = await scene.do({ type: 'claim', callee: 'puller', most: 10 });
    assert.ok(again.kind === 'claimed' && again.delegations.length === 2);
  });

  test('a seat that is reached in another way is judged anew', async () => {
    const scene = await stage();
    await scene.enrol('moved', { carrier: 'pull' });
    await scene.do({
      type: 'beat',
      id: 'moved',
      activity: { tasks: 0, current: null, errorRate: 0, uptimeSeconds: 0 },
    });
    assert.equal((await scene.engine.workspace('moved'))?.presence, 'online');
    await scene.do({ type: 'change', id: 'moved', actor: 'operator', profile: { carrier: 'in_process' } });
    assert.equal((await scene.engine.workspace('moved'))?.presence, 'unknown');
  });

  test('who keeps no task of its own is given the answer again when it begins anew; a peer that was told has it', async () => {
    const scene = await stage();
    await scene.enrol('puller', { carrier: 'pull' });
    for (const callee of ['writer', 'puller']) {
      const row = await scene.delegate({ callee });
      const claim = async () => scene.do({ type: 'claim', callee, most: 1 });
      await claim();
      await scene.on(row, 'ask', { question: 'which?' });
      await scene.on(row, 'answer', { text: 'that' });
      await claim();
      await scene.on(row, 'acknowledge', callee === 'writer' ? { remoteTask: 'its own' } : {});
      await scene.on(row, 'progress', {});
      await scene.requeue(row, 'lease_lost');
      const { answer } = (await scene.read(row)).detail;
      assert.equal(answer?.question, callee === 'puller' ? 'which?' : undefined, callee);
    }
  });

  test('D6: whoever worked under an older lease is late, and what it said is kept beside the ending', async () => {
    const scene = await stage();
    const row = await scene.delegate();
    scene.advance(LIMITS.leaseMs);
    const commit = await scene.commit({ type: 'rescue', ref: { key: row.key }, actor: 'errand', chance: 0 });
    assert.deepEqual(
      commit.stops.map(({ why }) => why),
      ['overtaken'],
    );
    const old = { type: 'complete', ref: { key: row.key }, actor: 'old', epoch: 1, result: resultOf('old') } as const;
    const answer = await scene.do(old);
    assert.ok(answer.kind === 'late' && answer.why === 'stale_epoch');
    assert.equal((await scene.read(row)).status, 'dispatched');
    assert.equal((await scene.engine.late(row.key))[0]?.excerpt, 'old');
    await scene.complete(row, 'new');
    assert.equal((await scene.engine.result(row.key))?.text, 'new');
  });

  test('D6: with its return to the queue the old right is void, before anybody has a new one', async () => {
    const scene = await stage();
    const row = await scene.delegate();
    const held = await scene.command(row, 'complete', { result: resultOf('old') });
    await scene.requeue(row, 'busy', { retryAfterMs: 1000 });
    assert.equal((await scene.read(row)).status, 'queued');
    const [answer] = (await scene.commit(held)).answers;
    assert.ok(answer?.kind === 'late' && answer.why === 'stale_epoch');
    assert.equal((await scene.engine.late(row.key)).length, 1);
  });

  test('D16: a freed slot takes the next one in the commit that freed it', async () => {
    const scene = await stage();
    const [first, second] = [await scene.delegate(), await scene.delegate()];
    const { handovers } = await scene.commit(await scene.command(first, 'complete', { result: resultOf('x') }));
    assert.deepEqual(
      handovers.map(({ delegation }) => delegation.key),
      [second.key],
    );
  });

  test('D16: whoever comes online, is resumed or grows drains its queue at once', async () => {
    const scene = await stage();
    await scene.do({ type: 'pause', id: 'writer', actor: 'operator' });
    const rows = [await scene.delegate(), await scene.delegate(), await scene.delegate()];
    const { handovers } = await scene.commit({ type: 'resume', id: 'writer', actor: 'operator' });
    assert.equal(handovers.length, 1);
    const more = await scene.commit({ type: 'change', id: 'writer', actor: 'operator', profile: { capacity: 3 } });
    assert.deepEqual(
      [...handovers, ...more.handovers].map(({ delegation }) => delegation.key),
      rows.map(({ key }) => key),
    );
  });

  test('D11: what was not worth waiting for expires in the queue, and its caller is told', async () => {
    const scene = await stage();
    await scene.delegate();
    const row = await scene.delegate({ validForMs: 1000 });
    scene.advance(1000);
    await scene.on(row, 'expire', {});
    const { status, reason } = await scene.read(row);
    assert.deepEqual({ status, reason }, { status: 'failed', reason: 'expired_in_queue' });
    assert.equal((await scene.engine.unacknowledged('lead', 10)).length, 1);
  });

  test('D11: what the callee has begun does not expire in the queue, whatever it waits for', async () => {
    const scene = await stage();
    const row = await scene.delegate({ validForMs: 1000 });
    await scene.on(row, 'ask', { question: 'Which?' });
    const other = await scene.delegate();
    scene.advance(1000);
    await scene.on(row, 'answer', { text: 'This.' });
    assert.equal((await scene.on(row, 'expire', {})).kind, 'noop');
    await scene.complete(other);
    assert.equal((await scene.read(row)).status, 'dispatched');
    await scene.requeue(row, 'lease_lost');
    assert.equal((await scene.read(row)).status, 'dispatched');
  });

  test('D11: a slot that becomes free takes nothing whose time is over', async () => {
    const scene = await stage();
    const running = await scene.delegate();
    const over = [await scene.delegate({ validForMs: 1000 }), await scene.delegate({ deadlineMs: 1000 })];
    const next = await scene.delegate();
    scene.advance(1000);
    await scene.complete(running);
    const reasons = await Promise.all(over.map(async (row) => (await scene.read(row)).reason));
    assert.deepEqual(reasons, ['expired_in_queue', 'deadline_exceeded']);
    assert.equal((await scene.read(next)).status, 'dispatched');
  });
});

describe('a cancel', () => {
  test('D10: before the hand-over it is certain', async () => {
    const scene = await stage();
    await scene.delegate();
    const row = await scene.delegate();
    await scene.on(row, 'cancel', { note: 'not needed' });
    const { status, error, detail } = await scene.read(row);
    assert.deepEqual(
      { status, error, confirmed: detail.calleeConfirmed, runs: detail.calleeMayStillRun },
      { status: 'cancelled', error: 'not needed', confirmed: true, runs: false },
    );
  });

  test('D10: in flight the callee is told, and its word or the end of the grace decides', async () => {
    for (const confirms of [true, false]) {
      const scene = await stage();
      const row = await scene.delegate();
      const asked = await scene.commit(await scene.command(row, 'cancel', {}));
      assert.deepEqual(
        asked.stops.map(({ why }) => why),
        ['cancelled'],
      );
      assert.equal((await scene.read(row)).status, 'dispatched');
      scene.advance(LIMITS.cancelGraceMs);
      await (confirms ? scene.on(row, 'confirm_cancel', {}) : scene.on(row, 'abandon', {}));
      const { status, detail } = await scene.read(row);
      assert.deepEqual(
        { status, confirmed: detail.calleeConfirmed, runs: detail.calleeMayStillRun },
        { status: 'cancelled', confirmed: confirms, runs: !confirms },
      );
    }
  });

  test('D10: it reaches every descendant, a second one of the same conversation included', async () => {
    const scene = await stage();
    await scene.enrol('editor', { capacity: 5 });
    await scene.enrol('printer', { capacity: 5 });
    const parent = await scene.delegate();
    const child = await scene.delegate({ caller: 'writer', callee: 'editor', parent: parent.key, conversation: 'c' });
    const second = await scene.delegate({ caller: 'writer', callee: 'editor', parent: parent.key, conversation: 'c' });
    const grandchild = await scene.delegate({ caller: 'editor', callee: 'printer', parent: child.key });
    await scene.on(parent, 'cancel', {});
    const asked = await Promise.all([child, grandchild].map(async (row) => (await scene.read(row)).detail.cancel));
    assert.ok(asked.every((cancel) => cancel !== undefined));
    assert.equal((await scene.read(second)).status, 'cancelled');
  });

  test('D10: completing before the callee heard of it stands as completed', async () => {
    const scene = await stage();
    const row = await scene.delegate();
    await scene.on(row, 'cancel', {});
    assert.equal((await scene.complete(row)).status, 'completed');
  });

  test('D10: a failure takes along what nobody else is told of, and leaves the rest to its caller', async () => {
    const scene = await stage();
    await scene.enrol('editor', { capacity: 9 });
    const above = await scene.delegate({ callee: 'writer' });
    const child = { caller: 'writer', callee: 'editor', parent: above.key };
    const told = await scene.delegate(child);
    const quiet = await scene.delegate({ ...child, quiet: true });
    await scene.on(above, 'fail', { reason: 'callee_failed', error: 'no' });
    assert.equal((await scene.read(told)).detail.cancel, undefined);
    assert.equal((await scene.read(quiet)).detail.cancel?.note, 'The one above it ended.');
  });
});

describe('a batch', () => {
  test('D7: its caller is told once, with the last ending, and not for each', async () => {
    const scene = await stage();
    const { delegations: tasks } = batchIn(await scene.openBatch([{}, {}, {}]));
    await scene.complete(tasks[0]!);
    await scene.on(tasks[1]!, 'fail', { reason: 'callee_failed', error: 'no' });
    assert.deepEqual(await scene.engine.unacknowledged('lead', 10), []);
    await scene.on(tasks[2]!, 'cancel', {});
    await scene.on(tasks[2]!, 'confirm_cancel', {});
    const notices = await scene.engine.unacknowledged('lead', 10);
    assert.deepEqual(
      notices.map(({ kind, batch }) => ({ kind, batch })),
      [{ kind: 'batch', batch: tasks[0]!.batch }],
    );
    const batch = await scene.engine.batch(tasks[0]!.batch ?? 0);
    assert.deepEqual([batch?.completed, batch?.failed, batch?.cancelled], [1, 1, 1]);
  });

  test('is accepted whole or not at all, and the refusal names the task', async () => {
    const scene = await stage();
    const answer = await scene.openBatch([{}, { callee: 'nobody' }]);
    assert.equal(refusedWith(answer), 'not_found');
    assert.ok(answer.kind === 'refused' && answer.refusal.message.startsWith('tasks[1]: '));
    assert.deepEqual(await scene.engine.delegations({ limit: 10 }), []);
  });

  test('D2: two tasks that replace the same older one end it once', async () => {
    const scene = await stage();
    await scene.do({ type: 'pause', id: 'writer', actor: 'operator' });
    const older = await scene.delegate();
    const { delegations } = batchIn(await scene.openBatch([{ supersedes: older.id }, { supersedes: older.id }]));
    const settled = (await scene.engine.events({ delegation: older.key, limit: 10 })).filter(
      ({ type }) => type === 'delegation.settled',
    );
    assert.equal(settled.length, 1);
    assert.equal((await scene.read(older)).detail.supersededBy, delegations[0]!.id);
  });
});
