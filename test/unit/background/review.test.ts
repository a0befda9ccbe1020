/**
 * What nobody meant to say: odd results, odd throws, slips in a call. Each has an ending or an exception at once, and
 * nothing of it stays behind.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Asking, Background } from '../../../src/background/background.ts';
import { callee, type Output, type Task, type TaskContext } from '../../../src/background/callee.ts';
import { open } from '../../../src/background/open.ts';
import { file, latch, nextTurn, quiet, settling, stage, until, wordOf } from './stage.ts';

/** What no types would let through, as a program without them may say it. */
function untyped<T>(value: unknown): T {
  return value as T;
}

function unsayable(): Error {
  const error = new Error('x');
  return Object.defineProperty(error, 'message', {
    get(): string {
      throw new Error('no');
    },
  });
}

const wordless = new Proxy(
  {},
  {
    getPrototypeOf(): object {
      throw new Error('no');
    },
  },
);

describe('a function', () => {
  test('has its ending whatever it throws, also what has no words', async (t) => {
    const things = [Object.create(null), unsayable(), wordless, Object.assign(new Error('x'), { message: 5 }), null];
    const { door, faults } = await stage(t, {
      workspaces: {
        throws: async ({ text }: Task) => {
          throw things[Number(text)];
        },
      },
    });
    const endings = [];
    for (const index of things.keys()) {
      endings.push(await door.delegate({ to: 'throws', task: String(index) }).done);
    }
    assert.deepEqual(
      endings.map((ending) => wordOf(ending)),
      things.map(() => 'failed: callee_failed'),
    );
    const wordsOf = endings.map(({ error }) => error);
    assert.equal(wordsOf[0], 'the function failed with something that has no words');
    assert.deepEqual(wordsOf.slice(3), ['5', 'null']);
    assert.deepEqual(faults, []);
  });

  test('that throws a book has its first pages kept, and it says so', async (t) => {
    const { door } = await stage(t, {
      workspaces: {
        throws: async () => {
          throw new Error('y'.repeat(10_000_000));
        },
      },
    });
    const { error = '' } = await door.delegate({ to: 'throws', task: 'x' }).done;
    assert.equal(error.length < 20_000, true);
    assert.match(error, /y… \(shortened\)$/u);
  });

  test('that gives an output which cannot be kept fails at once and says why', async (t) => {
    const outputs = [
      { text: 5, parts: [] },
      { text: 'a', parts: 'x' },
      { parts: [1, null] },
      { text: 'a', parts: [{ kind: 'data', data: 5n }] },
      { text: 'a', usage: { inputTokens: Number.NaN } },
      { text: 'a', usage: { costUsd: -1 } },
    ];
    const { door, faults } = await stage(t, {
      workspaces: { gives: async ({ text }: Task) => untyped<Output>(outputs[Number(text)]) },
    });
    for (const index of outputs.keys()) {
      const ending = await door.delegate({ to: 'gives', task: String(index) }).done;
      assert.equal(wordOf(ending), 'failed: callee_failed', JSON.stringify(ending));
    }
    assert.deepEqual(faults, []);
  });

  test('may say a partial output that cannot be kept, and is told so itself', async (t) => {
    const { door } = await stage(t, {
      workspaces: {
        says: async (_task: Task, context: TaskContext) => {
          context.partial(untyped({ text: 5, parts: [] }));
          return 'never';
        },
      },
    });
    assert.match((await door.delegate({ to: 'says', task: 'x' }).done).error ?? '', /^text: /u);
  });

  test('that gives parts alone has given their text', async (t) => {
    const { door } = await stage(t, {
      workspaces: {
        gives: async (): Promise<Output> => ({
          parts: [
            { kind: 'text', text: 'one' },
            { kind: 'data', data: 2 },
            { kind: 'text', text: 'three' },
          ],
        }),
      },
    });
    assert.equal((await door.delegate({ to: 'gives', task: 'x' }).done).text, 'one\nthree');
  });

  test('whose schema gives nothing has given nothing, and completes', async (t) => {
    const nothing = {
      '~standard': { version: 1, vendor: 'here', validate: () => ({ value: undefined }) },
    } as const;
    const { door } = await stage(t, {
      workspaces: { gives: callee({ output: nothing, run: () => undefined }) },
    });
    const ending = await door.delegate({ to: 'gives', task: 'x' }).done;
    assert.deepEqual([ending.status, ending.text], ['completed', '']);
  });

  test('that speaks after its end is refused, and what it takes then is let go of', async (t) => {
    const kept: TaskContext[] = [];
    const { door } = await stage(t, {
      workspaces: {
        leaves: async (_task: Task, context: TaskContext) => {
          kept.push(context);
          return 'gone';
        },
      },
    });
    await door.delegate({ to: 'leaves', task: 'x' }).done;
    const [context] = kept;
    await assert.rejects(async () => context?.ask('Anybody?'), /the task has ended/u);
    let isFree = false;
    context?.own(() => {
      isFree = true;
    });
    await until('it is let go of', () => isFree);
  });
});

