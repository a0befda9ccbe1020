/**
 * A handle: there at once, never a rejection, and whoever waits takes what it waited for and no more.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import type { Handle, Standing } from '../../../src/background/background.ts';
import { callee, type Task, type TaskContext } from '../../../src/background/callee.ts';
import { open } from '../../../src/background/open.ts';
import { Bench } from './bench.ts';
import { file, nextTurn, quiet, settling, stage, until, wordOf } from './stage.ts';

/** What the process would die of. */
async function unhandledDuring(act: () => Promise<void>): Promise<unknown[]> {
  const seen: unknown[] = [];
  const hear = (reason: unknown): void => void seen.push(reason);
  process.on('unhandledRejection', hear);
  try {
    await act();
    await quiet();
    await setImmediate();
  } finally {
    process.off('unhandledRejection', hear);
  }
  return seen;
}

describe('a handle', () => {
  test('is there at once, with its id, and says the same in JSON as in another life', async (t) => {
    const { door } = await stage(t, { workspaces: { work: async ({ text }: Task) => text.toUpperCase() } });
    const handle = door.delegate({ to: 'work', task: 'hello', session: 's' });
    assert.match(handle.id, /^dlg_/u);
    assert.equal(handle.status, 'pending');
    const written = JSON.stringify(handle);
    const again = door.handle(JSON.parse(written) as Standing);
    assert.equal((await again.done).text, 'HELLO');
    assert.deepEqual([again.id, again.to, again.session], [handle.id, 'work', 's']);
    assert.equal(again.status, 'completed');
    const byId = door.handle(handle.id);
    await byId.accepted;
    assert.deepEqual([byId.to, byId.session], ['work', 's']);
  });

  test('never rejects: what a function throws, and what is refused, is an ending', async (t) => {
    const { door } = await stage(t, {
      workspaces: {
        fails: async () => {
          throw new Error('no paper');
        },
        throws: () => {
          // oxlint-disable-next-line no-throw-literal
          throw 'a text';
        },
      },
      queue: { bytes: 1000 },
    });
    const failed = await door.delegate({ to: 'fails', task: 'print' }).done;
    assert.deepEqual([wordOf(failed), failed.error], ['failed: callee_failed', 'no paper']);
    const thrown = await door.delegate({ to: 'throws', task: 'print' }).done;
    assert.equal(thrown.error, 'a text');
    const refused = await door.delegate({ to: 'fails', task: 'x'.repeat(2000) }).done;
    assert.equal(wordOf(refused), 'failed: rejected');
    const unknown = await door.handle('dlg_unheardof').done;
    assert.equal(unknown.status, 'failed');
  });

  test('that nobody waits for leaves no rejection behind, however its task ends', async (t) => {
    const bench = new Bench();
    const seen = await unhandledDuring(async () => {
      const { door } = await stage(t, { workspaces: { work: bench.run }, capacity: 2, queue: { most: 1 } });
      for (const task of ['fails', 'cancelled', 'queued', 'refused']) {
        await door.delegate({ to: 'work', task }).accepted;
      }
      bench.fail('fails', new Error('no'));
      const receipts = await door.cancel('all', 'enough');
      assert.equal(receipts.length, 3);
      await door.shutdown({ mode: 'drain' });
    });
    assert.deepEqual(seen, []);
  });

  test('refuses a slip at once: no such callee, no task, a closed door', async (t) => {
    const { door } = await stage(t, { workspaces: { work: async () => '' } });
    assert.throws(() => door.delegate({ to: 'nobody' as 'work', task: 'a' }), { code: 'not_found' });
    assert.throws(() => door.delegate({ to: 'work' }), { code: 'invalid_request' });
    assert.throws(() => door.delegate([]), { code: 'invalid_request' });
    await door.shutdown();
    assert.throws(() => door.delegate({ to: 'work', task: 'a' }), { code: 'shutting_down' });
  });

  test('tells its history from the first step on, and what happens, until it has ended', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run } });
    const handle = door.delegate({ to: 'work', task: 'a' });
    await until('it has begun', () => bench.begun.length === 1);
    const types: string[] = [];
    const reading = (async () => {
      for await (const { type } of handle.events) {
        types.push(type);
      }
    })();
    await quiet();
    bench.contexts.get('a')?.progress('half');
    bench.end('a');
    await reading;
    assert.deepEqual(
      types.filter((type) => !type.includes('progress')),
      ['delegation.accepted', 'delegation.dispatched', 'delegation.delivered', 'delegation.settled'],
    );
  });
});

