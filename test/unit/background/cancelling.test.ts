/**
 * Stopping: receipts, reasons, a bounded time to the end, and nothing left of what a task owned.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import type { Task, TaskContext } from '../../../src/background/callee.ts';
import { Stopped } from '../../../src/background/stopped.ts';
import { Bench } from './bench.ts';
import { latch, quiet, settling, stage, until, wordOf } from './stage.ts';

/** Still there, and not only waiting to be buried. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/mu.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('a cancel', () => {
  test('of what is queued ends it at once, and it never begins', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run }, capacity: 1 });
    door.delegate({ to: 'work', task: 'a' });
    const queued = door.delegate({ to: 'work', task: 'b' });
    const receipt = await queued.cancel('not needed');
    assert.equal(receipt.state, 'cancelled');
    const ending = await receipt.ending;
    assert.deepEqual([ending.status, ending.error], ['cancelled', 'not needed']);
    bench.end('a');
    await quiet();
    assert.deepEqual(bench.begun, ['a']);
  });

  test('of what runs tells it why, keeps what it has made, and says whether it ended', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run } });
    const handle = door.delegate({ to: 'work', task: 'a' });
    await until('it has begun', () => bench.begun.length === 1);
    bench.contexts.get('a')!.partial('half a letter');
    const receipt = await handle.cancel('changed my mind');
    assert.deepEqual([receipt.id, receipt.state], [handle.id, 'asked']);
    const ending = await receipt.ending;
    assert.deepEqual([ending.status, ending.text], ['cancelled', 'half a letter']);
    const { reason } = bench.contexts.get('a')!.signal;
    assert.ok(reason instanceof Stopped);
    assert.deepEqual([reason.why, reason.name], ['cancelled', 'AbortError']);
    const again = await handle.cancel();
    assert.equal(again.state, 'ended');
    assert.deepEqual(await again.ending, ending);
  });

  test('right after the delegation stops it before it begins, or while it runs', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run } });
    const handle = door.delegate({ to: 'work', task: 'a' });
    const receipt = await handle.cancel();
    assert.equal((await receipt.ending).status, 'cancelled');
    assert.deepEqual(await door.active(), []);
  });

  test('of a function that does not listen is over when its grace is, and its slot is free', async (t) => {
    const bench = new Bench();
    const deaf = async (task: Task): Promise<string> => {
      await new Promise<never>(() => {
        // Nothing ever comes.
      });
      return task.text;
    };
    const { door, clock } = await stage(t, { workspaces: { deaf, work: bench.run }, capacity: 1, cancelGraceMs: 5000 });
    const handle = door.delegate({ to: 'deaf', task: 'a' });
    const next = door.delegate({ to: 'work', task: 'b' });
    await next.accepted;
    const receipt = await handle.cancel();
    assert.equal(receipt.state, 'asked');
    const before = clock.now();
    const ending = await settling(receipt.ending, clock, 100);
    assert.equal(ending.status, 'cancelled');
    assert.ok(clock.now() - before <= 6000, `${clock.now() - before}`);
    await until('the next has begun', () => bench.begun.length === 1);
  });

  test('of a function that blocks until its grace is over keeps what it had made by then', async (t) => {
    const deaf = async (_task: Task, context: TaskContext): Promise<string> => {
      context.partial('as far as this');
      return new Promise<never>(() => {
        // Nothing ever comes.
      });
    };
    const { door, clock } = await stage(t, { workspaces: { deaf }, cancelGraceMs: 5000 });
    const handle = door.delegate({ to: 'deaf', task: 'a' });
    await until('it is at work', async () => (await door.list({ status: 'in_progress' })).length === 1);
    const receipt = await handle.cancel();
    assert.equal((await settling(receipt.ending, clock, 100)).text, 'as far as this');
  });

  test('goes down to every child, at any depth, also past a function that does not listen', async (t) => {
    const bench = new Bench();
    const lead = async (_task: Task, context: TaskContext): Promise<string> => {
      context.delegate({ to: 'middle', task: 'middle' });
      return new Promise<never>(() => {
        // It does not listen.
      });
    };
    const middle = async (_task: Task, context: TaskContext): Promise<string> => {
      const { text = '' } = await context.delegate({ to: 'work', task: 'bottom' }).done;
      return text;
    };
    const { door, clock } = await stage(t, { workspaces: { lead, middle, work: bench.run }, cancelGraceMs: 60_000 });
    const handle = door.delegate({ to: 'lead', task: 'go' });
    await until('the bottom has begun', () => bench.begun.length === 1);
    const receipt = await handle.cancel('all of it');
    await until('the bottom is told', () => bench.contexts.get('bottom')!.signal.aborted);
    await until('only the first is left', async () => (await door.active()).length === 1);
    assert.equal((await settling(receipt.ending, clock)).status, 'cancelled');
    assert.deepEqual(
      (await door.list()).map(({ status }) => status),
      ['cancelled', 'cancelled', 'cancelled'],
    );
  });

  test('of a session, of a batch, of everything reaches all of it and nothing else', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run }, capacity: 2 });
    const mine = ['a', 'b', 'c'].map((task) => door.delegate({ to: 'work', task, session: 'mine' }));
    const yours = door.delegate({ to: 'work', task: 'd', session: 'yours' });
    const batch = door.delegate(['e', 'f'].map((task) => ({ to: 'work' as const, task, session: 'third' })));
    await batch.accepted;
    const ofSession = await door.cancel({ session: 'mine' }, 'enough');
    assert.deepEqual(ofSession.map(({ id }) => id).toSorted(), mine.map(({ id }) => id).toSorted());
    assert.deepEqual(ofSession.map(({ state }) => state).toSorted(), ['asked', 'asked', 'cancelled']);
    const ofBatch = await door.cancel({ batch: batch.id });
    assert.equal(ofBatch.length, 2);
    assert.deepEqual(
      (await batch.done).map(({ status }) => status),
      ['cancelled', 'cancelled'],
    );
    assert.deepEqual(
      (await door.active()).map(({ id }) => id),
      [yours.id],
    );
    const rest = await door.cancel('all');
    assert.deepEqual(
      rest.map(({ id }) => id),
      [yours.id],
    );
    await Promise.all(rest.map(async ({ ending }) => ending));
    assert.deepEqual(await door.cancel('all'), []);
    assert.deepEqual(await door.cancel('dlg_unheardof'), []);
  });

  test('of what waits for an answer or for its child ends it at once, with what it has made', async (t) => {
    const bench = new Bench();
    const asks = async (_task: Task, context: TaskContext): Promise<string> => {
      context.partial('half a letter');
      return context.ask('which?');
    };
    const lead = async (_task: Task, context: TaskContext): Promise<string | undefined> => {
      context.partial('the first lines');
      const { text } = await context.delegate({ to: 'work', task: 'child' }).done;
      return text;
    };
    const { door } = await stage(t, { workspaces: { asks, lead, work: bench.run } });
    const asking = door.delegate({ to: 'asks', task: 'a' });
    const waiting = door.delegate({ to: 'lead', task: 'b' });
    await until('one asks', async () => (await door.list({ status: 'input_required' })).length === 1);
    await until('one waits', () => bench.begun.length === 1);
    await quiet();
    for (const [handle, made] of [
      [asking, 'half a letter'],
      [waiting, 'the first lines'],
    ] as const) {
      const receipt = await handle.cancel();
      const { status, text } = await receipt.ending;
      assert.deepEqual([receipt.state, status, text], ['asked', 'cancelled', made]);
    }
    await until('the child as well', () => bench.contexts.get('child')!.signal.aborted);
    await until('nothing lives', async () => (await door.active()).length === 0);
  });

  test('by a function reaches its own child, and the function goes on', async (t) => {
    const bench = new Bench();
    const lead = async (_task: Task, context: TaskContext): Promise<string> => {
      const [first, second] = ['one', 'two'].map((task) => context.delegate({ to: 'work', task }));
      const { endings } = await context.wait('any', [first!, second!]);
      const { ending } = await second!.cancel('one is enough');
      return `${endings[0]?.text ?? ''} and ${wordOf(await ending)}`;
    };
    const { door } = await stage(t, { workspaces: { lead, work: bench.run } });
    const handle = door.delegate({ to: 'lead', task: 'go' });
    await until('both have begun', () => bench.begun.length === 2);
    bench.end('one');
    assert.equal((await handle.done).text, 'done: one and cancelled');
  });
});

describe('what a function has brought', () => {
  test('is kept where it is stopped while it lets go of its resources, or its children are at work', async (t) => {
    const hangs = async () => new Promise<string>(() => {});
    const { door, clock } = await stage(t, {
      workspaces: {
        hangs,
        async holds(_task: Task, context: TaskContext) {
          context.own(hangs);
          return 'a book';
        },
        async leads(_task: Task, context: TaskContext) {
          context.delegate({ to: 'hangs', task: 'child' });
          return 'a book';
        },
      },
      cancelGraceMs: 1000,
    });
    const cancelled = door.delegate({ to: 'holds', task: 'a' });
    await cancelled.accepted;
    await quiet();
    const { ending } = await cancelled.cancel('enough');
    const late = (['holds', 'leads'] as const).map((to) => door.delegate({ to, task: 'b', deadlineMs: 2000 }).done);
    const endings = await settling(Promise.all([ending, ...late]), clock, 500);
    assert.deepEqual(
      endings.map((each) => [wordOf(each), each.text]),
      [
        ['cancelled', 'a book'],
        ['failed: deadline_exceeded', 'a book'],
        ['failed: deadline_exceeded', 'a book'],
      ],
    );
  });
});

describe('a function that ends before its children', () => {
  for (const [how, ends] of [
    ['fails', { fails: true }],
    ['is cancelled', { fails: false }],
  ] as const) {
    test(`and ${how} takes them along`, async (t) => {
      const bench = new Bench();
      const release = latch();
      const lead = async (_task: Task, context: TaskContext): Promise<string> => {
        context.delegate({ to: 'work', task: 'child' });
        await release.opened;
        if (ends.fails) {
          throw new Error('no');
        }
        context.signal.throwIfAborted();
        return '';
      };
      const { door } = await stage(t, { workspaces: { lead, work: bench.run } });
      const handle = door.delegate({ to: 'lead', task: 'go' });
      await until('the child has begun', () => bench.begun.length === 1);
      if (!ends.fails) {
        await handle.cancel();
      }
      release.open();
      await handle.done;
      await until('the child is told', () => bench.contexts.get('child')!.signal.aborted);
      await until('nothing lives', async () => (await door.active()).length === 0);
    });
  }

  test('by its deadline takes them along, although it does not listen', async (t) => {
    const bench = new Bench();
    const lead = async (_task: Task, context: TaskContext): Promise<string> => {
      context.delegate({ to: 'work', task: 'child', deadlineMs: 3_000_000 });
      return new Promise<never>(() => {
        // It does not listen.
      });
    };
    const { door, clock } = await stage(t, { workspaces: { lead, work: bench.run } });
    const handle = door.delegate({ to: 'lead', task: 'go', deadlineMs: 60_000 });
    await until('the child has begun', () => bench.begun.length === 1);
    assert.equal(wordOf(await settling(handle.done, clock)), 'failed: deadline_exceeded');
    await until('the child is told', () => bench.contexts.get('child')!.signal.aborted);
    await until('nothing lives', async () => (await door.active()).length === 0);
  });
});

describe('what a task owns', () => {
  for (const how of ['completes', 'fails', 'is cancelled'] as const) {
    test(`is let go of in the reverse order of its coming when it ${how}`, async (t) => {
      const order: string[] = [];
      const begun = latch();
      const owns = async (_task: Task, context: TaskContext): Promise<string> => {
        context.own(() => order.push('function'));
        context.own({ [Symbol.dispose]: () => order.push('disposable') });
        context.own({ [Symbol.asyncDispose]: async () => void order.push('async disposable') });
        context.own(() => {
          order.push('throws');
          throw new Error('stuck');
        });
        begun.open();
        if (how === 'fails') {
          throw new Error('no');
        }
        if (how === 'is cancelled') {
          await once(context.signal, 'abort');
          context.signal.throwIfAborted();
        }
        return '';
      };
      const { door, faults } = await stage(t, { workspaces: { owns } });
      const handle = door.delegate({ to: 'owns', task: 'a' });
      await begun.opened;
      await (how === 'is cancelled' ? handle.cancel() : handle.done);
      await until('all is let go of', () => order.length === 4);
      assert.deepEqual(order, ['throws', 'async disposable', 'disposable', 'function']);
      assert.deepEqual(faults.map(String), ['Error: stuck']);
    });
  }

  test('that does not let go is left after its time, and said so, and the others are let go of', async (t) => {
    const order: string[] = [];
    const owns = async (_task: Task, context: TaskContext): Promise<string> => {
      context.own(() => order.push('first'));
      context.own(async () => new Promise(() => order.push('never')));
      return 'there';
    };
    const { door, clock, faults } = await stage(t, { workspaces: { owns } });
    const ending = await settling(door.delegate({ to: 'owns', task: 'a' }).done, clock);
    assert.equal(ending.text, 'there');
    assert.deepEqual(order, ['never', 'first']);
    assert.match(String(faults[0]), /not let go of within/u);
  });

  test('is let go of also where the function never comes back', async (t) => {
    const order: string[] = [];
    const deaf = async (_task: Task, context: TaskContext): Promise<string> => {
      context.own(() => order.push('let go of'));
      return new Promise<never>(() => {
        // It does not listen.
      });
    };
    const { door, clock } = await stage(t, { workspaces: { deaf }, cancelGraceMs: 1000 });
    const handle = door.delegate({ to: 'deaf', task: 'a' });
    await until('it is at work', async () => (await door.list({ status: 'in_progress' })).length === 1);
    const { ending } = await handle.cancel();
    await settling(ending, clock);
    await until('it is let go of', () => order.length === 1);
  });

  test('of processes is killed with its whole group', { skip: process.platform !== 'linux' }, async (t) => {
    const grandchild = Promise.withResolvers<number>();
    const shell: { child?: ChildProcess } = {};
    const runs = async (_task: Task, context: TaskContext): Promise<string> => {
      const child = spawn('/bin/sh', ['-c', 'sleep 1000 & echo $!; wait'], {
        detached: true,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      shell.child = context.own(child);
      createInterface({ input: child.stdout }).once('line', (line) => grandchild.resolve(Number(line)));
      await grandchild.promise;
      await once(context.signal, 'abort');
      throw context.signal.reason as Error;
    };
    const { door } = await stage(t, { workspaces: { runs } });
    const handle = door.delegate({ to: 'runs', task: 'a' });
    const pids = [await grandchild.promise, shell.child!.pid!];
    assert.deepEqual(pids.map(isAlive), [true, true]);
    const receipt = await handle.cancel();
    assert.equal((await receipt.ending).status, 'cancelled');
    await until('both are gone', () => !pids.some(isAlive));
  });
});
