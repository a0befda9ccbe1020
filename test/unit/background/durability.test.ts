/**
 * What a file outlives: each way of closing, each declared recovery, and a second process at the same file.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, test, type TestContext } from 'node:test';
import type { Background, Callees, ShutdownReport } from '../../../src/background/background.ts';
import type { Task, TaskContext } from '../../../src/background/callee.ts';
import { open } from '../../../src/background/open.ts';
import type { Opening } from '../../../src/background/settings.ts';
import { Bench } from './bench.ts';
import { file, latch, nextTurn, settling, stage, until, wordOf } from './stage.ts';

async function life<const W extends Callees>(t: TestContext, opening: Opening<W>): Promise<Background<W>> {
  const door = await open({ ...opening, onFault: (error) => t.diagnostic(String(error)) });
  t.after(async () => door.shutdown({ mode: 'keep' }));
  return door;
}

function became({ tasks }: ShutdownReport): Record<string, string> {
  return Object.fromEntries(tasks.map(({ id, became: what }) => [id, what]));
}

test('a file that is no database is refused in words, and is free when it was put right', async (t) => {
  const store = file(t);
  writeFileSync(store, 'a letter to a friend. '.repeat(100));
  const workspaces = { work: async () => '' };
  await assert.rejects(open({ store, workspaces }), /errand\.db is no SQLite database, or it is damaged/u);
  rmSync(store);
  await (await open({ store, workspaces })).shutdown();
});

describe('closing', () => {
  test('with drain lets everything end, also what waits for its turn', async (t) => {
    const bench = new Bench();
    const store = file(t);
    const door = await life(t, { store, workspaces: { work: bench.run }, capacity: 1 });
    const [a, b] = ['a', 'b'].map((task) => door.delegate({ to: 'work', task }));
    await until('the first has begun', () => bench.begun.length === 1);
    const report = door.shutdown({ mode: 'drain' });
    bench.end('a');
    bench.end('b');
    assert.deepEqual(became(await report), { [a!.id]: 'completed', [b!.id]: 'completed' });
    const after = await life(t, { store, workspaces: { work: bench.run } });
    assert.equal((await after.handle(b!.id).done).text, 'done: b');
    assert.deepEqual(bench.begun, ['a', 'b']);
  });

  test('with drain and no more time leaves what runs, and says so', async (t) => {
    const bench = new Bench();
    const store = file(t);
    const door = await life(t, { store, workspaces: { work: bench.run }, capacity: 1 });
    const [a, b] = ['a', 'b'].map((task) => door.delegate({ to: 'work', task }));
    await until('the first has begun', () => bench.begun.length === 1);
    const report = await door.shutdown({ mode: 'drain', deadlineMs: 5 });
    assert.deepEqual(became(report), { [a!.id]: 'left_running', [b!.id]: 'kept' });
  });

  test('with cancel ends everything as cancelled, and nothing of it comes back', async (t) => {
    const bench = new Bench();
    const store = file(t);
    const door = await life(t, { store, workspaces: { work: bench.run }, capacity: 1 });
    const [a, b] = ['a', 'b'].map((task) => door.delegate({ to: 'work', task }));
    await until('the first has begun', () => bench.begun.length === 1);
    const report = await door.shutdown({ mode: 'cancel' });
    assert.deepEqual(became(report), { [a!.id]: 'cancelled', [b!.id]: 'cancelled' });
    const after = await life(t, { store, workspaces: { work: bench.run } });
    assert.deepEqual(await after.active(), []);
    assert.deepEqual(bench.begun, ['a']);
  });

  test('with keep leaves what waits for the next start, where it begins', async (t) => {
    const bench = new Bench();
    const store = file(t);
    const door = await life(t, { store, workspaces: { work: bench.run }, capacity: 1 });
    const [a, b] = ['a', 'b'].map((task) => door.delegate({ to: 'work', task }));
    await until('the first has begun', () => bench.begun.length === 1);
    const report = await door.shutdown({ mode: 'keep' });
    assert.deepEqual(became(report), { [a!.id]: 'left_running', [b!.id]: 'kept' });
    const after = await life(t, { store, workspaces: { work: bench.run } });
    await until('the second has begun', () => bench.begun.length === 2);
    bench.end('b');
    assert.equal((await after.handle(b!.id).done).text, 'done: b');
    assert.deepEqual(bench.begun, ['a', 'b']);
  });

  test('is done once, however often it is asked for, and tells whoever still waits', async (t) => {
    const bench = new Bench();
    const door = await life(t, { store: file(t), workspaces: { work: bench.run } });
    const handle = door.delegate({ to: 'work', task: 'a' });
    const done = handle.done;
    await until('it has begun', () => bench.begun.length === 1);
    const [one, other] = await Promise.all([door.shutdown({ mode: 'keep' }), door.shutdown({ mode: 'cancel' })]);
    assert.equal(one, other);
    const ending = await done;
    assert.equal(wordOf(ending), 'failed: outcome_unknown');
    assert.match(ending.error ?? '', /next start/u);
  });

  test('ends every stream of what happens to a task, with the end of that where it came', async (t) => {
    for (const [mode, last] of [
      ['cancel', 'delegation.settled'],
      ['keep', 'delegation.delivered'],
    ] as const) {
      for (const store of [':memory:', file(t)]) {
        const bench = new Bench();
        const door = await life(t, { store, workspaces: { work: bench.run } });
        const handle = door.delegate({ to: 'work', task: 'a' });
        const types: string[] = [];
        const reading = (async () => {
          for await (const { type } of handle.events) {
            types.push(type);
          }
        })();
        await until('it has begun', () => types.includes('delegation.delivered'));
        await door.shutdown({ mode });
        await reading;
        assert.equal(types.at(-1), last);
      }
    }
  });

  test('ends every stream of turns', async (t) => {
    const door = await life(t, { store: file(t), workspaces: { work: async () => '' } });
    const told = (async () => {
      for await (const turn of door.turns()) {
        assert.fail(turn.text);
      }
      return 'over';
    })();
    await door.shutdown();
    assert.equal(await told, 'over');
  });
});

describe('recovery', () => {
  test('unknown: what had asked is given up at the next start, and nobody is asked for nothing', async (t) => {
    const store = file(t);
    const workspaces = {
      once: async (_task: Task, context: TaskContext) => context.ask('which?'),
      again: { recovery: 'retry', run: async (_task: Task, context: TaskContext) => context.ask('which?') },
    } as const;
    const door = await life(t, { store, workspaces });
    const [lost, again] = (['once', 'again'] as const).map((to) => door.delegate({ to, task: 'paint' }));
    await until('both ask', async () => (await door.list({ status: 'input_required' })).length === 2);
    await door.shutdown({ mode: 'keep' });
    const after = await life(t, { store, workspaces });
    assert.equal(wordOf(await after.handle(lost!.id).done), 'failed: outcome_unknown');
    assert.deepEqual(
      (await after.list({ status: 'input_required' })).map(({ id }) => id),
      [again!.id],
    );
    await after.handle(again!.id).answer('the red one');
    assert.equal((await after.handle(again!.id).done).text, 'the red one');
  });

  test('unknown: what was at work is not done again, and what was last heard of it is told', async (t) => {
    const bench = new Bench();
    const store = file(t);
    const door = await life(t, { store, workspaces: { work: bench.run } });
    const { id } = door.delegate({ to: 'work', task: 'a' });
    await until('it has begun', () => bench.begun.length === 1);
    bench.contexts.get('a')?.progress({ message: 'half of the letters', percent: 50 });
    bench.contexts.get('a')?.checkpoint({ letter: 12 });
    await until('it is kept', async () => (await door.list())[0]?.progress !== undefined);
    await door.shutdown({ mode: 'keep' });
    const after = await life(t, { store, workspaces: { work: bench.run } });
    const ending = await after.handle(id).done;
    assert.equal(wordOf(ending), 'failed: outcome_unknown');
    assert.equal(ending.last?.progress, 'half of the letters');
    assert.equal(ending.last?.percent, 50);
    assert.equal(ending.last?.checkpoint, '{"letter":12}');
    assert.equal(ending.last?.attempt, 1);
    assert.deepEqual(bench.begun, ['a']);
  });

  test('retry: it is done again, and told that it may have got somewhere', async (t) => {
    const bench = new Bench();
    const store = file(t);
    const workspaces = { work: { run: bench.run, recovery: 'retry' as const } };
    const door = await life(t, { store, workspaces });
    const { id } = door.delegate({ to: 'work', task: 'a' });
    await until('it has begun', () => bench.begun.length === 1);
    await door.shutdown({ mode: 'keep' });
    const after = await life(t, { store, workspaces });
    const handle = after.handle(id);
    await until('it has begun again', () => bench.begun.length === 2);
    const { mayHaveRun, attempt, id: same } = bench.tasks.get('a')!;
    assert.deepEqual([mayHaveRun, attempt, same], [true, 1, id], 'what was let go of in good order costs no attempt');
    bench.end('a');
    assert.equal((await handle.done).status, 'completed');
  });

  test('resume: it goes on from its last checkpoint', async (t) => {
    const store = file(t);
    const seen: unknown[] = [];
    const kept = latch();
    const count = async (_task: Task, context: TaskContext): Promise<string> => {
      const from = (_task.checkpoint as { from: number } | undefined)?.from ?? 0;
      seen.push(from);
      if (from === 0) {
        context.checkpoint({ from: 1 });
        context.checkpoint({ from: 2 });
        kept.open();
        await new Promise<never>((_resolve, reject) => {
          context.signal.addEventListener('abort', () => reject(context.signal.reason as Error));
        });
      }
      return `counted from ${from}`;
    };
    const workspaces = { count: { run: count, recovery: 'resume' as const } };
    const door = await life(t, { store, workspaces });
    const { id } = door.delegate({ to: 'count', task: 'to three' });
    await kept.opened;
    await door.shutdown({ mode: 'keep' });
    const after = await life(t, { store, workspaces });
    assert.equal((await after.handle(id).done).text, 'counted from 2');
    assert.deepEqual(seen, [0, 2]);
  });

  test('finished children of a batch are kept, and only the others follow their declaration', async (t) => {
    const bench = new Bench();
    const store = file(t);
    const workspaces = { once: bench.run, again: { run: bench.run, recovery: 'retry' as const } };
    const door = await life(t, { store, workspaces });
    const batch = door.delegate([
      { to: 'once', task: 'a' },
      { to: 'once', task: 'b' },
      { to: 'again', task: 'c' },
    ]);
    await until('all have begun', () => bench.begun.length === 3);
    bench.end('a');
    await until('one has ended', async () => (await door.list({ status: 'completed' })).length === 1);
    await door.shutdown({ mode: 'keep' });
    const after = await life(t, { store, workspaces });
    await until('the last has begun again', () => bench.begun.length === 4);
    bench.end('c');
    const turn = await nextTurn(after.turns()[Symbol.asyncIterator]());
    assert.deepEqual(
      turn.tasks.map(({ id, status, kind }) => [id, status, kind]),
      [
        [batch.handles[0]!.id, 'completed', 'batch'],
        [batch.handles[1]!.id, 'failed', 'batch'],
        [batch.handles[2]!.id, 'completed', 'batch'],
      ],
    );
    assert.deepEqual(bench.begun, ['a', 'b', 'c', 'c']);
  });

  test('what was waited for before a restart, one task of a batch after the other, is not told with the last of them', async (t) => {
    const bench = new Bench();
    const store = file(t);
    const workspaces = { again: { run: bench.run, recovery: 'retry' as const } };
    const door = await life(t, { store, workspaces });
    const batch = door.delegate([
      { to: 'again', task: 'a' },
      { to: 'again', task: 'b' },
    ]);
    await until('both have begun', () => bench.begun.length === 2);
    const first = batch.handles[0]!.done;
    bench.end('a');
    assert.equal((await first).text, 'done: a');
    await door.shutdown({ mode: 'keep' });
    const after = await life(t, { store, workspaces });
    await until('the other has begun again', () => bench.begun.length === 3);
    const second = after.handle(batch.handles[1]!.id).done;
    const other = after.delegate({ to: 'again', task: 'c' });
    bench.end('b');
    assert.equal((await second).text, 'done: b');
    bench.end('c');
    const turn = await nextTurn(after.turns()[Symbol.asyncIterator]());
    assert.deepEqual(
      turn.tasks.map(({ id }) => id),
      [other.id],
    );
  });

  test('a parent that waited when it was closed finds its children again, and they are not done twice', async (t) => {
    const bench = new Bench();
    const store = file(t);
    let leads = 0;
    const lead = async (_task: Task, context: TaskContext): Promise<string> => {
      leads += 1;
      const first = context.delegate({ to: 'work', task: 'first' });
      const second = context.delegate({ to: 'again', task: 'second' });
      const { endings } = await context.wait('all', [first, second]);
      return endings.map((one) => `${wordOf(one)} ${one.text ?? ''}`).join(', ');
    };
    const workspaces = {
      lead: { run: lead, recovery: 'retry' as const },
      work: bench.run,
      again: { run: bench.run, recovery: 'retry' as const },
    };
    const door = await life(t, { store, workspaces, capacity: 3 });
    const { id } = door.delegate({ to: 'lead', task: 'go' });
    await until('both have begun', () => bench.begun.length === 2);
    bench.end('first');
    await until('one has ended', async () => (await door.list({ status: 'completed' })).length === 1);
    const report = await door.shutdown({ mode: 'keep' });
    assert.deepEqual(
      report.tasks.map(({ to, became: what }) => [to, what]),
      [
        ['lead', 'kept'],
        ['again', 'left_running'],
      ],
    );
    const after = await life(t, { store, workspaces, capacity: 3 });
    bench.end('second');
    assert.equal((await after.handle(id).done).text, 'completed done: first, completed done: second');
    assert.deepEqual(bench.begun, ['first', 'second', 'second']);
    assert.equal(leads, 2);
  });

  test('a parent of unknown recovery that waited is given up, and its children are cancelled with it', async (t) => {
    const bench = new Bench();
    const store = file(t);
    const lead = async (_task: Task, context: TaskContext): Promise<string> => {
      await context.delegate({ to: 'work', task: 'child' }).done;
      return 'never';
    };
    const workspaces = { lead, work: { run: bench.run, recovery: 'retry' as const } };
    const door = await life(t, { store, workspaces });
    const { id } = door.delegate({ to: 'lead', task: 'go' });
    await until('the child has begun', () => bench.begun.length === 1);
    await door.shutdown({ mode: 'keep' });
    const after = await life(t, { store, workspaces });
    assert.equal(wordOf(await after.handle(id).done), 'failed: outcome_unknown');
    await until('nothing lives', async () => (await after.active()).length === 0);
    assert.deepEqual(
      (await after.list()).map(({ to, status }) => [to, status]),
      [
        ['work', 'cancelled'],
        ['lead', 'failed'],
      ],
    );
  });

  test('a question outlives the process, and its answer is there when the function begins again', async (t) => {
    const store = file(t);
    const mayHaveRun: boolean[] = [];
    const asks = async (task: Task, context: TaskContext): Promise<string> => {
      mayHaveRun.push(task.mayHaveRun);
      return `it is ${await context.ask('which?')}`;
    };
    const workspaces = { asks: { run: asks, recovery: 'retry' as const } };
    const door = await life(t, { store, workspaces });
    const handle = door.delegate({ to: 'asks', task: 'choose' });
    await until('it asks', async () => (await door.list())[0]?.status === 'input_required');
    await door.shutdown({ mode: 'keep' });
    const after = await life(t, { store, workspaces });
    const turn = await nextTurn(after.turns()[Symbol.asyncIterator]());
    assert.match(turn.text, /which\?/u);
    assert.deepEqual(
      turn.tasks.map(({ kind }) => kind),
      ['asked'],
    );
    const again = after.handle(handle.toJSON());
    await again.answer('red');
    assert.equal((await again.done).text, 'it is red');
    assert.deepEqual(mayHaveRun, [false, true]);
  });

  test('a function that is not there any more cannot be found, and its task ends so', async (t) => {
    const bench = new Bench();
    const store = file(t);
    const door = await life(t, { store, workspaces: { work: bench.run, gone: bench.run }, capacity: 1 });
    door.delegate({ to: 'work', task: 'a' });
    const { id } = door.delegate({ to: 'gone', task: 'b' });
    await until('one has begun', () => bench.begun.length === 1);
    await door.shutdown({ mode: 'keep' });
    const without = await life(t, { store, workspaces: { work: bench.run } });
    const ending = await without.handle(id).done;
    assert.deepEqual([ending.to, wordOf(ending)], ['gone', 'failed: peer_removed']);
    assert.deepEqual(bench.begun, ['a']);
  });
});

describe('a forced end', () => {
  test('is not changed by what comes back late, which is kept as evidence', async (t) => {
    const late = Promise.withResolvers<string>();
    const begun = latch();
    const work = async (): Promise<string> => {
      begun.open();
      return late.promise;
    };
    const { door, clock, engine } = await stage(t, { workspaces: { work }, cancelGraceMs: 1000 });
    const handle = door.delegate({ to: 'work', task: 'a' });
    await begun.opened;
    const receipt = await handle.cancel('too slow');
    assert.equal(receipt.state, 'asked');
    const ending = await settling(receipt.ending, clock);
    assert.equal(ending.status, 'cancelled');
    late.resolve('the late one');
    const { key = -1 } = (await engine.delegation({ id: handle.id })) ?? {};
    await until('it is evidence', async () => (await engine.late(key)).length > 0);
    assert.deepEqual(
      (await engine.late(key)).map(({ what, excerpt }) => [what, excerpt]),
      [['complete', 'the late one']],
    );
    assert.equal((await door.handle(handle.id).done).status, 'cancelled');
    assert.equal((await door.handle(handle.id).done).text, undefined);
  });
});

describe('one file', () => {
  test('is served by one process: a second is refused and told which one has it', async (t) => {
    const store = file(t);
    await life(t, { store, workspaces: { work: async () => '' } });
    const program = `
      import { open } from ${JSON.stringify(new URL('../../../src/background/index.ts', import.meta.url).href)};
      try {
        await open({ store: ${JSON.stringify(store)}, workspaces: { work: async () => '' } });
        console.log('it was let in');
      } catch (error) {
        console.log(error.message);
      }`;
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [said] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    assert.match(said, new RegExp(`is in use by process ${process.pid}`, 'u'));
  });

  test('can be opened again as soon as it was closed', async (t) => {
    const store = file(t);
    for (let lives = 0; lives < 3; lives += 1) {
      const door = await open({ store, workspaces: { work: async ({ text: task }: Task) => task } });
      assert.equal((await door.delegate({ to: 'work', task: 'a' }).done).text, 'a');
      await door.shutdown();
      assert.equal((await door.list().catch((error: Error) => error.message)) !== undefined, true);
    }
  });
});
