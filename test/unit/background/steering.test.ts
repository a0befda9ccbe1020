/**
 * Words for a task that has begun, or has not: whether they were taken is known by its end at the latest.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Task, TaskContext } from '../../../src/background/callee.ts';
import { open } from '../../../src/background/open.ts';
import { Bench } from './bench.ts';
import { file, latch, quiet, stage, until } from './stage.ts';

describe('words for a task', () => {
  test('that runs are there when it looks, once and in their order, and said to be taken', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run } });
    const handle = door.delegate({ to: 'work', task: 'a' });
    await until('it has begun', () => bench.begun.length === 1);
    const { steers } = bench.contexts.get('a')!;
    const first = await handle.steer('to the left');
    const second = await handle.steer('and slowly');
    assert.equal(first.state, 'kept');
    const take = steers.bind(bench.contexts.get('a'));
    assert.deepEqual(take(), ['to the left', 'and slowly']);
    assert.deepEqual(take(), []);
    assert.deepEqual(await Promise.all([first.outcome, second.outcome]), ['taken', 'taken']);
    bench.end('a');
    const ending = await handle.done;
    assert.equal(ending.missed, undefined);
  });

  test('that ends before it looks are said to be missed, and stand with its ending', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run } });
    const handle = door.delegate({ to: 'work', task: 'a' });
    await until('it has begun', () => bench.begun.length === 1);
    const { outcome } = await handle.steer('too late');
    bench.end('a');
    const ending = await handle.done;
    assert.equal(await outcome, 'missed');
    assert.deepEqual(ending.missed, ['too late']);
    await assert.rejects(handle.steer('later still'));
  });

  test('that has not begun wait for its beginning', async (t) => {
    const bench = new Bench();
    const seen: string[] = [];
    const looks = async (_task: Task, context: TaskContext): Promise<string> => {
      seen.push(...context.steers());
      return '';
    };
    const { door } = await stage(t, { workspaces: { work: bench.run, looks }, capacity: 1 });
    door.delegate({ to: 'work', task: 'a' });
    const handle = door.delegate({ to: 'looks', task: 'b' });
    await handle.accepted;
    const { outcome } = await handle.steer('in blue');
    bench.end('a');
    await handle.done;
    assert.deepEqual(seen, ['in blue']);
    assert.equal(await outcome, 'taken');
  });

  test('of which the same are said twice are two words', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run } });
    const handle = door.delegate({ to: 'work', task: 'a' });
    await until('it has begun', () => bench.begun.length === 1);
    const first = await handle.steer('more');
    const context = bench.contexts.get('a')!;
    assert.deepEqual(context.steers(), ['more']);
    assert.equal(await first.outcome, 'taken');
    const second = await handle.steer('more');
    assert.deepEqual(context.steers(), ['more']);
    assert.equal(await second.outcome, 'taken');
    bench.end('a');
    await handle.done;
  });

  test('that waits for its child are there when it goes on', async (t) => {
    const bench = new Bench();
    const seen: string[] = [];
    const lead = async (_task: Task, context: TaskContext): Promise<string> => {
      await context.delegate({ to: 'work', task: 'child' }).done;
      seen.push(...context.steers());
      return '';
    };
    const { door } = await stage(t, { workspaces: { lead, work: bench.run } });
    const handle = door.delegate({ to: 'lead', task: 'go' });
    await until('the child has begun', () => bench.begun.length === 1);
    await quiet();
    const { outcome } = await handle.steer('when you are back');
    bench.end('child');
    await handle.done;
    assert.deepEqual(seen, ['when you are back']);
    assert.equal(await outcome, 'taken');
  });

  test('that were not taken when it was closed are there when it begins again', async (t) => {
    const store = file(t);
    const begun = latch();
    const seen: string[][] = [];
    const looks = async (_task: Task, context: TaskContext): Promise<string> => {
      if (seen.length === 0) {
        seen.push([]);
        begun.open();
        await new Promise<never>((_resolve, reject) => {
          context.signal.addEventListener('abort', () => reject(context.signal.reason as Error));
        });
      }
      seen.push([...context.steers()]);
      return '';
    };
    const workspaces = { looks: { run: looks, recovery: 'retry' as const } };
    const before = await open({ store, workspaces });
    const handle = before.delegate({ to: 'looks', task: 'a' });
    await begun.opened;
    await handle.steer('in green');
    await before.shutdown({ mode: 'keep' });
    const after = await open({ store, workspaces });
    t.after(async () => after.shutdown());
    await after.handle(handle.id).done;
    assert.deepEqual(seen, [[], ['in green']]);
  });
});