describe('waiting for several', () => {
  test('takes the first that end and leaves the others to be told of', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run } });
    const handles = ['a', 'b', 'c', 'd'].map((task) => door.delegate({ to: 'work', task }));
    const [, b, c] = handles as [Handle, Handle, Handle, Handle];
    await until('all have begun', () => bench.begun.length === 4);
    const any = door.wait('any', handles);
    bench.end('b');
    const first = await any;
    assert.deepEqual(
      first.endings.map(({ id }) => id),
      [b.id],
    );
    assert.equal(first.open.length, 3);
    const two = door.wait({ first: 2 }, handles);
    bench.end('c');
    const both = await two;
    assert.deepEqual(
      both.endings.map(({ id }) => id),
      [b.id, c.id],
    );
    bench.end('a');
    bench.end('d');
    const turn = await nextTurn(door.turns()[Symbol.asyncIterator]());
    assert.deepEqual(turn.tasks.map(({ id }) => id).toSorted(), [handles[0]!.id, handles[3]!.id].toSorted());
    const all = await door.wait('all', handles);
    assert.equal(all.endings.length, 4);
  });

  test('is over with its time: what is there is taken, what is not is told of when it ends', async (t) => {
    const bench = new Bench();
    const { door, clock } = await stage(t, { workspaces: { work: bench.run } });
    const handles = ['a', 'b'].map((task) => door.delegate({ to: 'work', task }));
    await until('both have begun', () => bench.begun.length === 2);
    const waiting = door.wait('all', handles, { timeoutMs: 5000 });
    bench.end('a');
    const { endings, open: left } = await settling(waiting, clock);
    assert.deepEqual(
      endings.map(({ text }) => text),
      ['done: a'],
    );
    assert.deepEqual(left, [handles[1]]);
    bench.end('b');
    const turn = await nextTurn(door.turns()[Symbol.asyncIterator]());
    assert.deepEqual(
      turn.tasks.map(({ id }) => id),
      [handles[1]!.id],
    );
  });

  test('ends at its signal with the reason of that, and takes nothing that came after', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run } });
    const handle = door.delegate({ to: 'work', task: 'a' });
    const leaving = new AbortController();
    const waiting = handle.wait({ signal: leaving.signal });
    const reason = new Error('somebody else is at the table');
    leaving.abort(reason);
    await assert.rejects(waiting, reason);
    bench.end('a');
    const turn = await nextTurn(door.turns()[Symbol.asyncIterator]());
    assert.deepEqual(
      turn.tasks.map(({ id }) => id),
      [handle.id],
    );
    await assert.rejects(door.wait('any', [handle], { signal: AbortSignal.abort(reason) }), reason);
  });

  test('of none is over at once', async (t) => {
    const { door } = await stage(t, { workspaces: { work: async () => '' } });
    assert.deepEqual(await door.wait('all', []), { endings: [], open: [] });
    assert.deepEqual(await door.wait('any', []), { endings: [], open: [] });
    await assert.rejects(door.wait({ first: 0 }, []), { code: 'invalid_request' });
  });
});