describe('a slip in a call', () => {
  test('is thrown to whoever made it, before anything is kept', async (t) => {
    const { door } = await stage(t, { workspaces: { work: async ({ text }: Task) => text } });
    const good = { to: 'work', task: 'x' };
    const slips: unknown[] = [
      undefined,
      { ...good, task: 5 },
      { ...good, session: 5 },
      { ...good, context: 5 },
      { ...good, priority: 'urgent' },
      { ...good, priority: '__proto__' },
      { ...good, deadlineMs: Number.NaN },
      { ...good, deadlineMs: -1 },
      { ...good, validForMs: 'soon' },
      { ...good, startAt: new Date(Number.NaN) },
      { ...good, startAt: 'tomorrow' },
      { ...good, budget: { tokens: Number.NaN } },
      { ...good, budget: { tokens: -1 } },
      { ...good, budget: { dollars: 1 } },
      { ...good, budget: 'much' },
      { ...good, parts: 'x' },
      { ...good, full: 'maybe' },
      [undefined],
    ];
    for (const slip of slips) {
      assert.throws(() => door.delegate(untyped<never>(slip)), { code: 'invalid_request' }, String(slip));
    }
    assert.deepEqual(await door.list(), []);
  });

  test('in what is to be cancelled cancels nothing', async (t) => {
    const { door } = await stage(t, { workspaces: { hangs: async () => new Promise<string>(() => {}) } });
    const handle = door.delegate({ to: 'hangs', task: 'x' });
    await handle.accepted;
    for (const slip of [undefined, null, {}, { session: undefined }, 5]) {
      await assert.rejects(async () => door.cancel(untyped(slip)), { code: 'invalid_request' });
    }
    assert.equal((await door.active()).length, 1);
    assert.equal((await handle.cancel()).state, 'asked');
  });

  test('in the mode of a shutdown shuts nothing down', async (t) => {
    const { door } = await stage(t, { workspaces: { work: async ({ text }: Task) => text } });
    await assert.rejects(async () => door.shutdown({ mode: untyped('stop') }), /mode: one of drain, cancel, keep/u);
    assert.equal((await door.delegate({ to: 'work', task: 'x' }).done).text, 'x');
  });
});

describe('numbers', () => {
  test('with a fraction, or beyond all measure, are as good in a file as in memory', async (t) => {
    for (const store of [':memory:', file(t)]) {
      const { door, faults } = await stage(t, {
        workspaces: { work: async ({ text }: Task) => text },
        ...{ store, queue: { ageMs: 1e300 }, deadlineMs: 1500.5, cancelGraceMs: 300.7 },
      });
      const odd: Partial<Asking>[] = [
        {},
        { deadlineMs: 1500.5 },
        { deadlineMs: Infinity },
        { validForMs: 1500.25 },
        { validForMs: 1e300 },
      ];
      for (const more of odd) {
        const { status, error } = await door.delegate({ to: 'work', task: 'x', ...untyped<object>(more) }).done;
        assert.equal(status, 'completed', `${store} ${JSON.stringify(more)}: ${error ?? ''}`);
      }
      assert.deepEqual(faults, []);
    }
  });

  test('that bound a turn are checked before anything is told', async (t) => {
    const { door } = await stage(t, { workspaces: { work: async ({ text }: Task) => text } });
    for (const options of [{ most: 0 }, { most: 1.5 }, { most: Number.NaN }, { budget: { tokens: Number.NaN } }]) {
      await assert.rejects(async () => door.turns('s', options)[Symbol.asyncIterator]().next(), {
        code: 'invalid_request',
      });
    }
  });
});

