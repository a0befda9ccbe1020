/** The completion queue: handed out under a lease, and gone only when somebody says so. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openHermes, type Hermes } from '../../../../src/background/hermes/index.ts';
import { openHermesIn } from '../../../../src/background/hermes/open.ts';
import { ManualClock } from '../../../support/clock.ts';
import { gate, idOf, nextOf, worldWith } from './stage.ts';

async function ended(hermes: Hermes, session_key = ''): Promise<string> {
  const id = idOf(await hermes.dispatch_async_delegation({ goal: 'g', session_key, runner: () => ({ summary: 's' }) }));
  await nextOf(hermes, session_key).then((claim) => hermes.completion_queue.release(claim));
  return id;
}

const stateOf = async (hermes: Hermes): Promise<unknown> =>
  (await hermes.list_async_delegations()).at(-1)?.delivery_state;

test('what is claimed is not handed out again, until it is released; completed it is gone', async () => {
  await using hermes = await openHermes();
  const queue = hermes.completion_queue;
  const id = await ended(hermes);
  const [claim] = await queue.claim();
  assert.deepEqual([claim?.event.delegation_id, claim?.attempts, claim?.lease_seconds], [id, 2, 300]);
  assert.deepEqual(await queue.claim(), []);
  assert.ok(claim && (await queue.release(claim)));
  assert.equal(await queue.complete(claim), false, 'it is nobody’s claim any more');
  const [again] = await queue.claim();
  assert.deepEqual([again?.event, again?.attempts], [claim.event, 3]);
  assert.equal(await queue.complete(claim), false, 'the older claim is another one');
  assert.ok(again && (await queue.complete(again)));
  assert.deepEqual([await queue.complete(again), await queue.release(again)], [false, false]);
  assert.deepEqual(await queue.claim(), []);
  assert.equal(await stateOf(hermes), 'delivered');
});

test('a claim whose holder says nothing is free when its lease is over', async () => {
  const clock = new ManualClock();
  const hermes = await openHermesIn(worldWith(clock), { claims: { leaseMs: 5000 } });
  const queue = hermes.completion_queue;
  await ended(hermes);
  const [claim] = await queue.claim();
  await clock.pass(4999);
  assert.deepEqual(await queue.claim(), []);
  await clock.pass(2);
  assert.ok(claim);
  assert.equal(await queue.complete(claim), false, 'too late, although nobody else has it yet');
  const [next] = await queue.claim();
  assert.equal(next?.attempts, 3);
  const waiting = nextOf(hermes);
  await clock.pass(5001);
  assert.equal((await waiting).attempts, 4, 'also for whoever waited while another had it');
  await hermes.shutdown({ mode: 'keep' });
});

test('what is released comes to whoever waits at that moment', async () => {
  await using hermes = await openHermes();
  await ended(hermes);
  const claim = await nextOf(hermes);
  const next = nextOf(hermes);
  assert.deepEqual(await hermes.completion_queue.claim(), []);
  assert.ok(await hermes.completion_queue.release(claim));
  assert.equal((await next).attempts, claim.attempts + 1);
});

test('what is deferred comes again after that time, and whoever waits gets it then', async () => {
  const clock = new ManualClock();
  const hermes = await openHermesIn(worldWith(clock), {});
  const queue = hermes.completion_queue;
  await ended(hermes);
  const claim = await nextOf(hermes);
  assert.ok(await queue.defer(claim, 60));
  assert.equal(await stateOf(hermes), 'claimed');
  await clock.pass(59_000);
  assert.deepEqual(await queue.claim(), []);
  const next = nextOf(hermes);
  await clock.pass(1001);
  assert.equal((await next).event.delegation_id, claim.event.delegation_id);
  await hermes.shutdown({ mode: 'keep' });
});

test('what is dropped is told to nobody, and its outcome can still be read', async () => {
  await using hermes = await openHermes();
  const queue = hermes.completion_queue;
  const id = await ended(hermes);
  const claim = await nextOf(hermes);
  assert.ok(await queue.drop(claim, 'the user has gone'));
  assert.deepEqual([await queue.claim(), await queue.drop(claim, 'twice')], [[], false]);
  assert.equal(await stateOf(hermes), 'dropped');
  assert.equal((await hermes.get_async_delegation(id))?.summary, 's');
});

test('what was handed out eight times in vain, or is two days old, is dropped', async () => {
  const clock = new ManualClock();
  const hermes = await openHermesIn(worldWith(clock), {});
  const queue = hermes.completion_queue;
  await ended(hermes);
  for (let attempts = 2; attempts <= 8; attempts += 1) {
    const claim = await nextOf(hermes);
    assert.equal(claim.attempts, attempts);
    await queue.release(claim);
  }
  assert.deepEqual(await queue.claim(), []);
  assert.equal(await stateOf(hermes), 'dropped');
  await ended(hermes);
  clock.jump(48 * 3_600_000 + 1);
  assert.deepEqual(await queue.claim(), []);
  assert.equal(await stateOf(hermes), 'dropped');
  await hermes.shutdown({ mode: 'keep' });
});

test('a claim is of one session where one is named, and of each where none is', async () => {
  await using hermes = await openHermes();
  const queue = hermes.completion_queue;
  const ids = [await ended(hermes, ''), await ended(hermes, 'main'), await ended(hermes, 'key:main')];
  for (const [index, session_key] of ['', 'main', 'key:main'].entries()) {
    const [claim, ...others] = await queue.claim({ session_key });
    assert.deepEqual(
      [claim?.event.delegation_id, claim?.event.session_key, others.length],
      [ids[index], session_key, 0],
    );
    assert.ok(claim && (await queue.release(claim)));
  }
  assert.equal((await queue.claim({ most: 2 })).length, 2);
  assert.equal((await queue.claim()).length, 1);
  assert.equal((await hermes.list_async_delegations({ session_key: 'main' })).length, 1);
});

test('whoever asks for the next one has it with its ending; with no time to wait, undefined', async () => {
  await using hermes = await openHermes();
  assert.equal(await hermes.completion_queue.get({ timeout_seconds: 0 }), undefined);
  const { runner, resolve } = gate();
  const next = hermes.completion_queue.get();
  idOf(await hermes.dispatch_async_delegation({ goal: 'g', session_key: 'late', runner }));
  resolve({ summary: 'there' });
  assert.equal((await next)?.event.summary, 'there');
});

test('H2: a handler that fails loses nothing: the completion stays pending and is told again', async () => {
  const faults: unknown[] = [];
  await using hermes = await openHermes({ onFault: (error) => faults.push(error) });
  const id = await ended(hermes);
  const lost = new Error('the chat is not there');
  const delivered = await hermes.completion_queue.drain(() => Promise.reject(lost));
  assert.deepEqual([delivered, faults, await stateOf(hermes)], [0, [lost], 'pending']);
  const told: string[] = [];
  assert.equal(await hermes.completion_queue.drain(({ delegation_id }) => told.push(delegation_id)), 1);
  assert.deepEqual([told, await stateOf(hermes)], [[id], 'delivered']);
});

test('H2: while its ending cannot be written a unit stays live, and it is told once it could', async () => {
  const clock = new ManualClock();
  let isBroken = false;
  const world = worldWith(clock, ({ type }) => isBroken && type === 'complete');
  const faults: unknown[] = [];
  const hermes = await openHermesIn(world, { maxAsyncChildren: 1, onFault: (error) => faults.push(error) });
  const { runner, resolve } = gate();
  const id = idOf(await hermes.dispatch_async_delegation({ goal: 'g', runner }));
  isBroken = true;
  resolve({ summary: 'kept' });
  await clock.pass(10_000);
  assert.equal(await hermes.get_async_delegation(id), undefined);
  assert.deepEqual([await hermes.active_count(), (await hermes.list_async_delegations())[0]?.status], [1, 'running']);
  assert.deepEqual(await hermes.completion_queue.claim(), []);
  isBroken = false;
  await clock.pass(10_000);
  assert.equal((await nextOf(hermes)).event.summary, 'kept');
  assert.equal(await hermes.active_count(), 0);
  await hermes.shutdown({ mode: 'keep' });
});

test('H16: whoever waits for a unit takes its completion from the queue: all, any, or so many', async () => {
  await using hermes = await openHermes({ maxAsyncChildren: 6 });
  const gates = Array.from({ length: 4 }, gate);
  const ids: string[] = [];
  for (const { runner } of gates) {
    ids.push(idOf(await hermes.dispatch_async_delegation({ goal: 'g', runner })));
  }
  const any = hermes.wait_async_delegations(ids, { mode: 'any' });
  gates[1]?.resolve({ summary: 'b' });
  const first = await any;
  assert.deepEqual([first.events.map(({ summary }) => summary), first.pending.length], [['b'], 3]);
  const two = hermes.wait_async_delegations(first.pending, { mode: 2 });
  gates[0]?.resolve({ summary: 'a' });
  gates[2]?.resolve({ summary: 'c' });
  assert.deepEqual((await two).events.map(({ summary }) => summary).toSorted(), ['a', 'c']);
  const none = await hermes.wait_async_delegations(ids.slice(3), { timeout_seconds: 0 });
  assert.deepEqual([none.events, none.pending], [[], ids.slice(3)]);
  assert.deepEqual(await hermes.completion_queue.claim(), [], 'what was waited for is told to nobody');
  gates[3]?.resolve({ summary: 'd' });
  assert.equal((await nextOf(hermes)).event.summary, 'd', 'what nobody waited for is');
  const all = await hermes.wait_async_delegations(ids);
  assert.deepEqual([all.events.length, all.pending], [4, []]);
  await assert.rejects(hermes.wait_async_delegations(['deleg_none']), RangeError);
});