describe('a batch', () => {
  test('is accepted whole or not at all, and has one handle and the endings in its order', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run }, capacity: 1, queue: { most: 3 } });
    const batch = door.delegate(['a', 'b', 'c'].map((task) => ({ to: 'work' as const, task })));
    assert.match(batch.id, /^bat_/u);
    assert.equal((await batch.accepted).kind, 'accepted');
    const second = door.delegate(['d', 'e'].map((task) => ({ to: 'work' as const, task })));
    assert.equal((await second.accepted).kind, 'rejected');
    assert.deepEqual(
      (await second.done).map((one) => wordOf(one)),
      ['failed: rejected', 'failed: rejected'],
    );
    for (const task of ['a', 'b', 'c']) {
      await until(`${task} has begun`, () => bench.begun.includes(task));
      bench.end(task);
    }
    assert.deepEqual(
      (await batch.done).map(({ text }) => text),
      ['done: a', 'done: b', 'done: c'],
    );
    assert.equal((await door.list()).length, 3);
  });

  test('with one that failed says of each how it ended', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run } });
    const batch = door.delegate(['a', 'b', 'c'].map((task) => ({ to: 'work' as const, task })));
    await until('all have begun', () => bench.begun.length === 3);
    bench.end('a');
    bench.fail('b', new Error('no'));
    await batch.handles[2]!.cancel();
    assert.deepEqual(
      (await batch.done).map((one) => wordOf(one)),
      ['completed', 'failed: callee_failed', 'cancelled'],
    );
  });
});

describe('an idempotency key', () => {
  test('delegates once in a session, however often it is said, and refuses another task', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run } });
    const asking = { to: 'work' as const, task: 'a', idempotencyKey: 'k' };
    const first = door.delegate(asking);
    await first.accepted;
    const second = door.delegate(asking);
    assert.equal((await second.accepted).kind, 'known');
    assert.equal(second.id, first.id);
    const other = await door.delegate({ ...asking, task: 'b' }).accepted;
    assert.ok(other.kind === 'rejected' && other.code === 'idempotency_conflict');
    assert.deepEqual(other.nextActions, ['take another idempotencyKey']);
    const elsewhere = door.delegate({ ...asking, session: 'another' });
    assert.equal((await elsewhere.accepted).kind, 'accepted');
    bench.end('a');
    const endings = await Promise.all([first.done, second.done]);
    assert.deepEqual(endings[0], endings[1]);
    assert.equal(bench.begun.length, 2);
  });

  test('said twice at once, before anything is kept, is one task', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run } });
    const handles = [1, 2, 3].map(() => door.delegate({ to: 'work', task: 'a', idempotencyKey: 'k' }));
    const done = Promise.all(handles.map(async (handle) => handle.done));
    await Promise.all(handles.map(async ({ accepted }) => accepted));
    assert.equal(new Set(handles.map(({ id }) => id)).size, 1);
    bench.end('a');
    const endings = await done;
    assert.deepEqual(
      endings.map(({ text }) => text),
      ['done: a', 'done: a', 'done: a'],
    );
    assert.deepEqual(bench.begun, ['a']);
  });

  test('of a batch stands for the batch that is there', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run } });
    const askings = ['a', 'b'].map((task) => ({ to: 'work' as const, task, idempotencyKey: 'k' }));
    const first = door.delegate(askings);
    await first.accepted;
    const second = door.delegate(askings);
    assert.equal((await second.accepted).kind, 'known');
    bench.end('a');
    bench.end('b');
    const [one, other] = await Promise.all([first.done, second.done]);
    assert.deepEqual(one, other);
    assert.equal(second.id, first.id);
    assert.deepEqual(bench.begun.toSorted(), ['a', 'b']);
  });

  test('holds after a restart, with the ending that is there', async (t) => {
    const path = file(t);
    let runs = 0;
    const work = async (): Promise<string> => `run ${(runs += 1)}`;
    const asking = { to: 'work' as const, task: 'a', idempotencyKey: 'k' };
    const before = await open({ store: path, workspaces: { work } });
    const { id } = await before.delegate(asking).done;
    await before.shutdown();
    const after = await open({ store: path, workspaces: { work } });
    const handle = after.delegate(asking);
    assert.deepEqual(await handle.accepted, { kind: 'known', id, status: 'completed' });
    assert.equal((await handle.done).text, 'run 1');
    await after.shutdown();
    assert.equal(runs, 1);
  });
});

