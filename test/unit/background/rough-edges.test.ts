/**
 * What would be a silence, or the words of somebody behind the door: a function that waits for itself, a door that was
 * shut, a file that another process has, a reader who leaves while it waits.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { Background, Handle, Step } from '../../../src/background/background.ts';
import type { Task, TaskContext } from '../../../src/background/callee.ts';
import { open } from '../../../src/background/open.ts';
import { Bench } from './bench.ts';
import { file, latch, nextTurn, quiet, stage, until } from './stage.ts';

const echo = async ({ text }: Task): Promise<string> => text;

describe('a function that waits for what cannot end before it does', () => {
  const ways: Readonly<Record<string, (door: Background, id: string, context: TaskContext) => Promise<unknown>>> = {
    done: async (door, id) => door.handle(id).done,
    wait: async (door, id) => door.handle(id).wait(),
    'wait all': async (door, id) => door.wait('all', [door.handle(id)]),
    'context.wait any': async (door, id, context) =>
      context.wait('any', [door.handle(id), context.delegate({ to: 'hangs', task: 'x' })]),
  };

  for (const [way, wait] of Object.entries(ways)) {
    test(`is refused at once, and told what to do: ${way}`, async (t) => {
      const held: { door?: Background; lead?: string } = {};
      const { door, faults } = await stage(t, {
        workspaces: {
          itself: async ({ id }: Task, context: TaskContext) => wait(held.door!, id, context),
          lead: async ({ id }: Task, context: TaskContext) => {
            held.lead = id;
            return (await context.delegate({ to: 'middle', task: 'x' }).done).text;
          },
          middle: async (_task: Task, context: TaskContext) =>
            (await context.delegate({ to: 'below', task: 'x' }).done).error,
          below: async (_task: Task, context: TaskContext) => wait(held.door!, held.lead!, context),
          hangs: async (_task: Task, { signal }: TaskContext) =>
            new Promise<string>((_resolve, reject) => {
              signal.addEventListener('abort', () => reject(signal.reason as Error));
            }),
        },
      });
      held.door = door as unknown as Background;
      const own = await door.delegate({ to: 'itself', task: 'x' }).done;
      assert.match(own.error ?? '', /is this very task, .* Wait for what you have delegated\.$/u);
      const above = await door.delegate({ to: 'lead', task: 'x' }).done;
      assert.match(above.text ?? '', /delegated by, and cannot end before this one does/u);
      assert.deepEqual(faults, []);
    });
  }

  test('spoils nothing for those who wait for it outside, and takes nothing from its session', async (t) => {
    const held: { handle?: Handle } = {};
    const mine = async (): Promise<string> => {
      await assert.rejects(async () => held.handle!.done, { code: 'cycle' });
      return 'there';
    };
    const { door } = await stage(t, { workspaces: { mine } });
    held.handle = door.delegate({ to: 'mine', task: 'told' });
    assert.equal((await nextTurn(door.turns()[Symbol.asyncIterator]())).tasks[0]?.id, held.handle.id);
    held.handle = door.delegate({ to: 'mine', task: 'awaited' });
    assert.equal((await held.handle.done).text, 'there');
    assert.equal((await held.handle.done).text, 'there');
  });

  test('may wait for the task of somebody else, and for its own by their ids', async (t) => {
    const held: { door?: Background; other?: string } = {};
    const waits = async (_task: Task, context: TaskContext): Promise<string> => {
      const child = context.delegate({ to: 'echo', task: 'child' });
      await child.accepted;
      const both = await Promise.all([held.door!.handle(child.id).done, held.door!.handle(held.other!).done]);
      return both.map(({ text }) => text).join(' and ');
    };
    const { door } = await stage(t, { workspaces: { waits, echo } });
    held.door = door as unknown as Background;
    held.other = door.delegate({ to: 'echo', task: 'other', session: 's' }).id;
    assert.equal((await door.delegate({ to: 'waits', task: 'x' }).done).text, 'child and other');
  });
});

describe('after a shutdown', () => {
  for (const place of ['in memory', 'over a file']) {
    test(`${place} every word says that it was shut down, and what to do`, async (t) => {
      const store = place === 'in memory' ? ':memory:' : file(t);
      const { door, faults } = await stage(t, { store, workspaces: { asks, echo } });
      const handle = door.delegate({ to: 'asks', task: 'x' });
      await until('it asks', async () => (await handle.question()) !== undefined);
      const held = door.handle(handle.id);
      const batch = door.delegate([{ to: 'asks', task: 'y' }]);
      await batch.accepted;
      await door.delegate({ to: 'echo', task: 'told', session: 's' }).accepted;
      const reading = door.turns('s')[Symbol.asyncIterator]();
      const turn = await nextTurn(reading);
      const steps = handle.events[Symbol.asyncIterator]();
      await steps.next();
      await door.shutdown({ mode: 'keep' });
      const words: Readonly<Record<string, () => unknown>> = {
        delegate: () => door.delegate({ to: 'echo', task: 'x' }),
        wait: () => door.wait('any', [handle]),
        cancel: () => door.cancel('all'),
        'cancel one': () => door.cancel(handle.id),
        list: () => door.list(),
        active: () => door.active(),
        closeSession: () => door.closeSession('s'),
        resize: () => door.resize(5),
        'desk.list': () => door.desk().list({ limit: 5 }),
        'turn.acknowledge': () => turn.acknowledge(),
        // It cannot be acknowledged any more, and is told again.
        'the turn after one that is in hand': () => reading.next(),
        'batch.cancel': () => batch.cancel(),
      };
      for (const one of [handle, held, door.handle(handle.id)]) {
        Object.assign(words, {
          [`wait ${one === handle}`]: () => one.wait(),
          [`question ${one === handle}`]: () => one.question(),
          [`answer ${one === handle}`]: () => one.answer('yes'),
          [`steer ${one === handle}`]: () => one.steer('left'),
          [`cancel ${one === handle}`]: () => one.cancel(),
          [`events ${one === handle}`]: () => one.events[Symbol.asyncIterator]().next(),
        });
      }
      for (const [name, ask] of Object.entries(words)) {
        const message = name.startsWith('desk') ? /shut down/u : /shut down.* [Oo]pen /u;
        await assert.rejects(async () => ask(), { code: 'shutting_down', message }, name);
      }
      const admission = await door.handle(handle.id).accepted;
      assert.ok(admission.kind === 'rejected' && admission.code === 'shutting_down', admission.kind);
      for (const stream of [
        reading,
        door.turns('s')[Symbol.asyncIterator](),
        door.orphans()[Symbol.asyncIterator](),
        steps,
      ]) {
        await until('it is over', async () => (await stream.next()).done === true);
      }
      assert.equal((await held.done).reason, 'outcome_unknown');
      door.busy();
      door.idle();
      assert.equal((await door.shutdown()).mode, 'keep');
      assert.deepEqual(faults, []);
    });
  }

  test('what was asked before, and is answered after, is no failure of the function that asked', async (t) => {
    const store = file(t);
    const begun = latch();
    const held: { door?: Background } = {};
    let runs = 0;
    const isFirst = (): boolean => runs === 1;
    const looks = async (): Promise<string> => {
      runs += 1;
      begun.open();
      while (isFirst()) {
        await setImmediate();
        await held.door!.list();
      }
      return 'there';
    };
    const workspaces = { looks: { run: looks, recovery: 'retry' as const } };
    const before = await open({ store, workspaces });
    held.door = before as unknown as Background;
    const { id } = before.delegate({ to: 'looks', task: 'x' });
    await begun.opened;
    const { tasks } = await before.shutdown({ mode: 'keep' });
    assert.deepEqual(
      tasks.map(({ became }) => became),
      ['left_running'],
    );
    await using after = await open({ store, workspaces });
    assert.equal((await after.handle(id).done).text, 'there');
  });
});

async function asks(_task: Task, context: TaskContext): Promise<string> {
  return context.ask('May I?');
}

test('a file that another process has is refused in the words of this door', async (t) => {
  const store = file(t);
  await using first = await open({ store, workspaces: { echo } });
  await assert.rejects(open({ store, workspaces: { echo } }), ({ message }: Error) => {
    assert.match(message, new RegExp(`in use by process ${process.pid}\\. .* another store\\.$`, 'u'));
    return !message.includes('--');
  });
  assert.deepEqual(await first.list(), []);
});

test('what is said of the progress is bounded, and no character of it is cut in half', async (t) => {
  const bench = new Bench();
  const { door } = await stage(t, { workspaces: { work: bench.run } });
  const handle = door.delegate({ to: 'work', task: 'a' });
  await until('it has begun', () => bench.begun.length === 1);
  bench.contexts.get('a')!.progress({ message: `x${'😀'.repeat(5000)}`, percent: 1000 });
  await until('it is heard', async () => (await door.active())[0]?.progress !== undefined);
  const [{ progress = '' } = {}] = await door.active();
  assert.ok(progress.length <= 4000 && progress.length > 3900, String(progress.length));
  assert.ok(progress.isWellFormed() && progress.endsWith('…'));
  bench.contexts.get('a')!.steers();
  await handle.steer(`x${'😀'.repeat(5000)}`);
  const [words = ''] = bench.contexts.get('a')!.steers();
  assert.ok(words.isWellFormed() && words.length <= 4000, String(words.length));
  bench.end('a');
  await handle.done;
  const long = door.delegate({ to: 'work', task: `x${'😀'.repeat(500)}` });
  await long.accepted;
  const [{ task = '' } = {}] = await door.active();
  assert.ok(task.isWellFormed() && task.length <= 500);
});

describe('a reader who leaves', () => {
  test('while it waits for the next turn is done at once, and nothing is lost', async (t) => {
    const { door, clock } = await stage(t, { workspaces: { echo } });
    const atRest = clock.pending;
    const whenIdle = async (): Promise<never> => new Promise(() => {});
    const streams = [door.turns('s'), door.orphans(), door.turns('s', { whenIdle })];
    for (const [index, stream] of streams.entries()) {
      const turns = stream[Symbol.asyncIterator]();
      const next = turns.next();
      await quiet();
      if (index === 2) {
        await door.delegate({ to: 'echo', task: 'x', session: 's' }).accepted;
        await quiet();
      }
      assert.equal((await turns.return?.())?.done, true);
      assert.equal((await next).done, true);
      assert.equal((await turns.next()).done, true);
    }
    assert.equal(clock.pending, atRest);
    assert.equal((await nextTurn(door.turns('s')[Symbol.asyncIterator]())).tasks.length, 1);
  });

  test('while it waits for the next step of a task is done at once', async (t) => {
    const bench = new Bench();
    const { door } = await stage(t, { workspaces: { work: bench.run } });
    const steps = door.delegate({ to: 'work', task: 'a' }).events[Symbol.asyncIterator]();
    for (let seen = ''; seen !== 'delegation.delivered';) {
      const { done, value } = await steps.next();
      seen = done === true ? 'delegation.delivered' : value.type;
    }
    const next = steps.next();
    await quiet();
    assert.equal((await steps.return?.())?.done, true);
    assert.equal((await next).done, true);
  });
});

describe('a host that begins to work', () => {
  test('in whatever moment has no turn that was not handed over before', async (t) => {
    const { door } = await stage(t, { workspaces: { echo } });
    for (const whenIdle of [undefined, async () => true]) {
      for (let ticks = 0; ticks < 150; ticks += 1) {
        const session = `s${ticks}${whenIdle === undefined ? '' : 'w'}`;
        const turns = door.turns(session, whenIdle === undefined ? {} : { whenIdle })[Symbol.asyncIterator]();
        door.busy(session);
        const next = turns.next();
        const { id } = door.delegate({ to: 'echo', task: 'x', session });
        await quiet();
        door.idle(session);
        for (let each = 0; each < ticks; each += 1) {
          await undefined;
        }
        if (isPending(next)) {
          door.busy(session);
          await quiet();
          assert.ok(isPending(next), `a turn while the host is busy, ${ticks} ticks after it was idle`);
          door.idle(session);
        }
        const { value } = await next;
        assert.deepEqual(
          value?.tasks.map((task: { id: string }) => task.id),
          [id],
        );
        await turns.return?.();
      }
    }
  });

  test('and whose session is closed then keeps nobody from reading what ends of it', async (t) => {
    const { door } = await stage(t, { workspaces: { echo } });
    door.busy('s');
    const { id } = door.delegate({ to: 'echo', task: 'x', session: 's' });
    await quiet();
    await door.closeSession('s');
    const turn = await nextTurn(door.orphans()[Symbol.asyncIterator]());
    assert.equal(turn.tasks[0]?.id, id);
  });
});

/** Asked without waiting for it. */
function isPending(promise: Promise<unknown>): boolean {
  return inspect(promise).includes('<pending>');
}