test('keys that differ within one batch are refused, and none of them is forgotten', async (t) => {
  const { door } = await stage(t, { workspaces: { work: async ({ text }: Task) => text } });
  const batch = ['a', 'b'].map((idempotencyKey) => ({ to: 'work' as const, task: 'x', idempotencyKey }));
  assert.throws(() => door.delegate(batch), { code: 'invalid_request' });
});

test('a host that is never idle keeps nobody from leaving the loop', async (t) => {
  const { door } = await stage(t, { workspaces: { work: async ({ text }: Task) => text } });
  await door.delegate({ to: 'work', task: 'x', session: 's' }).accepted;
  const [leaving, asked] = [new AbortController(), latch()];
  const never = async (): Promise<never> => {
    asked.open();
    return new Promise(() => {});
  };
  const turns = door.turns('s', { signal: leaving.signal, whenIdle: never })[Symbol.asyncIterator]();
  const next = turns.next();
  await asked.opened;
  leaving.abort();
  assert.equal((await next).done, true);
  assert.equal((await nextTurn(door.turns('s')[Symbol.asyncIterator]())).tasks.length, 1);
});

describe('what was delegated a moment ago', () => {
  test('is cancelled by its id, with its session, and with all', async (t) => {
    const { door } = await stage(t, { workspaces: { hangs: async () => new Promise<string>(() => {}) }, capacity: 1 });
    const stops = [
      async () => door.cancel(door.delegate({ to: 'hangs', task: 'x' }).id),
      async () => {
        door.delegate({ to: 'hangs', task: 'x', session: 's' });
        return door.cancel({ session: 's' });
      },
      async () => door.cancel({ batch: door.delegate([{ to: 'hangs', task: 'x' }]).id }),
    ];
    for (const stop of stops) {
      const receipts = await stop();
      assert.equal(receipts.length, 1);
    }
    door.delegate({ to: 'hangs', task: 'x' });
    assert.equal((await door.cancel('all')).length > 0, true);
  });

  test('is in the report of a shutdown, and stopped by it', async (t) => {
    const { door, clock } = await stage(t, {
      workspaces: {
        listens: async (_task: Task, { signal }: TaskContext) =>
          new Promise<string>((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error));
          }),
      },
    });
    const { id } = door.delegate({ to: 'listens', task: 'x' });
    const { tasks } = await settling(door.shutdown({ mode: 'cancel', deadlineMs: 5000 }), clock);
    assert.deepEqual(tasks, [{ id, to: 'listens', became: 'cancelled' }]);
  });
});

test('what a shutdown ended is in its report as ended, however much more that is than memory keeps', async () => {
  for (const [mode, became] of [
    ['cancel', 'cancelled'],
    ['drain', 'completed'],
  ] as const) {
    const free = latch();
    const work = async ({ text }: Task, { signal }: TaskContext) => {
      const told = latch();
      signal.addEventListener('abort', told.open);
      await Promise.race([free.opened, told.opened]);
      signal.throwIfAborted();
      return text;
    };
    const door = await open({ workspaces: { work }, capacity: 2, kept: { most: 5 } });
    const handles = Array.from({ length: 60 }, (_, each) => door.delegate({ to: 'work', task: `${each}` }));
    const read = Promise.all(handles.map(async ({ done }) => done));
    await Promise.all(handles.map(async ({ accepted }) => accepted));
    const report = door.shutdown({ mode });
    if (mode === 'drain') {
      free.open();
    }
    assert.deepEqual(new Set((await report).tasks.map((task) => task.became)), new Set([became]));
    assert.equal((await report).tasks.length, 60);
    await read;
  }
});

test('a handle is as good as its JSON where a handle is asked for', async (t) => {
  const { door } = await stage(t, { workspaces: { work: async ({ text }: Task) => text } });
  const handle = door.delegate({ to: 'work', task: 'x' });
  const again = door.handle(handle);
  assert.deepEqual(again.toJSON(), handle.toJSON());
  assert.equal((await again.done).text, 'x');
});

