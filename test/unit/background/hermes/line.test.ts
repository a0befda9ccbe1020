/** What was wrong before and is right on the line itself: queueing, fairness, slots, ids, clocks, waiting. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { open, type Task, type TaskContext } from '../../../../src/background/index.ts';
import { openIn, type World } from '../../../../src/background/open.ts';
import { openHermes } from '../../../../src/background/hermes/index.ts';
import { openMemory } from '../../../../src/engines/memory/engine.ts';
import { openSqlite } from '../../../../src/engines/sqlite/engine.ts';
import { steadyClock, systemIds } from '../../../../src/server/clock.ts';
import { ManualClock } from '../../../support/clock.ts';
import { SeededIds } from '../../../support/ids.ts';
import { endingOf, folder, gate, idOf, nextOf, worldWith } from './stage.ts';

const HOUR = 3_600_000;

/** A function whose every task waits at a gate of its own, by the text of the task. */
function gated() {
  const begun: string[] = [];
  const gates = new Map<string, PromiseWithResolvers<string>>();
  const changes = new Set<() => void>();
  const at = (text: string): PromiseWithResolvers<string> => {
    const held = gates.get(text) ?? Promise.withResolvers<string>();
    gates.set(text, held);
    return held;
  };
  return {
    begun,
    open: (text: string) => at(text).resolve(`${text} done`),
    work: async ({ text }: { text: string }) => {
      begun.push(text);
      for (const tell of changes) {
        tell();
      }
      return at(text).promise;
    },
    /** Until so many have begun. */
    async count(most: number): Promise<void> {
      while (begun.length < most) {
        await new Promise<void>((resolve) => void changes.add(resolve));
      }
    },
  };
}

test('H5: what waits for a slot is bounded, has its turn, and can be cancelled while it waits', async () => {
  const { work, begun, open: release } = gated();
  await using errand = await open({ capacity: 1, queue: { most: 2 }, workspaces: { work } });
  const ask = (task: string) => errand.delegate({ to: 'work', task });
  const [first, second, third, fourth] = [ask('first'), ask('second'), ask('third'), ask('fourth')];
  const said = await Promise.all([first, second, third, fourth].map(async ({ accepted }) => accepted));
  assert.deepEqual(
    said.map((one) => (one.kind === 'rejected' ? one.code : one.kind === 'accepted' && one.state)),
    ['running', 'queued', 'queued', 'queue_full'],
  );
  await second.cancel('not needed');
  assert.equal((await second.done).status, 'cancelled');
  const fifth = ask('fifth');
  for (const task of ['first', 'third', 'fifth']) {
    release(task);
  }
  await Promise.all([first.done, third.done, fifth.done]);
  assert.deepEqual(begun, ['first', 'third', 'fifth'], 'what was cancelled while it waited never began');
});

test('H5: nobody who waits for a slot is taken for stalled', async () => {
  const clock = new ManualClock();
  const reports: TaskContext[] = [];
  const { work, begun, open: release } = gated();
  const errand = await openIn(worldWith(clock), {
    capacity: 1,
    liveness: { idleMs: 5000, graceMs: 1000 },
    workspaces: {
      async work(task: Task, context: TaskContext) {
        reports.push(context);
        return work(task);
      },
    },
  });
  const first = errand.delegate({ to: 'work', task: 'first' });
  const second = errand.delegate({ to: 'work', task: 'second' });
  await second.accepted;
  for (let step = 0; step < 5; step += 1) {
    await clock.pass(4000);
    reports[0]?.progress(`step ${step}`);
  }
  assert.deepEqual(
    (await errand.list({ active: true })).map(({ status }) => status),
    ['in_progress', 'queued'],
  );
  release('first');
  await clock.pass(1);
  await first.done;
  await clock.pass(4000);
  release('second');
  await clock.pass(1);
  assert.deepEqual([(await second.done).status, begun], ['completed', ['first', 'second']]);
  await errand.shutdown({ mode: 'keep' });
});

test('H5: what has waited longer than it was worth ends with that reason, and never begins', async () => {
  const clock = new ManualClock();
  const { work, begun, open: release } = gated();
  const errand = await openIn(worldWith(clock), { capacity: 1, queue: { ageMs: 10_000 }, workspaces: { work } });
  const first = errand.delegate({ to: 'work', task: 'first' });
  const second = errand.delegate({ to: 'work', task: 'second' });
  await second.accepted;
  await clock.pass(10_001);
  const { status, reason } = await second.done;
  assert.deepEqual([status, reason], ['failed', 'expired_in_queue']);
  release('first');
  await clock.pass(1);
  await first.done;
  assert.deepEqual(begun, ['first']);
  await errand.shutdown({ mode: 'keep' });
});

