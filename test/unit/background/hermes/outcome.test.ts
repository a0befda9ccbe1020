/** How units end: a closed list, counted, in one shape; kept where it can be asked for again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openHermes, type BatchRunner, type Hermes } from '../../../../src/background/hermes/index.ts';
import { endingOf, gate, idOf, nextOf } from './stage.ts';

async function batchOf(hermes: Hermes, results: unknown, goals = ['a', 'b']) {
  const runner = () => ({ results }) as never;
  idOf(await hermes.dispatch_async_delegation_batch({ goals, runner }));
  const { event } = await nextOf(hermes);
  return event;
}

test('H1: the outcome is kept apart from its delivery, and can be asked for before and after it was told', async () => {
  await using hermes = await openHermes();
  const open = gate();
  const id = idOf(await hermes.dispatch_async_delegation({ goal: 'g', runner: open.runner }));
  assert.equal(await hermes.get_async_delegation(id), undefined);
  open.resolve({ summary: 'found', api_calls: 2 });
  const claim = await nextOf(hermes);
  const states: unknown[] = [];
  const look = async (): Promise<void> => {
    const [record] = await hermes.list_async_delegations();
    states.push(record?.delivery_state);
    assert.deepEqual(await hermes.get_async_delegation(id), claim.event);
  };
  await look();
  await hermes.completion_queue.release(claim);
  await look();
  await hermes.completion_queue.complete(await nextOf(hermes));
  await look();
  assert.deepEqual(states, ['claimed', 'pending', 'delivered']);
});

test('H7: a status that is no ending is a broken promise: the unit has failed and its slot is free', async () => {
  await using hermes = await openHermes({ maxAsyncChildren: 1 });
  for (const status of ['running', 'pending', '', 7, null, 'constructor']) {
    const event = await endingOf(hermes, () => ({ status, summary: 'so far' }));
    assert.deepEqual([event.status, event.exit_reason, event.summary], ['failed', 'protocol', 'so far']);
    assert.match(event.error ?? '', /^protocol: /u);
  }
  for (const nothing of [undefined, null, 'a text', []]) {
    const event = await endingOf(hermes, () => nothing);
    assert.deepEqual([event.status, event.exit_reason], ['failed', 'protocol']);
  }
  assert.equal(await hermes.active_count(), 0);
});

test('a status from the list is taken as it is, and success is completed', async () => {
  await using hermes = await openHermes();
  const said = ['completed', 'success', 'error', 'failed', 'interrupted', 'timeout', 'stalled', 'unknown'];
  const found: string[] = [];
  for (const status of said) {
    const event = await endingOf(hermes, () => ({ status, summary: 's', error: status === 'error' ? 'why' : null }));
    found.push(event.status);
    assert.equal(event.summary, 's', 'what is there is kept, however it ended');
  }
  assert.deepEqual(found, ['completed', ...said.slice(1).map((one) => (one === 'success' ? 'completed' : one))]);
});

test('H8: a batch counts how each ended: partial, interrupted, empty and short ones are called that', async () => {
  await using hermes = await openHermes();
  const partial = await batchOf(hermes, [
    { status: 'completed', summary: 'x' },
    { status: 'error', error: 'y' },
  ]);
  assert.deepEqual([partial.status, partial.partial, partial.counts], ['partial', true, { completed: 1, error: 1 }]);
  const stopped = await batchOf(hermes, [{ status: 'interrupted' }, { status: 'interrupted' }]);
  assert.deepEqual([stopped.status, stopped.counts], ['interrupted', { interrupted: 2 }]);
  const empty = await batchOf(hermes, []);
  assert.deepEqual([empty.status, empty.exit_reason, empty.counts], ['error', 'empty', { unknown: 2 }]);
  const short = await batchOf(hermes, [{ task_index: 1, status: 'completed', summary: 'second' }]);
  assert.deepEqual([short.status, short.counts], ['partial', { completed: 1, unknown: 1 }]);
  assert.deepEqual(
    short.results.map(({ task_index, summary }) => [task_index, summary]),
    [
      [0, null],
      [1, 'second'],
    ],
  );
  const mixed = await batchOf(hermes, [{ status: 'error' }, { status: 'timeout' }]);
  assert.deepEqual([mixed.status, mixed.partial], ['error', false]);
  const whole = await batchOf(hermes, [{}, {}]);
  assert.deepEqual([whole.status, whole.partial, whole.error], ['completed', false, null]);
  const broken = await batchOf(hermes, 'none');
  assert.deepEqual([broken.status, broken.counts], ['failed', { failed: 2 }]);
});

test('a result that names no goal of its batch, or one that has its own, breaks the promise; the others are kept', async () => {
  await using hermes = await openHermes();
  for (const results of [
    [{ summary: 'a' }, { task_index: 0, summary: 'again' }],
    [
      { task_index: 0, summary: 'a' },
      { task_index: 2, summary: 'beyond' },
    ],
    [{ summary: 'a' }, { task_index: 0.5, summary: 'between' }],
  ]) {
    const event = await batchOf(hermes, results);
    assert.deepEqual([event.status, event.exit_reason, event.partial], ['failed', 'protocol', true]);
    assert.match(event.error ?? '', /^protocol: 1 of 2 results/u);
    assert.deepEqual(
      event.results.map(({ status, summary }) => [status, summary]),
      [
        ['completed', 'a'],
        ['failed', null],
      ],
    );
  }
  const more = await batchOf(hermes, [{ summary: 'a' }, { summary: 'b' }, { summary: 'c' }]);
  assert.deepEqual([more.status, more.counts], ['failed', { completed: 2 }]);
});

test('what a runner gives in another form than it should is kept as far as it can be, and never reckoned with', async () => {
  await using hermes = await openHermes();
  const odd = await endingOf(hermes, () => ({
    summary: { found: 12 },
    error: { code: 5 },
    ...{ api_calls: 'many', duration_seconds: Number.NaN, exit_reason: 5, cost_usd: -1 },
    tokens: { input: Number.NaN, output: 7 },
  }));
  assert.deepEqual(
    [odd.status, odd.summary, odd.error, odd.exit_reason],
    ['completed', '{"found":12}', '{"code":5}', '5'],
  );
  assert.deepEqual([odd.api_calls, odd.duration_seconds >= 0], [0, true]);
  assert.doesNotThrow(() => hermes.format_async_delegation(odd));
  const unsayable = await endingOf(hermes, () => ({ status: 'completed', summary: 'so far', size: 1n }));
  assert.deepEqual([unsayable.status, unsayable.exit_reason, unsayable.summary], ['failed', 'protocol', 'so far']);
});

test('an exception is named by its class', async () => {
  class NoSuchSheep extends Error {}
  await using hermes = await openHermes();
  const event = await endingOf(hermes, () => {
    throw new NoSuchSheep('gone');
  });
  assert.equal(event.error, 'NoSuchSheep: gone');
});

test('children that were recorded are in the ending of their batch, however that comes', async () => {
  await using hermes = await openHermes();
  const goals = ['a', 'b', 'c'];
  const dispatch = async (runner: BatchRunner) => {
    idOf(await hermes.dispatch_async_delegation_batch({ goals, runner }));
    const { event } = await nextOf(hermes);
    return [event.status, event.partial, event.results.map(({ status, summary }) => `${status} ${summary}`)];
  };
  const first = { task_index: 0, status: 'completed', summary: 'one' };
  const thrown = dispatch(async ({ record_unit_child }) => {
    await record_unit_child(first);
    throw new Error('no');
  });
  assert.deepEqual(await thrown, ['error', true, ['completed one', 'error null', 'error null']]);
  const short = dispatch(async ({ record_unit_child }) => {
    await record_unit_child(first);
    return { results: [{ task_index: 1, summary: 'two' }] };
  });
  assert.deepEqual(await short, ['partial', true, ['completed one', 'completed two', 'unknown null']]);
  const stopped = dispatch(async ({ record_unit_child, delegation_id, signal }) => {
    await record_unit_child(first);
    void hermes.interrupt(delegation_id);
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('stopped')));
    });
  });
  assert.deepEqual(await stopped, ['interrupted', true, ['completed one', 'interrupted null', 'interrupted null']]);
  const beyond = dispatch(async ({ record_unit_child }) => {
    await record_unit_child({ ...first, task_index: 3 });
    return { results: [] };
  });
  assert.deepEqual((await beyond)[0], 'error');
});

test('H9: an event has one shape, for one task and for many, however it ended', async () => {
  await using hermes = await openHermes();
  const single = await endingOf(hermes, () => ({ summary: 'x' }));
  const crashed = await endingOf(hermes, () => {
    throw new Error('no');
  });
  const batch = await batchOf(hermes, [{}, {}]);
  const fields = (event: object): string[] => Object.keys(event).toSorted();
  assert.deepEqual(fields(crashed), fields(single));
  assert.deepEqual(fields(batch), fields(single));
  assert.deepEqual([single.results.length, single.goals], [1, ['g']]);
});

test('tokens and tool traces of each child come back as its runner gave them', async () => {
  await using hermes = await openHermes();
  const child = {
    status: 'completed',
    summary: 's',
    tokens: { input: 5, output: 7 },
    tool_trace: [{ tool: 'grep', args_bytes: 3, result_bytes: 9, status: 'ok' }],
  };
  const { results } = await batchOf(hermes, [child, child]);
  assert.deepEqual(results[1], { ...child, task_index: 1, error: null });
});
