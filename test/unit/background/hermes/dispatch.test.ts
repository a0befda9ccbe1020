/** Dispatching through the compatibility door: what its callers rely on, and what was mended. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openHermes, type Dispatched } from '../../../../src/background/hermes/index.ts';
import { endingOf, gate, idOf, nextOf, refusalOf } from './stage.ts';

test('dispatch returns while the child is still at its gate, and its completion carries what was asked', async () => {
  await using hermes = await openHermes();
  const { runner, resolve } = gate();
  const asked = { goal: 'count', context: 'tonight', toolsets: ['eyes'], role: 'leaf', session_key: 'telegram:7' };
  const handle = await hermes.dispatch_async_delegation({ ...asked, model: 'small', runner });
  const id = idOf(handle);
  const { note, ...shown } = handle as Extract<Dispatched, { status: 'dispatched' }>;
  assert.deepEqual(shown, {
    ...{ status: 'dispatched', delegation_id: id, mode: 'background', state: 'running' },
    ...{ goal: 'count', goals: ['count'], count: 1 },
  });
  assert.match(note, /do not wait or poll/u);
  assert.equal(await hermes.active_count(), 1);
  assert.deepEqual(
    (await hermes.list_async_delegations()).map(({ status, completed_at }) => [status, completed_at]),
    [['running', null]],
  );
  resolve({ status: 'completed', summary: 'twelve', api_calls: 4, model: 'large', exit_reason: 'done' });
  const { event } = await nextOf(hermes, 'telegram:7');
  const { dispatched_at, completed_at, duration_seconds, total_duration_seconds, results, ...said } = event;
  assert.deepEqual(said, {
    ...asked,
    type: 'async_delegation',
    delegation_id: id,
    goals: ['count'],
    is_batch: false,
    model: 'large',
    status: 'completed',
    summary: 'twelve',
    api_calls: 4,
    exit_reason: 'done',
    error: null,
    counts: { completed: 1 },
    partial: false,
    diagnostics: null,
  });
  assert.equal(results.length, 1);
  assert.ok(completed_at >= dispatched_at && duration_seconds >= 0 && total_duration_seconds === duration_seconds);
  assert.equal(await hermes.active_count(), 0);
});

test('at capacity a dispatch is rejected, its runner is not called, and a free slot takes the next one', async () => {
  await using hermes = await openHermes({ maxAsyncChildren: 1 });
  const [first, second, third] = [gate(), gate(), gate()];
  idOf(await hermes.dispatch_async_delegation({ goal: 'one', runner: first.runner }));
  const refused = refusalOf(await hermes.dispatch_async_delegation({ goal: 'two', runner: second.runner }));
  assert.equal(refused.code, 'no_free_slot');
  first.resolve({});
  await nextOf(hermes);
  idOf(await hermes.dispatch_async_delegation({ goal: 'three', runner: third.runner }));
  await third.begun;
  assert.equal(second.isBegun, false);
  assert.equal((await hermes.list_async_delegations()).length, 2, 'what was rejected leaves no record');
  third.resolve({});
});

test('twenty that are dispatched at once never exceed the cap', async () => {
  await using hermes = await openHermes({ maxAsyncChildren: 3 });
  const open = gate();
  let [now, most] = [0, 0];
  const runner = async () => {
    now += 1;
    most = Math.max(most, now);
    const result = await open.promise;
    now -= 1;
    return result;
  };
  const all = Array.from({ length: 20 }, async (_none, index) =>
    hermes.dispatch_async_delegation({ goal: `g${index}`, runner }),
  );
  const said = await Promise.all(all);
  assert.equal(said.filter(({ status }) => status === 'dispatched').length, 3);
  open.resolve({});
  await hermes.wait_async_delegations(said.flatMap((one) => (one.status === 'dispatched' ? one.delegation_id : [])));
  assert.equal(most, 3);
});

test('a runner that throws ends as an error, with the name of its exception first', async () => {
  await using hermes = await openHermes();
  const event = await endingOf(hermes, () => {
    throw new RangeError('no such sheep');
  });
  assert.deepEqual(
    [event.status, event.summary, event.error, event.api_calls],
    ['error', null, 'RangeError: no such sheep', 0],
  );
  assert.equal(await hermes.active_count(), 0);
});

test('a batch takes one slot and comes back as one event with the results of all', async () => {
  await using hermes = await openHermes({ maxAsyncChildren: 1 });
  const open = gate();
  const runner = async () => {
    await open.promise;
    const results = ['a', 'b', 'c'].map((summary, task_index) => ({ task_index, status: 'completed', summary }));
    return { results, total_duration_seconds: 1.5 };
  };
  const goals = ['first', 'second', 'a third one that is longer than forty characters are'];
  idOf(await hermes.dispatch_async_delegation_batch({ goals, runner }));
  assert.equal(await hermes.active_count(), 1);
  refusalOf(await hermes.dispatch_async_delegation({ goal: 'no', runner: gate().runner }));
  open.resolve({});
  const { event } = await nextOf(hermes);
  assert.equal(event.goal, '3 parallel subagents: first; second; a third one that is longer than forty ch');
  assert.deepEqual([event.goals, event.is_batch, event.total_duration_seconds], [goals, true, 1.5]);
  assert.deepEqual(
    event.results.map(({ summary }) => summary),
    ['a', 'b', 'c'],
  );
  assert.deepEqual(await hermes.completion_queue.claim(), []);
});

test('what cannot be dispatched is rejected in the words of the dispatch, and nothing is begun or kept', async () => {
  await using hermes = await openHermes();
  const { runner } = gate();
  const slips: [string, object][] = [
    ['goal', { goal: ' ' }],
    ['goal', { goal: 7 }],
    ['context', { context: 5 }],
    ['toolsets', { toolsets: 'web' }],
    ['toolsets', { toolsets: [7] }],
    ['role', { role: {} }],
    ['model', { model: 3 }],
    ['session_key', { session_key: 7 }],
    ['session_key', { session_key: 'x'.repeat(177) }],
    ['idempotency_key', { idempotency_key: '' }],
    ['full', { full: 'later' }],
    ...[0, -1, 1.5, Number.NaN].map((bad): [string, object] => ['max_async_children', { max_async_children: bad }]),
    ...[0, -1, Number.NaN].map((bad): [string, object] => ['timeout_seconds', { timeout_seconds: bad }]),
  ];
  for (const [field, slip] of slips) {
    const refused = refusalOf(await hermes.dispatch_async_delegation({ goal: 'g', runner, ...slip }));
    assert.deepEqual([refused.code, refused.error.split(':')[0]], ['invalid_request', field]);
  }
  for (const goals of [[], ['a', ''], 'ab', undefined]) {
    const refused = refusalOf(
      await hermes.dispatch_async_delegation_batch({ goals, runner: () => ({ results: [] }) } as never),
    );
    assert.equal(refused.error.split(':')[0], 'goals');
  }
  await assert.rejects(hermes.set_max_async_children(0), /max_async_children/u);
  await assert.rejects(hermes.dispatch_async_delegation({ goal: 'g' } as never), /runner is a function/u);
  await assert.rejects(
    hermes.dispatch_async_delegation({ goal: 'g', runner, interrupt_fn: 'stop' } as never),
    TypeError,
  );
  assert.deepEqual(await hermes.list_async_delegations(), []);
});

test('no session_key is the one session of a program that has only one', async () => {
  await using hermes = await openHermes();
  idOf(await hermes.dispatch_async_delegation({ goal: 'g', session_key: null, runner: () => ({}) }));
  assert.equal((await nextOf(hermes, '')).event.session_key, '');
});

test('two doors side by side share nothing', async () => {
  await using one = await openHermes({ maxAsyncChildren: 1 });
  await using other = await openHermes({ maxAsyncChildren: 1 });
  const open = gate();
  idOf(await one.dispatch_async_delegation({ goal: 'g', runner: open.runner }));
  assert.deepEqual([await one.active_count(), await other.active_count()], [1, 0]);
  idOf(await other.dispatch_async_delegation({ goal: 'g', runner: () => ({}) }));
  open.resolve({});
});

test('H4: what is rejected never runs in line, and what may run in line is asked for, counted and bounded', async () => {
  await using hermes = await openHermes({ maxAsyncChildren: 1, inline: 1 });
  const [first, inline, third] = [gate(), gate(), gate()];
  idOf(await hermes.dispatch_async_delegation({ goal: 'one', runner: first.runner }));
  idOf(await hermes.dispatch_async_delegation({ goal: 'two', runner: inline.runner, full: 'inline' }));
  await inline.begun;
  assert.equal(await hermes.active_count(), 2);
  const refused = refusalOf(
    await hermes.dispatch_async_delegation({ goal: 'n', runner: third.runner, full: 'inline' }),
  );
  assert.equal(refused.code, 'no_free_slot');
  assert.equal(third.isBegun, false);
  for (const { resolve } of [first, inline]) {
    resolve({});
  }
});

test('H15: a rejection names only what is there, as text and as data', async () => {
  await using hermes = await openHermes({ maxAsyncChildren: 1 });
  const open = gate();
  idOf(await hermes.dispatch_async_delegation({ goal: 'one', idempotency_key: 'k', runner: open.runner }));
  const full = refusalOf(await hermes.dispatch_async_delegation({ goal: 'two', runner: open.runner }));
  assert.deepEqual(full.next_actions, ['wait_async_delegations', 'interrupt', 'full']);
  const fields = new Set<string>(['full', 'idempotency_key']);
  for (const action of full.next_actions) {
    assert.ok(full.error.includes(action), `the text says ${action}`);
    assert.ok(fields.has(action) || typeof hermes[action as 'interrupt'] === 'function', `${action} is there`);
  }
  assert.doesNotMatch(full.error, /background=/u);
  const queued = await hermes.dispatch_async_delegation({ goal: 'two', full: 'queue', runner: open.runner });
  assert.equal(queued.status === 'dispatched' && queued.state, 'queued', 'what it names works');
  const other = await hermes.dispatch_async_delegation({ goal: 'other', idempotency_key: 'k', runner: open.runner });
  assert.deepEqual(refusalOf(other).next_actions, ['idempotency_key']);
  open.resolve({});
});

test('H17: one idempotency key of a session is one unit, and the second runner is not called', async () => {
  await using hermes = await openHermes();
  const [first, second] = [gate(), gate()];
  const asked = { goal: 'once', idempotency_key: 'call-1' };
  const [one, again] = await Promise.all([
    hermes.dispatch_async_delegation({ ...asked, runner: first.runner }),
    hermes.dispatch_async_delegation({ ...asked, runner: second.runner }),
  ]);
  assert.equal(idOf(one), idOf(again));
  assert.equal((again as Extract<Dispatched, { status: 'dispatched' }>).duplicate, true);
  const elsewhere = await hermes.dispatch_async_delegation({ ...asked, session_key: 'b', runner: () => ({}) });
  assert.notEqual(idOf(elsewhere), idOf(one), 'a key is of its session');
  first.resolve({ summary: 'done' });
  const { event } = await nextOf(hermes);
  assert.equal(event.summary, 'done');
  assert.equal(second.isBegun, false);
  const late = await hermes.dispatch_async_delegation({ ...asked, runner: second.runner });
  assert.deepEqual([idOf(late), late.status === 'dispatched' && late.state], [idOf(one), 'ended']);
});
