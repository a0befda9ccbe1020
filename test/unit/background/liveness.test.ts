/**
 * Liveness is progress and not time: silence is warned of, and ends what stays silent; waiting is no silence.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Stopped } from '../../../src/background/stopped.ts';
import type { Task, TaskContext } from '../../../src/background/callee.ts';
import type { Opening } from '../../../src/background/settings.ts';
import { Bench } from './bench.ts';
import { quiet, stage, until, wordOf } from './stage.ts';

const MINUTE = 60_000;
const liveness = { idleMs: 5 * MINUTE, inToolMs: 20 * MINUTE, graceMs: 2 * MINUTE };
const patient: Partial<Opening> = { liveness, deadlineMs: 1000 * MINUTE };

describe('a function that says nothing', () => {
  test('is warned when its time is over, and ended as stalled after its grace, with what was last heard', async (t) => {
    const bench = new Bench();
    const { door, clock } = await stage(t, { ...patient, workspaces: { work: bench.run } });
    const handle = door.delegate({ to: 'work', task: 'a' });
    await until('it has begun', () => bench.begun.length === 1);
    const context = bench.contexts.get('a')!;
    context.progress('the third letter');
    context.partial('two letters');
    const types: string[] = [];
    void (async () => {
      for await (const { type } of handle.events) {
        types.push(type);
      }
    })();
    await clock.pass(4 * MINUTE);
    assert.ok(!types.includes('delegation.warned'));
    await clock.pass(MINUTE + 2000);
    await quiet();
    assert.ok(types.includes('delegation.warned'));
    assert.equal(context.signal.aborted, false);
    await clock.pass(2 * MINUTE + 2000);
    await until('it is told', () => context.signal.aborted);
    assert.equal((context.signal.reason as Stopped).why, 'stalled');
    const ending = await handle.done;
    assert.equal(wordOf(ending), 'failed: stalled');
    assert.equal(ending.last?.progress, 'the third letter');
    assert.equal(ending.text, 'two letters');
  });

  test('is alive with any word of it: progress, what there is by now, a checkpoint, what it has used and is told', async (t) => {
    const bench = new Bench();
    const { door, clock } = await stage(t, { ...patient, workspaces: { work: bench.run } });
    const handle = door.delegate({ to: 'work', task: 'a' });
    await until('it has begun', () => bench.begun.length === 1);
    const context = bench.contexts.get('a')!;
    for (const word of [
      () => context.progress('one'),
      () => context.partial('a page'),
      () => context.checkpoint(1),
      () => context.usage({ inputTokens: 5 }),
      () => context.progress({ percent: 3 }),
    ]) {
      await clock.pass(4 * MINUTE);
      word();
      await quiet();
    }
    await handle.steer('faster');
    await clock.pass(4 * MINUTE);
    assert.deepEqual(context.steers(), ['faster']);
    await quiet();
    await clock.pass(4 * MINUTE);
    assert.equal(context.signal.aborted, false);
    bench.end('a');
    assert.equal((await handle.done).status, 'completed');
  });

  test('after its warning goes on as before with the next word', async (t) => {
    const bench = new Bench();
    const { door, clock } = await stage(t, { ...patient, workspaces: { work: bench.run } });
    const handle = door.delegate({ to: 'work', task: 'a' });
    await until('it has begun', () => bench.begun.length === 1);
    await clock.pass(6 * MINUTE);
    bench.contexts.get('a')!.progress('still here');
    await quiet();
    await clock.pass(4 * MINUTE);
    assert.equal(bench.contexts.get('a')!.signal.aborted, false);
    bench.end('a');
    assert.equal((await handle.done).status, 'completed');
  });

  test('in a tool of its own may be silent for longer, and no longer than that', async (t) => {
    const bench = new Bench();
    const { door, clock } = await stage(t, { ...patient, workspaces: { work: bench.run } });
    const handle = door.delegate({ to: 'work', task: 'a' });
    await until('it has begun', () => bench.begun.length === 1);
    bench.contexts.get('a')!.progress({ message: 'compiling', inTool: true });
    await quiet();
    await clock.pass(19 * MINUTE);
    assert.equal(bench.contexts.get('a')!.signal.aborted, false);
    await clock.pass(4 * MINUTE);
    assert.equal(wordOf(await handle.done), 'failed: stalled');
  });
});

describe('what a function said of how far it is', () => {
  test('stands until it says something else, whatever else is heard of it', async (t) => {
    const bench = new Bench();
    const { door, clock } = await stage(t, { ...patient, workspaces: { work: bench.run } });
    const handle = door.delegate({ to: 'work', task: 'a' });
    await until('it has begun', () => bench.begun.length === 1);
    const context = bench.contexts.get('a')!;
    context.progress({ message: 'compiling', inTool: true });
    for (const word of [
      () => context.usage({ inputTokens: 5 }),
      () => context.partial('half'),
      () => context.checkpoint(1),
    ]) {
      await clock.pass(2000);
      word();
      await quiet();
      assert.equal((await door.active())[0]?.progress, 'compiling');
    }
    await clock.pass(19 * MINUTE);
    assert.equal(context.signal.aborted, false);
    await clock.pass(4 * MINUTE);
    const ending = await handle.done;
    assert.equal(wordOf(ending), 'failed: stalled');
    assert.equal(ending.last?.progress, 'compiling');
  });
});

describe('waiting is no silence', () => {
  test('of a function that waits for an answer', async (t) => {
    const asks = async (_task: Task, context: TaskContext): Promise<string> => `it is ${await context.ask('which?')}`;
    const { door, clock } = await stage(t, { ...patient, workspaces: { asks } });
    const handle = door.delegate({ to: 'asks', task: 'a' });
    await until('it asks', async () => (await door.list({ status: 'input_required' })).length === 1);
    await clock.pass(300 * MINUTE);
    await handle.answer('red');
    assert.equal((await handle.done).text, 'it is red');
  });

  test('of a task in the queue', async (t) => {
    const bench = new Bench();
    const { door, clock } = await stage(t, {
      ...patient,
      workspaces: { work: bench.run },
      capacity: 1,
      queue: { ageMs: 900 * MINUTE },
    });
    door.delegate({ to: 'work', task: 'a' });
    const waiting = door.delegate({ to: 'work', task: 'b' });
    await until('one has begun', () => bench.begun.length === 1);
    for (let passed = 0; passed < 100; passed += 4) {
      await clock.pass(4 * MINUTE);
      bench.contexts.get('a')!.progress(`${passed}`);
      await quiet();
    }
    bench.end('a');
    await until('the other has begun', () => bench.begun.length === 2);
    bench.end('b');
    assert.equal((await waiting.done).status, 'completed');
  });

  test('of those above somebody who works, at a depth of three', async (t) => {
    const bench = new Bench();
    const down = (to: string) => async (_task: Task, context: TaskContext) => {
      const { text } = await context.delegate({ to, task: 'go on' }).done;
      return text;
    };
    const { door, clock } = await stage(t, {
      ...patient,
      workspaces: { first: down('second'), second: down('third'), third: bench.run },
      capacity: 1,
    });
    const handle = door.delegate({ to: 'first', task: 'go' });
    await until('the third has begun', () => bench.begun.length === 1);
    for (let passed = 0; passed < 60; passed += 4) {
      await clock.pass(4 * MINUTE);
      bench.contexts.get('go on')!.progress(`${passed}`);
      await quiet();
    }
    assert.equal((await door.active()).length, 3);
    bench.end('go on');
    assert.equal((await handle.done).text, 'done: go on');
  });

  test('but what is stalled at the bottom ends, and those above it hear of it and go on', async (t) => {
    const bench = new Bench();
    const lead = async (_task: Task, context: TaskContext): Promise<string> =>
      wordOf(await context.delegate({ to: 'work', task: 'child' }).done);
    const { door, clock } = await stage(t, { ...patient, workspaces: { lead, work: bench.run } });
    const handle = door.delegate({ to: 'lead', task: 'go' });
    await until('the child has begun', () => bench.begun.length === 1);
    await clock.pass(8 * MINUTE);
    assert.equal((await handle.done).text, 'failed: stalled');
  });
});

describe('time', () => {
  test('a deadline ends a task, tells its function why, and keeps what was there', async (t) => {
    const bench = new Bench();
    const { door, clock } = await stage(t, { workspaces: { work: bench.run } });
    const handle = door.delegate({ to: 'work', task: 'a', deadlineMs: 2 * MINUTE });
    await until('it has begun', () => bench.begun.length === 1);
    assert.equal(bench.tasks.get('a')!.deadline.getTime(), clock.now() + 2 * MINUTE);
    bench.contexts.get('a')!.partial({ text: 'half of it' });
    await clock.pass(2 * MINUTE + 2000);
    const ending = await handle.done;
    assert.equal(wordOf(ending), 'failed: deadline_exceeded');
    assert.equal((bench.contexts.get('a')!.signal.reason as Stopped).why, 'deadline');
    assert.equal(ending.text, 'half of it');
  });

  test('the clock of the wall set back or ahead by a day ends nothing of a running process', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
    const { steadyClock } = await import('../../../src/server/clock.ts');
    const clock = steadyClock();
    const before = clock.now();
    t.mock.timers.setTime(Date.now() + 86_400_000);
    assert.ok(Math.abs(clock.now() - before) < 5000);
    t.mock.timers.setTime(Date.now() - 10 * 86_400_000);
    assert.ok(Math.abs(clock.now() - before) < 5000);
  });
});