test('H6: one session with many tasks does not keep another one waiting', async () => {
  const { work, begun, open: release, count } = gated();
  await using errand = await open({ capacity: 1, workspaces: { work } });
  const many = Array.from({ length: 20 }, (_none, index) =>
    errand.delegate({ to: 'work', task: `a${index}`, session: 'a' }),
  );
  await Promise.all(many.map(async ({ accepted }) => accepted));
  await errand.delegate({ to: 'work', task: 'b0', session: 'b' }).accepted;
  await errand.delegate({ to: 'work', task: 'b1', session: 'b' }).accepted;
  for (let next = 1; next <= 5; next += 1) {
    await count(next);
    release(begun[next - 1] ?? '');
  }
  await count(5);
  const places = ['b0', 'b1'].map((task) => begun.indexOf(task));
  assert.ok(
    places.every((place) => place > 0 && place < 5),
    `${begun.join(' ')}: in turns`,
  );
  await errand.shutdown({ mode: 'cancel', deadlineMs: 1 });
});

test('H11: slots are a number that goes up and down, and what runs goes on', async () => {
  const { work, begun, open: release, count } = gated();
  await using errand = await open({ capacity: 1, workspaces: { work } });
  const all = ['a', 'b', 'c', 'd', 'e'].map((task) => errand.delegate({ to: 'work', task }));
  await count(1);
  await errand.resize(3);
  await count(3);
  await errand.resize(1);
  assert.equal((await errand.active()).filter(({ status }) => status !== 'queued').length, 3);
  for (const task of ['a', 'b']) {
    release(task);
  }
  await Promise.all(all.slice(0, 2).map(async ({ done }) => done));
  assert.equal(begun.length, 3, 'fewer slots: the next waits until only so many run');
  release('c');
  await count(4);
  assert.deepEqual(begun, ['a', 'b', 'c', 'd']);
  for (const task of ['d', 'e']) {
    release(task);
  }
  await Promise.all(all.map(async ({ done }) => done));
});

test('H11: a dispatch may bring its bound, larger or smaller than before', async () => {
  await using hermes = await openHermes({ maxAsyncChildren: 1 });
  const gates = Array.from({ length: 5 }, gate);
  const dispatch = async (index: number, most?: number): Promise<string> => {
    const runner = gates[index]?.runner ?? (() => ({}));
    const bound = most === undefined ? {} : { max_async_children: most };
    return (await hermes.dispatch_async_delegation({ goal: 'g', runner, ...bound })).status;
  };
  assert.deepEqual(
    [await dispatch(0), await dispatch(1), await dispatch(1, 3), await dispatch(2, 3), await dispatch(3, 2)],
    ['dispatched', 'rejected', 'dispatched', 'dispatched', 'rejected'],
  );
  gates[0]?.resolve({});
  await nextOf(hermes);
  assert.equal(await hermes.active_count(), 2);
  assert.equal(await dispatch(3, 2), 'rejected', 'it is smaller for what comes now');
  await hermes.set_max_async_children(3);
  assert.deepEqual([await dispatch(3), await dispatch(4)], ['dispatched', 'rejected']);
  assert.equal(await hermes.active_count(), 3);
  await hermes.set_max_async_children(1);
  gates[1]?.resolve({});
  await nextOf(hermes);
  assert.deepEqual([await dispatch(4), await hermes.active_count()], ['rejected', 2]);
  for (const { resolve } of gates) {
    resolve({});
  }
});

test('H12: an id has 100 random bits from a generator that can be given, and the store takes none twice', async () => {
  const world = { ...worldWith(new ManualClock()), ids: new SeededIds(7) };
  const errand = await openIn(world, { workspaces: { work: () => 'done' } });
  const ids = new Set(Array.from({ length: 50 }, () => errand.delegate({ to: 'work', task: 't' }).id));
  assert.equal(ids.size, 50);
  for (const id of ids) {
    assert.match(id, /^dlg_[0-9a-hjkmnp-tv-z]{11}[0-9a-hjkmnp-tv-z]{20}$/u);
  }
  await errand.shutdown({ mode: 'keep' });
  const again = await openIn(
    { ...worldWith(new ManualClock()), ids: new SeededIds(7) },
    { workspaces: { work: () => '' } },
  );
  assert.ok(ids.has(again.delegate({ to: 'work', task: 't' }).id), 'the same generator gives the same ids');
  await again.shutdown({ mode: 'keep' });
  await using hermes = await openHermes();
  const { delegation_id } = await endingOf(hermes, () => ({}));
  assert.match(delegation_id, /^deleg_[0-9a-z]{31}$/u);
});

