/**
 * Background delegation whose process is killed: at each step of a unit, judged by the process that comes after it.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { open, type Task } from '../../src/background/index.ts';
import { openHermes, type Hermes, type Lost } from '../../src/background/hermes/index.ts';
import { Child } from './delivery/child.ts';

const PROGRAM = new URL('hermes/program.ts', import.meta.url).pathname;

interface Left {
  store: string;
  effects(): string[];
}

/** What a process leaves behind that was killed where it stood at that step. */
async function killedAt(t: TestContext, step: string): Promise<Left> {
  const folder = mkdtempSync(join(tmpdir(), 'errand-hermes-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [store, file] = [join(folder, 'background.db'), join(folder, 'effects')];
  const child = new Child([PROGRAM, store, file, step]);
  t.after(async () => child.kill());
  await child.said('ready');
  await child.kill();
  return { store, effects: () => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []) };
}

/** Everything that is told now, once nothing lives any more. */
async function told(hermes: Hermes) {
  for (;;) {
    const live = (await hermes.list_async_delegations()).filter(({ completed_at }) => completed_at === null);
    if (live.length === 0) {
      return hermes.completion_queue.claim({ session_key: 's' });
    }
    const [receipt] = await hermes.interrupt(live[0]?.delegation_id ?? '');
    await receipt?.ended;
  }
}

test('H3: killed while it dispatches, a unit is there whole or not at all', async (t) => {
  const { store } = await killedAt(t, 'dispatching');
  await using hermes = await openHermes({ store });
  const claims = await told(hermes);
  const listed = await hermes.list_async_delegations();
  assert.ok(listed.length <= 1);
  assert.deepEqual(
    claims.map(({ event }) => [event.delegation_id, event.goal]),
    listed.map(({ delegation_id }) => [delegation_id, 'g']),
  );
});

test('H3: killed while its runner works, a unit is told once as unknown, with what was heard of it last', async (t) => {
  const { store, effects } = await killedAt(t, 'running');
  await using hermes = await openHermes({ store });
  const claim = await hermes.completion_queue.get({ session_key: 's' });
  const { status, goal, context, diagnostics, error } = claim?.event ?? {};
  assert.deepEqual([status, goal, context], ['unknown', 'long', 'why']);
  assert.deepEqual([diagnostics?.last_status, diagnostics?.progress], ['running', 'half way']);
  assert.ok((diagnostics?.last_activity_at ?? 0) > 0 && error !== null);
  assert.match(hermes.format_async_delegation(claim!.event), /nobody knows how far it came[^]*half way/u);
  assert.deepEqual(effects(), ['long'], 'it was not done again');
  assert.deepEqual(await hermes.completion_queue.claim({ session_key: 's' }), []);
});

test('H3: killed while a unit waits for a slot, it is told that nothing of it was done', async (t) => {
  const { store, effects } = await killedAt(t, 'queued');
  await using hermes = await openHermes({ store });
  const found = new Map<string, unknown>();
  while (found.size < 2) {
    const claim = await hermes.completion_queue.get({ session_key: 's' });
    found.set(claim?.event.goal ?? '', [claim?.event.status, claim?.event.diagnostics?.last_status]);
  }
  assert.deepEqual(Object.fromEntries(found), { long: ['unknown', 'running'], waits: ['unknown', 'queued'] });
  assert.deepEqual(effects(), ['long']);
  assert.equal(await hermes.active_count(), 0);
});

for (const [step, attempts] of [
  ['ended', 1],
  ['claimed', 2],
] as const) {
  test(`H3: killed after its ending (${step}) and before it was told, a completion is told by the next process`, async (t) => {
    const { store, effects } = await killedAt(t, step);
    await using hermes = await openHermes({ store });
    const [claim, ...others] = await hermes.completion_queue.claim({ session_key: 's' });
    assert.deepEqual([claim?.event.summary, claim?.attempts, others], ['done before', attempts, []]);
    assert.ok(claim && (await hermes.completion_queue.complete(claim)));
    assert.deepEqual(effects(), ['short']);
  });
}

test('H3: killed after it was told, a completion is told no more, and can still be read', async (t) => {
  const { store } = await killedAt(t, 'told');
  await using hermes = await openHermes({ store });
  assert.deepEqual(await hermes.completion_queue.claim(), []);
  const [record] = await hermes.list_async_delegations();
  assert.deepEqual([record?.status, record?.delivery_state], ['completed', 'delivered']);
  assert.equal((await hermes.get_async_delegation(record?.delegation_id ?? ''))?.summary, 'done before');
});

test('H17: after a restart an idempotency key still stands for its unit', async (t) => {
  const { store, effects } = await killedAt(t, 'ended');
  await using hermes = await openHermes({ store });
  const runner = () => assert.fail('it is there already');
  const [record] = await hermes.list_async_delegations();
  const again = { goal: 'short', session_key: 's', idempotency_key: 'once', runner };
  const said = await hermes.dispatch_async_delegation(again);
  assert.ok(said.status === 'dispatched');
  assert.deepEqual([said.delegation_id, said.state, said.duplicate], [record?.delegation_id, 'ended', true]);
  assert.deepEqual(effects(), ['short']);
});

test('H18: a function that keeps how far it is goes on from there; one that does not say so is not done twice', async (t) => {
  const { store, effects } = await killedAt(t, 'line');
  const seen: unknown[] = [];
  await using errand = await open({
    store,
    workspaces: {
      counts: {
        recovery: 'resume',
        run({ checkpoint, mayHaveRun, attempt }: Task) {
          seen.push([checkpoint, mayHaveRun, attempt > 0]);
          return `counted from ${String(checkpoint)}`;
        },
      },
      pays: () => assert.fail('it may have paid'),
    },
  });
  const listed = await errand.list();
  const endings = new Map(
    await Promise.all(listed.map(async ({ id, to }) => [to, await errand.handle(id).done] as const)),
  );
  assert.deepEqual([endings.get('counts')?.status, endings.get('counts')?.text], ['completed', 'counted from 3']);
  assert.deepEqual([endings.get('pays')?.status, endings.get('pays')?.reason], ['failed', 'outcome_unknown']);
  assert.deepEqual(seen, [[3, true, true]]);
  assert.deepEqual(effects().toSorted(), ['counts from 0', 'pays']);
});

test('H18: a host that knows how gives a unit another runner, which is told how far the first one was', async (t) => {
  const { store } = await killedAt(t, 'restorable');
  const asked: Lost[] = [];
  await using hermes = await openHermes({
    store,
    restore(lost) {
      asked.push(lost);
      return ({ checkpoint }) => ({ status: 'completed', summary: `went on from ${JSON.stringify(checkpoint)}` });
    },
  });
  const claim = await hermes.completion_queue.get({ session_key: 's' });
  assert.deepEqual([claim?.event.status, claim?.event.summary], ['completed', 'went on from {"half":true}']);
  assert.deepEqual(
    asked.map(({ goal, context, may_have_run, checkpoint }) => [goal, context, may_have_run, checkpoint]),
    [['long', 'why', true, { half: true }]],
  );
});

test('killed in the middle of a batch, what its children had finished is kept, and only the others are lost', async (t) => {
  const { store } = await killedAt(t, 'one of two');
  await using hermes = await openHermes({ store });
  const claim = await hermes.completion_queue.get({ session_key: 's' });
  const { status, partial, counts, results = [], diagnostics } = claim?.event ?? {};
  assert.deepEqual([status, partial, counts], ['unknown', true, { completed: 1, unknown: 1 }]);
  assert.deepEqual(
    results.map((one) => [one.task_index, one.status, one.summary?.length, one.api_calls]),
    [
      [0, 'completed', 50_000, 2],
      [1, 'unknown', undefined, undefined],
    ],
  );
  assert.equal(diagnostics?.checkpoint, 'begun', 'what the runner kept itself stands beside it');
  assert.deepEqual(await hermes.get_async_delegation(claim?.event.delegation_id ?? ''), claim?.event);
});

test('killed after the last child of a batch and before its runner returned, the batch is whole', async (t) => {
  const { store } = await killedAt(t, 'two of two');
  await using hermes = await openHermes({ store });
  const claim = await hermes.completion_queue.get({ session_key: 's' });
  assert.deepEqual(
    [claim?.event.status, claim?.event.counts, claim?.event.error],
    ['completed', { completed: 2 }, null],
  );
  assert.equal(claim?.event.results[1]?.summary, '1'.repeat(50_000));
  assert.equal((await hermes.list_async_delegations())[0]?.status, 'completed');
});

test('a runner that goes on with a batch is told which of its children had finished, and does the others', async (t) => {
  const { store, effects } = await killedAt(t, 'one of two, restorable');
  const before: unknown[] = [];
  await using hermes = await openHermes({
    store,
    restore(lost) {
      before.push([lost.checkpoint, lost.finished.map(({ task_index }) => task_index)]);
      return ({ finished }) => {
        before.push(finished.map(({ task_index }) => task_index));
        return { results: [{ task_index: 1, status: 'completed', summary: 'second' }] };
      };
    },
  });
  const claim = await hermes.completion_queue.get({ session_key: 's' });
  assert.deepEqual(before, [['begun', [0]], [0]]);
  assert.deepEqual([claim?.event.status, claim?.event.counts], ['completed', { completed: 2 }]);
  assert.deepEqual([claim?.event.results[0]?.summary?.length, claim?.event.results[1]?.summary], [50_000, 'second']);
  assert.deepEqual(effects(), ['child 0']);
});