describe('typed input and output', () => {
  const add = callee({
    input: z.object({ a: z.number(), b: z.number().default(1) }),
    output: z.object({ sum: z.number() }),
    run: async ({ input }) => ({ sum: input.a + input.b }),
  });

  test('are checked by a schema, given as the schema makes them, and come back as a value', async (t) => {
    const { door } = await stage(t, { workspaces: { add } });
    const { value, text, parts } = await door.delegate({ to: 'add', input: { a: 2, b: 3 } }).done;
    assert.deepEqual(value satisfies { sum: number } | undefined, { sum: 5 });
    assert.equal(text, '{"sum":5}');
    assert.deepEqual(parts, [{ kind: 'data', data: { sum: 5 } }]);
    const defaulted = await door.delegate({ to: 'add', input: { a: 2 } }).done;
    assert.deepEqual(defaulted.value, { sum: 3 });
  });

  test('have the types of what a schema takes on one side, and of what it makes of that on the other', async (t) => {
    const half = callee({
      input: z.object({ of: z.coerce.number() }),
      output: z.object({ half: z.number().transform((number) => `${number}`) }),
      run: async ({ input }) => ({ half: input.of / 2 }),
    });
    const { door } = await stage(t, { workspaces: { half } });
    const { value } = await door.delegate({ to: 'half', input: { of: '5' } }).done;
    assert.equal(value?.half satisfies string | undefined, '2.5');
  });

  test('refuse an input that is not what the callee takes, before anything begins', async (t) => {
    const { door } = await stage(t, { workspaces: { add } });
    const admission = await door.delegate({ to: 'add', input: { a: 'two' } as never }).accepted;
    assert.ok(admission.kind === 'rejected');
    assert.equal(admission.code, 'invalid_request');
    assert.match(admission.message, /a: .*number/u);
    assert.deepEqual(await door.list(), []);
  });

  test('end as invalid_response where the function gave something else', async (t) => {
    const wrong = callee({
      output: z.object({ sum: z.number() }),
      run: async () => ({ sum: 'five' as unknown as number }),
    });
    const nothing = callee({
      output: z.object({ sum: z.number() }),
      run: async () => undefined as unknown as { sum: number },
    });
    const { door } = await stage(t, { workspaces: { wrong, nothing } });
    const ending = await door.delegate({ to: 'wrong', task: 'a' }).done;
    assert.equal(wordOf(ending), 'failed: invalid_response');
    assert.match(ending.error ?? '', /sum/u);
    assert.equal(wordOf(await door.delegate({ to: 'nothing', task: 'a' }).done), 'failed: invalid_response');
  });

  test('a value that JSON has no words for is a failure of the function, and said so', async (t) => {
    const circle: Record<string, unknown> = {};
    circle['itself'] = circle;
    const { door, faults } = await stage(t, {
      workspaces: { circle: async () => circle, big: async () => 1n, symbol: async () => Symbol('a') },
    });
    for (const to of ['circle', 'big', 'symbol'] as const) {
      const ending = await door.delegate({ to, task: 'a' }).done;
      assert.equal(wordOf(ending), 'failed: callee_failed', to);
    }
    assert.deepEqual(faults, []);
  });

  test('an output may say what it used, beside its text and its parts', async (t) => {
    const work = async (_task: Task, _context: TaskContext) => ({
      text: 'there',
      usage: { inputTokens: 3, outputTokens: 4, costUsd: 0.01 },
    });
    const { door } = await stage(t, { workspaces: { work } });
    const { text, usage } = await door.delegate({ to: 'work', task: 'a' }).done;
    assert.equal(text, 'there');
    assert.deepEqual(usage, { inputTokens: 3, outputTokens: 4, costUsd: 0.01 });
  });
});