test('whoever is told of a fault and makes one himself changes no ending', async (t) => {
  const { door } = await stage(t, {
    workspaces: {
      owns: async (_task: Task, context: TaskContext) => {
        context.own(() => {
          throw new Error('will not go');
        });
        return 'done';
      },
    },
    onFault: () => {
      throw new Error('nor will I listen');
    },
  });
  assert.equal(wordOf(await door.delegate({ to: 'owns', task: 'x' }).done), 'completed');
});

test('in memory as many are kept as was said, and no more', async () => {
  const door = await open({ workspaces: { work: async ({ text }: Task) => text }, kept: { most: 5 } });
  for (let each = 0; each < 40; each += 1) {
    await door.delegate({ to: 'work', task: String(each) }).done;
  }
  assert.equal((await (door as Background).list({ limit: 100 })).length <= 6, true);
  await quiet();
  await door.shutdown();
});

test('whoever asks for an ending when all is shut down has it from memory, and no rejection', async (t) => {
  for (const store of [':memory:', file(t)]) {
    const { door, faults } = await stage(t, { store, workspaces: { work: async ({ text }: Task) => text } });
    const handle = door.delegate({ to: 'work', task: 'one' });
    const batch = door.delegate([
      { to: 'work', task: 'two' },
      { to: 'work', task: 'three' },
    ]);
    const report = await door.shutdown({ mode: 'drain' });
    assert.deepEqual(
      report.tasks.map(({ became }) => became),
      ['completed', 'completed', 'completed'],
    );
    const endings = [await handle.done, ...(await batch.done)];
    assert.deepEqual(
      endings.map(({ text, reason }) => text ?? reason),
      // What is kept in a file is told at the next start, and not twice.
      store === ':memory:' ? ['one', 'two', 'three'] : ['outcome_unknown', 'outcome_unknown', 'outcome_unknown'],
    );
    assert.equal((await door.turns()[Symbol.asyncIterator]().next()).done, true);
    assert.deepEqual(faults, []);
  }
});

test('in memory an ending can be read after the shutdown also where it came long before', async (t) => {
  const { door } = await stage(t, { workspaces: { work: async ({ text }: Task) => text } });
  const handle = door.delegate({ to: 'work', task: 'one' });
  await until('it has ended', async () => (await door.active()).length === 0);
  await door.shutdown();
  assert.equal((await handle.done).text, 'one');
});

test('a batch that is to be done at once although every slot is taken is done at once', async (t) => {
  const free = latch();
  const { door } = await stage(t, {
    workspaces: {
      work: async ({ text }: Task) => text,
      waits: async () => {
        await free.opened;
        return 'there';
      },
    },
    ...{ capacity: 1, full: 'inline', inline: 2 },
  });
  const taken = door.delegate({ to: 'waits', task: 'x' });
  await taken.accepted;
  const one = { to: 'work', task: 'x' } as const;
  const batch = door.delegate([{ ...one, idempotencyKey: 'k' }, one]);
  assert.deepEqual(await batch.accepted, { kind: 'accepted', state: 'running' });
  assert.deepEqual(
    (await batch.done).map(({ status }) => status),
    ['completed', 'completed'],
  );
  const tooMany = await door.delegate([one, one, one]).accepted;
  assert.equal(tooMany.kind === 'rejected' && tooMany.code, 'no_free_slot');
  free.open();
  assert.equal((await taken.done).text, 'there');
  assert.equal((await door.delegate([{ ...one, idempotencyKey: 'k' }, one]).accepted).kind, 'known');
});

test('a schema that never answers holds up neither a cancel nor a shutdown', async (t) => {
  const never = {
    '~standard': { version: 1, vendor: 'here', validate: async (): Promise<never> => new Promise(() => {}) },
  } as const;
  const { door, clock } = await stage(t, { workspaces: { typed: callee({ input: never, run: () => 'x' }) } });
  const handle = door.delegate({ to: 'typed', input: untyped<never>(1) });
  assert.deepEqual(await settling(door.cancel('all'), clock), []);
  const { tasks } = await settling(door.shutdown({ mode: 'cancel', deadlineMs: 5000 }), clock);
  assert.deepEqual(tasks, []);
  assert.equal((await handle.done).reason, 'outcome_unknown');
});
