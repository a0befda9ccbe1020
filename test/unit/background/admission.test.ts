/**
 * What is let in, what waits, what is refused, and whose turn it is.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Admission, Handle } from '../../../src/background/background.ts';
import { Bench } from './bench.ts';
import { quiet, settling, stage, until, wordOf } from './stage.ts';

async function refused(handle: Pick<Handle, 'accepted'>): Promise<Extract<Admission, { kind: 'rejected' }>> {
  const admission = await handle.accepted;
  assert.ok(admission.kind === 'rejected', `it was ${admission.kind}`);
  return admission;
}

describe('a full house', () => {
  test('keeps what is more than its slots in a queue, and begins it as slots become free', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run }, capacity: 2 });
    const handles = ['a', 'b', 'c', 'd'].map((task) => door.delegate({ to: 'work', task }));
    const admissions = await Promise.all(handles.map(async ({ accepted }) => accepted));
    assert.deepEqual(
      admissions.map((one) => (one.kind === 'accepted' ? one.state : one.kind)),
      ['running', 'running', 'queued', 'queued'],
    );
    await until('two have begun', () => bench.begun.length === 2);
    bench.end('a');
    await until('the third has begun', () => bench.begun.length === 3);
    assert.deepEqual(bench.begun, ['a', 'b', 'c']);
    for (const task of ['b', 'c', 'd']) {
      bench.end(task);
    }
    const endings = await Promise.all(handles.map(async ({ done }) => done));
    assert.deepEqual(
      endings.map(({ text }) => text),
      ['done: a', 'done: b', 'done: c', 'done: d'],
    );
    assert.equal(bench.mostAtOnce, 2);
  });

  test('refuses with a code, a time and what can be done when its queue is full by number', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run }, capacity: 1, queue: { most: 2 } });
    for (const task of ['a', 'b', 'c']) {
      assert.equal((await door.delegate({ to: 'work', task }).accepted).kind, 'accepted');
    }
    const { code, nextActions, retryAfterMs } = await refused(door.delegate({ to: 'work', task: 'd' }));
    assert.equal(code, 'queue_full');
    assert.deepEqual(nextActions, ['wait', 'cancel']);
    assert.ok(retryAfterMs !== undefined && retryAfterMs > 0);
  });

  test('refuses when its queue is full by bytes, and takes more once something of it has begun', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run }, capacity: 1, queue: { bytes: 1000 } });
    await door.delegate({ to: 'work', task: 'a' }).accepted;
    const big = 'b'.repeat(900);
    assert.equal((await door.delegate({ to: 'work', task: big }).accepted).kind, 'accepted');
    const { code, message } = await refused(door.delegate({ to: 'work', task: 'c'.repeat(200) }));
    assert.equal(code, 'queue_full');
    assert.match(message, /queue\.bytes/u);
    bench.end('a');
    await until('the big one has begun', () => bench.begun.length === 2);
    assert.equal((await door.delegate({ to: 'work', task: 'c'.repeat(200) }).accepted).kind, 'accepted');
  });

  test('ends what waited longer than it may as expired in its queue, never begun', async (t) => {
    const bench = new Bench();
    const { door, clock } = await stage(t, { workspaces: { work: bench.run }, capacity: 1, queue: { ageMs: 60_000 } });
    door.delegate({ to: 'work', task: 'a' });
    const late = door.delegate({ to: 'work', task: 'b' });
    const patient = door.delegate({ to: 'work', task: 'c', validForMs: 600_000 });
    await patient.accepted;
    const ending = await settling(late.done, clock);
    assert.equal(wordOf(ending), 'failed: expired_in_queue');
    bench.end('a');
    await until('the patient one has begun', () => bench.begun.length === 2);
    assert.deepEqual(bench.begun, ['a', 'c']);
  });

  test('refuses at once where the caller would rather not wait, and says what can be done', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run }, capacity: 1 });
    await door.delegate({ to: 'work', task: 'a', full: 'reject' }).accepted;
    const handle = door.delegate({ to: 'work', task: 'b', full: 'reject' });
    const { code, nextActions } = await refused(handle);
    assert.equal(code, 'no_free_slot');
    assert.deepEqual(nextActions, ['wait', 'cancel', 'queue']);
    assert.equal(wordOf(await handle.done), 'failed: rejected');
    assert.deepEqual(await door.active(), await door.list({ active: true }));
    assert.equal((await door.active()).length, 1);
  });

  test('runs a task at once beside its slots only where that is asked for, counted and bounded', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run }, capacity: 1, inline: 2 });
    await door.delegate({ to: 'work', task: 'a' }).accepted;
    const inline = ['b', 'c', 'd'].map((task) => door.delegate({ to: 'work', task, full: 'inline' }));
    const admissions = await Promise.all(inline.map(async ({ accepted }) => accepted));
    assert.deepEqual(
      admissions.map((one) => (one.kind === 'accepted' ? one.state : one.kind)),
      ['running', 'running', 'rejected'],
    );
    await until('three are at work', () => bench.begun.length === 3);
    const active = await door.active();
    assert.deepEqual(
      active.map(({ to, task }) => [to, task]),
      [
        ['work', 'a'],
        ['work', 'b'],
        ['work', 'c'],
      ],
    );
    bench.end('b');
    assert.equal((await inline[0]!.done).text, 'done: b');
    assert.equal((await inline[2]!.done).reason, 'rejected');
  });

  test('keeps the tasks of a conversation in order also where they may run beside the slots', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run }, capacity: 1, full: 'inline' });
    const asked = { to: 'work', conversation: 'letters' } as const;
    const handles = ['a', 'b'].map((task) => door.delegate({ ...asked, task }));
    const beside = door.delegate([
      { ...asked, task: 'c' },
      { to: 'work', task: 'd' },
    ]);
    await beside.accepted;
    await until('the first and the one of no conversation have begun', () => bench.begun.length === 2);
    assert.deepEqual(bench.begun, ['a', 'd']);
    for (const task of ['a', 'b', 'c', 'd']) {
      bench.end(task);
    }
    await Promise.all([...handles.map(async ({ done }) => done), beside.done]);
    assert.deepEqual(bench.begun, ['a', 'd', 'b', 'c']);
  });
});

describe('whose turn it is', () => {
  test('a session with a hundred in the queue does not keep another one from its turn', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run }, capacity: 1 });
    const greedy = Array.from({ length: 100 }, (_, index) =>
      door.delegate({ to: 'work', task: `greedy ${index}`, session: 'greedy' }),
    );
    await Promise.all(greedy.map(async ({ accepted }) => accepted));
    const modest = ['modest 0', 'modest 1'].map((task) => door.delegate({ to: 'work', task, session: 'modest' }));
    await Promise.all(modest.map(async ({ accepted }) => accepted));
    for (let begun = 1; begun < 6; begun += 1) {
      await until('the next has begun', () => bench.begun.length === begun);
      bench.end(bench.begun.at(-1)!);
    }
    await until('five have begun', () => bench.begun.length >= 5);
    const first = bench.begun.slice(0, 5).filter((task) => task.startsWith('modest'));
    assert.deepEqual(first, ['modest 0', 'modest 1']);
  });

  test('tasks of one conversation reach their callee one after another, in their order', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run }, capacity: 10 });
    for (const task of ['a1', 'a2', 'a3']) {
      door.delegate({ to: 'work', task, conversation: 'a' });
    }
    door.delegate({ to: 'work', task: 'b1', conversation: 'b' });
    await until('one of each lane has begun', () => bench.begun.length === 2);
    await quiet();
    assert.deepEqual(bench.begun, ['a1', 'b1']);
    bench.end('a1');
    await until('the second has begun', () => bench.begun.length === 3);
    await quiet();
    assert.deepEqual(bench.begun, ['a1', 'b1', 'a2']);
  });

  test('what is critical goes before what came earlier', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run }, capacity: 1 });
    await door.delegate({ to: 'work', task: 'a' }).accepted;
    await door.delegate({ to: 'work', task: 'info', priority: 'info' }).accepted;
    await door.delegate({ to: 'work', task: 'task' }).accepted;
    await door.delegate({ to: 'work', task: 'critical', priority: 'critical' }).accepted;
    for (const task of ['a', 'critical', 'task', 'info']) {
      await until(`${task} has begun`, () => bench.begun.at(-1) === task);
      bench.end(task);
    }
  });

  test('a callee with slots of its own is not held up by the others', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, {
      workspaces: { work: bench.run, own: { run: bench.run, capacity: 1 } },
      capacity: 1,
    });
    door.delegate({ to: 'work', task: 'a' });
    door.delegate({ to: 'work', task: 'b' });
    door.delegate({ to: 'own', task: 'c' });
    await until('one of each has begun', () => bench.begun.length === 2);
    assert.deepEqual(bench.begun, ['a', 'c']);
  });
});

describe('the number of slots', () => {
  test('grows at run time, and what waits begins at once', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run }, capacity: 1 });
    for (const task of ['a', 'b', 'c']) {
      await door.delegate({ to: 'work', task }).accepted;
    }
    await door.resize(3);
    await until('all have begun', () => bench.begun.length === 3);
  });

  test('shrinks at run time: what runs goes on, and nothing new begins until there are fewer', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run }, capacity: 3 });
    for (const task of ['a', 'b', 'c', 'd']) {
      await door.delegate({ to: 'work', task }).accepted;
    }
    await until('three have begun', () => bench.begun.length === 3);
    await door.resize(1);
    bench.end('a');
    bench.end('b');
    await until('two have ended', async () => (await door.list({ status: 'completed' })).length === 2);
    await quiet();
    assert.deepEqual(bench.begun, ['a', 'b', 'c']);
    assert.equal(bench.contexts.get('c')?.signal.aborted, false);
    bench.end('c');
    await until('the fourth has begun', () => bench.begun.length === 4);
  });

  test('of one callee is changed beside the others, and only where it has slots of its own', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, {
      workspaces: { work: bench.run, own: { run: bench.run, capacity: 1 } },
      capacity: 1,
    });
    await door.delegate({ to: 'own', task: 'a' }).accepted;
    await door.delegate({ to: 'own', task: 'b' }).accepted;
    await door.resize(2, 'own');
    await until('both have begun', () => bench.begun.length === 2);
    await assert.rejects(door.resize(2, 'work'), /no slots of its own/u);
    await assert.rejects(door.resize(0), /capacity/u);
  });
});