describe('a warning', () => {
  test('is among the steps of its task, in words', async (t) => {
    const bench = new Bench();
    const { door, clock } = await stage(t, {
      workspaces: { work: bench.run },
      liveness: { idleMs: 10_000, graceMs: 5000 },
    });
    const handle = door.delegate({ to: 'work', task: 'a', budget: { tokens: 1000, costUsd: 1 } });
    const seen: Step[] = [];
    const reading = (async () => {
      for await (const step of handle.events) {
        seen.push(step);
      }
    })();
    await until('it has begun', () => bench.begun.length === 1);
    await clock.pass(11_000);
    await until('it is warned', () => seen.some(({ warning }) => warning !== undefined));
    bench.contexts.get('a')!.usage({ inputTokens: 850, costUsd: 0.1 });
    await until('it is warned again', () => seen.filter(({ warning }) => warning !== undefined).length === 2);
    bench.end('a');
    await reading;
    const [silent, spent] = seen.flatMap(({ warning }) => warning ?? []);
    assert.match(silent ?? '', /^no sign of life for 1\d{4} ms; without one it ends as stalled in 5000 ms$/u);
    assert.match(spent ?? '', /^used of its budget: 850 of 1000 tokens; with more/u);
    assert.ok(seen.every(({ type, warning }) => (type === 'delegation.warned') === (warning !== undefined)));
  });
});
