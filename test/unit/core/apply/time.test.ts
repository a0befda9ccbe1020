/**
 * Silence, leases and what a callee that comes and goes means for those who wait for it.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS } from '../../../../src/core/delegation/index.ts';
import type { Command } from '../../../../src/core/ports/index.ts';
import type { Scene } from '../../../../src/testing/index.ts';
import { stage } from '../../../support/stage.ts';

const ACTIVITY = { tasks: 1, current: 'writing', errorRate: 0, uptimeSeconds: 5 };

describe('silence', () => {
  test('is warned about, then ended, and the callee is told to stop', async () => {
    const scene = await stage();
    const row = await scene.delegate({ deadlineMs: 7 * 86_400_000 });
    await renewedFor(scene, row, LIMITS.stallMs);
    await scene.on(row, 'warn', {});
    await renewedFor(scene, row, LIMITS.stallGraceMs);
    const { stops } = await scene.commit(await scene.command(row, 'stall', {}));
    assert.deepEqual(
      stops.map(({ why }) => why),
      ['stalled'],
    );
    const { status, reason, detail } = await scene.read(row);
    assert.deepEqual([status, reason, detail.calleeMayStillRun], ['failed', 'stalled', true]);
  });

  test('is over with any word of the callee, and a warning is taken back', async () => {
    for (const word of ['progress', 'acknowledge'] as const) {
      const scene = await stage();
      const row = await scene.delegate();
      await renewedFor(scene, row, LIMITS.stallMs);
      await scene.on(row, 'warn', {});
      await scene.on(row, word, { message: 'on it', inTool: true });
      const { status, detail, progressAt } = await scene.read(row);
      assert.deepEqual([status, detail.warnedAt, progressAt], ['in_progress', undefined, scene.now]);
    }
  });

  test('of one attempt is not held against the next', async () => {
    const scene = await stage();
    const row = await scene.delegate({ deadlineMs: 7 * 86_400_000 });
    await scene.on(row, 'progress', { message: 'on it', inTool: true });
    await renewedFor(scene, row, LIMITS.stallInToolMs);
    await scene.on(row, 'warn', {});
    scene.advance(LIMITS.leaseMs + LIMITS.stallGraceMs);
    await scene.on(row, 'rescue', { chance: 0 });
    const { status, detail, progressAt } = await scene.read(row);
    assert.deepEqual([status, progressAt], ['dispatched', scene.now]);
    assert.deepEqual([detail.warnedAt, detail.inTool], [undefined, undefined]);
  });

  test('of the lease alone is no silence: renewing says nothing and shows nobody anything', async () => {
    const scene = await stage();
    const row = await scene.delegate();
    await scene.on(row, 'renew', {});
    const after = await scene.read(row);
    assert.deepEqual([after.version, after.progressAt], [row.version, row.progressAt]);
  });
});

describe('a deadline', () => {
  test('D11: ends what runs, and says that the callee may still run', async () => {
    const scene = await stage();
    const row = await scene.delegate({ deadlineMs: 1000 });
    scene.advance(1000);
    const { stops } = await scene.commit(await scene.command(row, 'expire', {}));
    assert.deepEqual(
      stops.map(({ why }) => why),
      ['deadline'],
    );
    const { reason, detail } = await scene.read(row);
    assert.deepEqual([reason, detail.calleeMayStillRun], ['deadline_exceeded', true]);
  });
});

describe('a start time', () => {
  test('D11: is what the deadline, and the time worth waiting for, count from', async () => {
    const scene = await stage();
    const startAt = scene.now + 2 * 3_600_000;
    const row = await scene.delegate({ startAt, deadlineMs: 3_600_000, validForMs: 60_000 });
    assert.deepEqual([row.dueAt, row.deadlineAt, row.validUntil], [startAt, startAt + 3_600_000, startAt + 60_000]);
    scene.advance(2 * 3_600_000);
    await scene.on(row, 'release', {});
    assert.equal((await scene.read(row)).status, 'dispatched');
  });

  test('that has passed already is none', async () => {
    const scene = await stage();
    const row = await scene.delegate({ startAt: scene.now - 1000, deadlineMs: 5000 });
    assert.deepEqual([row.status, row.deadlineAt], ['dispatched', scene.now + 5000]);
  });
});

describe('a seat in time', () => {
  test('that was beating and fell silent takes nothing, and drains at its next beat', async () => {
    const scene = await stage();
    await scene.do({ type: 'beat', id: 'writer', activity: ACTIVITY });
    scene.advance(LIMITS.presenceMs);
    await scene.do({ type: 'look', id: 'writer' });
    assert.equal((await scene.seat('writer')).presence, 'offline');
    const row = await scene.delegate();
    assert.equal(row.status, 'queued');
    const { handovers } = await scene.commit({ type: 'beat', id: 'writer', activity: ACTIVITY });
    assert.deepEqual(
      handovers.map(({ delegation }) => delegation.key),
      [row.key],
    );
    assert.equal((await scene.seat('writer')).capacity, 1, 'a beat says that it lives, not how much it takes on');
  });

  test('that beat once and fetches since is not offline, and comes back with a fetch when it was', async () => {
    const scene = await stage();
    await scene.enrol('puller', { carrier: 'pull' });
    const [look, claim] = [
      { type: 'look', id: 'puller' } as const,
      { type: 'claim', callee: 'puller', most: 1 } as const,
    ];
    await scene.do({ type: 'beat', id: 'puller', activity: ACTIVITY });
    for (let fetches = 0; fetches < 4; fetches += 1) {
      scene.advance(LIMITS.presenceMs / 2);
      await scene.do(claim);
      await scene.do(look);
      assert.equal((await scene.seat('puller')).presence, 'online');
    }
    scene.advance(LIMITS.presenceMs);
    await scene.do(look);
    assert.equal((await scene.seat('puller')).presence, 'offline');
    const row = await scene.delegate({ callee: 'puller' });
    const { answers, events } = await scene.commit(claim);
    assert.ok(answers[0]?.kind === 'claimed' && answers[0].delegations[0]?.key === row.key);
    assert.equal(events[0]?.type, 'workspace.online');
  });

  test('that says that it goes is offline at once, and a fetch that was waiting does not bring it back', async () => {
    const scene = await stage();
    await scene.enrol('puller', { carrier: 'pull' });
    const claim = { type: 'claim', callee: 'puller', most: 1 } as const;
    await scene.do({ type: 'beat', id: 'puller', activity: ACTIVITY });
    const leave: Command = { type: 'beat', id: 'puller', activity: ACTIVITY, leaving: true };
    const { events } = await scene.commit(leave);
    assert.deepEqual(
      events.map(({ type, actor }) => [type, actor]),
      [['workspace.offline', 'puller']],
    );
    assert.deepEqual((await scene.commit(leave)).events, [], 'it has gone already');
    const row = await scene.delegate({ callee: 'puller' });
    const woken = await scene.do({ ...claim, still: true });
    assert.ok(woken.kind === 'claimed' && woken.left === true && woken.delegations.length === 0);
    assert.equal((await scene.seat('puller')).presence, 'offline');
    const fetched = await scene.do(claim);
    assert.ok(fetched.kind === 'claimed' && fetched.delegations[0]?.key === row.key, 'a new fetch brings it back');
  });

  test('that waits with a fetch for as long as it may is never offline meanwhile', async () => {
    const scene = await stage();
    await scene.enrol('puller', { carrier: 'pull' });
    await scene.do({ type: 'beat', id: 'puller', activity: ACTIVITY });
    for (const passed of [LIMITS.presenceMs / 12 - 1, (LIMITS.presenceMs * 5) / 6]) {
      scene.advance(passed);
      await scene.do({ type: 'look', id: 'puller' });
      assert.equal((await scene.seat('puller')).presence, 'online');
      await scene.do({ type: 'claim', callee: 'puller', most: 1 });
    }
  });

  test('that registers itself may say how much it takes on, and drains accordingly', async () => {
    const scene = await stage();
    const self = { type: 'register', org: 'acme', actor: 'writer', url: null, card: null, name: null } as const;
    const rows = [await scene.delegate(), await scene.delegate()];
    assert.equal((await scene.read(rows[1]!)).status, 'queued');
    await scene.do({ ...self, id: 'writer', capacity: 2 });
    assert.deepEqual([(await scene.seat('writer')).capacity, (await scene.read(rows[1]!)).status], [2, 'dispatched']);
    await scene.do({ ...self, id: 'writer', capacity: null });
    assert.equal((await scene.seat('writer')).capacity, 2, 'who does not say it changes nothing');
  });

  test('that was busy is left alone for as long as it said, with its whole queue', async () => {
    const scene = await stage();
    const [first, second] = [await scene.delegate(), await scene.delegate()];
    await scene.requeue(first, 'busy', { retryAfterMs: 5000 });
    scene.advance(4999);
    await scene.do({ type: 'look', id: 'writer' });
    assert.equal((await scene.seat('writer')).running, 0);
    scene.advance(1);
    await scene.do({ type: 'look', id: 'writer' });
    const [one, two] = [await scene.read(first), await scene.read(second)];
    assert.deepEqual([one.status, one.attempt, two.status], ['dispatched', 1, 'queued']);
  });

  test('behind an open circuit is probed by one, and is whole again when that one ends', async () => {
    const scene = await stage({ circuitFailures: 2 });
    await scene.do({ type: 'change', id: 'writer', actor: 'operator', profile: { capacity: 3 } });
    const rows = [await scene.delegate(), await scene.delegate(), await scene.delegate()];
    await scene.requeue(rows[0]!, 'unreachable', { retryAfterMs: 1000 });
    await scene.requeue(rows[1]!, 'unreachable', { retryAfterMs: 1000 });
    await scene.complete(rows[2]!);
    const third = await scene.seat('writer');
    assert.deepEqual([third.strikes, third.running], [0, 2], 'the one that got through closes it');
    await scene.requeue(rows[0]!, 'unreachable', { retryAfterMs: 1000 });
    await scene.requeue(rows[1]!, 'unreachable', { retryAfterMs: 1000 });
    scene.advance(1000);
    await scene.do({ type: 'look', id: 'writer' });
    assert.equal((await scene.seat('writer')).running, 1);
    await scene.complete(rows[0]!);
    assert.equal((await scene.read(rows[1]!)).status, 'dispatched');
  });

  test('that registers itself keeps its queue, comes online, and gets no seat of somebody else', async () => {
    const scene = await stage();
    const self = { type: 'register', org: 'acme', actor: 'newcomer', card: null, name: null, capacity: null } as const;
    await scene.do({ ...self, id: 'newcomer', url: 'https://agent.example/a2a' });
    const seat = await scene.seat('newcomer');
    assert.deepEqual([seat.name, seat.carrier, seat.url], ['newcomer', 'a2a', 'https://agent.example/a2a']);
    const row = await scene.delegate({ callee: 'newcomer' });
    await scene.requeue(row, 'unreachable', { retryAfterMs: 60_000 });
    const { handovers } = await scene.commit({ ...self, id: 'newcomer', url: 'https://agent.example/new' });
    assert.equal(handovers[0]?.delegation.key, row.key);
    assert.equal((await scene.do({ ...self, id: 'newcomer', org: 'globex', url: null })).kind, 'refused');
  });

  test('cannot be put above itself, nor below a seat that is not there', async () => {
    const scene = await stage();
    await scene.enrol('child', { parent: 'writer' });
    for (const parent of ['child', 'writer', 'nobody']) {
      const answer = await scene.do({ type: 'change', id: 'writer', actor: 'operator', profile: { parent } });
      assert.ok(answer.kind === 'refused' && answer.refusal.code === 'invalid_request', parent);
    }
  });
});

/** Time passes, and the carrier that still holds the lease renews it. */
async function renewedFor(scene: Scene, row: { key: number }, ms: number): Promise<void> {
  scene.advance(ms);
  await scene.on(row, 'renew', {});
}
