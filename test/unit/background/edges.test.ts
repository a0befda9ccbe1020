/**
 * Where two promises of the door meet: bounds and a restart, draining and nesting, a batch inside a function.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Background } from '../../../src/background/background.ts';
import type { Task, TaskContext } from '../../../src/background/callee.ts';
import { open } from '../../../src/background/open.ts';
import { Bench } from './bench.ts';
import { file, latch, quiet, stage, until, wordOf } from './stage.ts';

describe('a bound', () => {
  test('of bytes counts what an earlier process left in the queue', async (t) => {
    const bench = new Bench();
    const store = file(t);
    const opening = { store, workspaces: { work: { run: bench.run, recovery: 'retry' as const } } };
    const before = await open({ ...opening, capacity: 1, queue: { bytes: 1000 } });
    await before.delegate({ to: 'work', task: 'a' }).accepted;
    const queued = before.delegate({ to: 'work', task: 'b'.repeat(900) });
    assert.equal((await queued.accepted).kind, 'accepted');
    await before.shutdown({ mode: 'keep' });
    const after = await open({ ...opening, capacity: 1, queue: { bytes: 1000 } });
    t.after(async () => after.shutdown({ mode: 'cancel' }));
    const admission = await after.delegate({ to: 'work', task: 'c'.repeat(900) }).accepted;
    assert.ok(admission.kind === 'rejected' && admission.code === 'queue_full', admission.kind);
    await after.cancel(queued.id);
    assert.equal((await after.delegate({ to: 'work', task: 'c'.repeat(900) }).accepted).kind, 'accepted');
  });

  test('of bytes is the same again after everything that waited was cancelled or refused', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run }, capacity: 1, queue: { bytes: 1000, most: 3 } });
    await door.delegate({ to: 'work', task: 'a' }).accepted;
    for (let round = 0; round < 20; round += 1) {
      const askings = [1, 2, 3, 4].map((each) => ({ to: 'work' as const, task: `${each}`.repeat(240) }));
      assert.equal((await door.delegate(askings).accepted).kind, 'rejected');
      const handles = askings.slice(0, 3).map((asking) => door.delegate(asking));
      const admissions = await Promise.all(handles.map(async ({ accepted }) => accepted));
      assert.deepEqual(new Set(admissions.map(({ kind }) => kind)), new Set(['accepted']));
      await Promise.all(handles.map(async (handle) => (await handle.cancel()).ending));
    }
  });
});

describe('draining', () => {
  test('lets a function that is at work delegate as before', async (t) => {
    const release = latch();
    const begun = latch();
    const lead = async (_task: Task, context: TaskContext): Promise<string> => {
      begun.open();
      await release.opened;
      return `with ${(await context.delegate({ to: 'echo', task: 'child' }).done).text ?? 'nothing'}`;
    };
    const { door } = await stage(t, { workspaces: { lead, echo: async ({ text }: Task) => text } });
    const handle = door.delegate({ to: 'lead', task: 'go' });
    const done = handle.done;
    await begun.opened;
    const report = door.shutdown({ mode: 'drain' });
    assert.throws(() => door.delegate({ to: 'echo', task: 'from outside' }), { code: 'shutting_down' });
    await quiet();
    release.open();
    assert.equal((await done).text, 'with child');
    assert.deepEqual(
      (await report).tasks.map(({ became }) => became),
      ['completed'],
    );
  });
});

describe('a batch inside a function', () => {
  test('is found again by a function that begins anew, and nothing of it is done twice', async (t) => {
    const store = file(t);
    const bench = new Bench();
    const held: { door?: Background } = {};
    let leads = 0;
    const lead = async (_task: Task): Promise<string> => {
      leads += 1;
      const batch = held.door!.delegate(['one', 'two'].map((task) => ({ to: 'work', task })));
      return (await batch.done).map(({ text = '' }) => text).join(' and ');
    };
    const again = { recovery: 'retry' as const };
    const workspaces = { lead: { run: lead, ...again }, work: { run: bench.run, ...again } };
    const before = await open({ store, workspaces });
    held.door = before as unknown as Background;
    const { id } = before.delegate({ to: 'lead', task: 'go' });
    await until('both have begun', () => bench.begun.length === 2);
    bench.end('one');
    await until('one has ended', async () => (await before.list({ status: 'completed' })).length === 1);
    await before.shutdown({ mode: 'keep' });
    const opening = open({ store, workspaces });
    void (async () => {
      held.door = (await opening) as unknown as Background;
    })();
    const after = await opening;
    t.after(async () => after.shutdown({ mode: 'cancel' }));
    await until('the other has begun again', () => bench.begun.length >= 3);
    bench.end('two');
    assert.equal((await after.handle(id).done).text, 'done: one and done: two');
    assert.deepEqual(bench.begun, ['one', 'two', 'two']);
    assert.equal(leads, 2);
  });
});

describe('a function that has returned', () => {
  test('delegates no more, also from what it has left behind', async (t) => {
    const held: { door?: Background; late?: Promise<string> } = {};
    const leaves = async (): Promise<string> => {
      held.late = (async () => {
        for (let turns = 0; turns < 60; turns += 1) {
          await setImmediate();
        }
        const admission = await held.door!.delegate({ to: 'echo', task: 'too late' }).accepted;
        return admission.kind === 'rejected' ? admission.code : admission.kind;
      })();
      return 'gone';
    };
    const { door } = await stage(t, { workspaces: { leaves, echo: async ({ text }: Task) => text } });
    held.door = door as unknown as Background;
    assert.equal((await door.delegate({ to: 'leaves', task: 'a' }).done).text, 'gone');
    assert.equal(await held.late, 'not_now');
  });
});

describe('a start that is set for later', () => {
  test('is kept until then, takes no slot, and can be cancelled before', async (t) => {
    const bench = new Bench();
    const { door, clock } = await stage(t, { workspaces: { work: bench.run }, capacity: 1 });
    const startAt = new Date(clock.now() + 60_000);
    const later = door.delegate({ to: 'work', task: 'later', startAt });
    const never = door.delegate({ to: 'work', task: 'never', startAt });
    const admission = await later.accepted;
    assert.ok(admission.kind === 'accepted' && admission.state === 'waiting');
    door.delegate({ to: 'work', task: 'now' });
    await until('one has begun', () => bench.begun.length === 1);
    assert.equal((await never.cancel()).state, 'cancelled');
    bench.end('now');
    await clock.pass(59_000);
    assert.deepEqual(bench.begun, ['now']);
    await clock.pass(2000);
    await until('the other has begun', () => bench.begun.length === 2);
    bench.end('later');
    assert.equal(wordOf(await later.done), 'completed');
    assert.deepEqual(bench.begun, ['now', 'later']);
  });
});

describe('in memory', () => {
  test('settled and told tasks are kept up to so many, and what is not told is kept', async (t) => {
    const { door, clock } = await stage(t, {
      workspaces: { echo: async ({ text }: Task) => text },
      kept: { most: 10 },
    });
    for (let each = 0; each < 40; each += 1) {
      await door.delegate({ to: 'echo', task: `read ${each}` }).done;
      await clock.pass(10);
    }
    const untold = Array.from({ length: 5 }, (_, each) => door.delegate({ to: 'echo', task: `untold ${each}` }));
    await Promise.all(untold.map(async ({ accepted }) => accepted));
    await until('all have ended', async () => (await door.active()).length === 0);
    await clock.pass(10_000);
    const kept = await door.list({ limit: 1000 });
    assert.ok(kept.length <= 15, `${kept.length} are kept`);
    const endings = await Promise.all(untold.map(async ({ done }) => done));
    assert.deepEqual(
      endings.map(({ text }) => text),
      [0, 1, 2, 3, 4].map((each) => `untold ${each}`),
    );
  });
});