for (const store of ['memory', 'sqlite'] as const) {
  test(`H12: the store refuses an id that is there already, and what is there stays (${store})`, async (t) => {
    const ids = systemIds();
    const path = join(folder(t), 'background.db');
    let fixed: { key: number; random: string } | undefined;
    const world: World = {
      clock: steadyClock(),
      ids: { ...ids, key: () => fixed?.key ?? ids.key(), random: () => fixed?.random ?? ids.random() },
      async engine({ settings: { limits }, onFault, ...place }) {
        const about = { ...place, limits };
        return store === 'memory' ? openMemory(about) : openSqlite({ ...about, path, onBroken: onFault });
      },
    };
    const { work, begun, open: release } = gated();
    await using errand = await openIn(world, { workspaces: { work } });
    await errand.delegate({ to: 'work', task: 'zero' }).accepted;
    fixed = { key: ids.key(), random: ids.random() };
    const first = errand.delegate({ to: 'work', task: 'first' });
    assert.equal((await first.accepted).kind, 'accepted');
    const second = errand.delegate({ to: 'work', task: 'second' });
    const refused = await second.accepted;
    fixed = undefined;
    assert.equal(second.id, first.id);
    assert.equal(refused.kind, 'rejected');
    release('zero');
    release('first');
    assert.equal((await errand.handle(first.id).done).text, 'first done');
    assert.deepEqual(begun, ['zero', 'first']);
  });
}

test('H13: a wall clock that is set back makes no duration negative and no deadline late', async (t) => {
  await using hermes = await openHermes();
  const { runner, resolve } = gate();
  idOf(await hermes.dispatch_async_delegation({ goal: 'g', runner }));
  const real = Date.now();
  t.mock.method(Date, 'now', () => real - 24 * HOUR);
  resolve({ summary: 'x' });
  const { event } = await nextOf(hermes);
  assert.ok(event.completed_at >= event.dispatched_at);
  assert.ok(event.duration_seconds >= 0 && event.duration_seconds < 60, `${event.duration_seconds}`);
  const endless = gate();
  const id = idOf(await hermes.dispatch_async_delegation({ goal: 'h', runner: endless.runner, timeout_seconds: 0.2 }));
  const late = await nextOf(hermes);
  assert.deepEqual([late.event.delegation_id, late.event.status], [id, 'timeout']);
  assert.ok(late.event.duration_seconds >= 0.2 && late.event.duration_seconds < 60);
  endless.resolve({});
});

test('H14: a process that goes says what became of each: waited for, stopped, or kept for the next one', async () => {
  const reports: unknown[] = [];
  for (const mode of ['drain', 'cancel', 'keep'] as const) {
    const hermes = await openHermes({ cancelGraceMs: 60_000 });
    const { runner, resolve, begun } = gate();
    const told: string[] = [];
    const id = idOf(
      await hermes.dispatch_async_delegation({
        goal: 'g',
        runner,
        interrupt_fn(reason) {
          told.push(reason);
          resolve({ status: 'interrupted' });
        },
      }),
    );
    await begun;
    const closing = hermes.shutdown({ mode });
    if (mode === 'drain') {
      resolve({ summary: 'done' });
    }
    const { delegations } = await closing;
    assert.deepEqual(
      delegations.map(({ delegation_id }) => delegation_id),
      [id],
    );
    reports.push([mode, delegations[0]?.became, told]);
    const after = await hermes.dispatch_async_delegation({ goal: 'g', runner });
    assert.equal(after.status === 'rejected' && after.code, 'shutting_down');
  }
  assert.deepEqual(reports, [
    ['drain', 'completed', []],
    ['cancel', 'cancelled', ['The process is stopping.']],
    ['keep', 'left_running', ['shutdown']],
  ]);
});

test('H16: what somebody waited for on the line is in no turn; what nobody waited for is', async () => {
  const { work, open: release } = gated();
  await using errand = await open({ capacity: 3, workspaces: { work } });
  const all = ['a', 'b', 'c'].map((task) => errand.delegate({ to: 'work', task }));
  const waited = errand.wait({ first: 2 }, all);
  release('a');
  release('b');
  const { endings, open: left } = await waited;
  assert.deepEqual(
    endings.map(({ text }) => text),
    ['a done', 'b done'],
  );
  release('c');
  for await (const turn of errand.turns()) {
    assert.deepEqual(
      turn.tasks.map(({ id }) => id),
      left.map(({ id }) => id),
    );
    break;
  }
});

test('H18: a checkpoint without a word leaves what was said last', async () => {
  const end = Promise.withResolvers<string>();
  await using errand = await open({
    workspaces: {
      async work(_task: Task, context: TaskContext) {
        context.progress('half way');
        context.checkpoint({ at: 5 });
        return end.promise;
      },
    },
  });
  const handle = errand.delegate({ to: 'work', task: 't' });
  let steps = 0;
  for await (const { type } of handle.events) {
    steps += Number(type === 'delegation.progressed');
    if (steps === 2) {
      break;
    }
  }
  assert.equal((await errand.list()).at(0)?.progress, 'half way');
  end.resolve('done');
  await handle.done;
});
