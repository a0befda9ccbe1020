/**
 * Functions that delegate: slots that are free while somebody waits, and bounds that hold for the real chain.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Admission, Asking, Background, Handle } from '../../../src/background/background.ts';
import type { Task, TaskContext } from '../../../src/background/callee.ts';
import { open } from '../../../src/background/open.ts';
import { Bench } from './bench.ts';
import { file, latch, quiet, settling, stage, until, wordOf } from './stage.ts';

type Said = (asking: Asking) => Handle;

/** What came of each attempt to delegate, in words. */
function codeOf(admission: Admission): string {
  return admission.kind === 'rejected' ? admission.code : admission.kind;
}

describe('the slot of a function', () => {
  test('is free while it waits for a child: five levels work in a house of one slot', async (t) => {
    let most = 0;
    let atOnce = 0;
    const down = async ({ text }: Task, context: TaskContext): Promise<string> => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      const level = Number(text);
      atOnce -= 1;
      if (level === 5) {
        return 'the bottom';
      }
      const { text: below } = await context.delegate({ to: 'down', task: String(level + 1) }).done;
      return `${level} ${below}`;
    };
    const { door } = await stage(t, { workspaces: { down: { run: down, recursive: true } }, capacity: 1 });
    const ending = await door.delegate({ to: 'down', task: '1' }).done;
    assert.equal(ending.text, '1 2 3 4 the bottom');
    assert.equal(most, 1);
  });

  test('is free while it waits for several children, in whichever way it waits', async (t) => {
    const lead = {
      async run(_task: Task, context: TaskContext) {
        const first = [1, 2, 3].map((task) => context.delegate({ to: 'work', task: String(task) }));
        const { endings } = await context.wait('all', first);
        context.delegate({ to: 'work', task: '4' });
        context.delegate({ to: 'work', task: '5' });
        const more: (string | undefined)[] = [];
        for await (const { text } of context.endings()) {
          more.push(text);
        }
        const last = await context.delegate({ to: 'work', task: '6' }).wait();
        return [...endings.map(({ text }) => text), ...more.toSorted(), last?.text].join(' ');
      },
    };
    const { door } = await stage(t, { workspaces: { lead, work: async ({ text }: Task) => text }, capacity: 1 });
    assert.equal((await door.delegate({ to: 'lead', task: 'go' }).done).text, '1 2 3 1 2 3 4 5 6');
  });

  test('is free while it waits for an answer', async (t) => {
    const bench = new Bench();
    const asks = async (_task: Task, context: TaskContext): Promise<string> => `it is ${await context.ask('which?')}`;
    const { door } = await stage(t, { workspaces: { asks, work: bench.run }, capacity: 1 });
    const asking = door.delegate({ to: 'asks', task: 'choose' });
    const other = door.delegate({ to: 'work', task: 'a' });
    await until('the other has begun', () => bench.begun.length === 1);
    assert.equal(await asking.question(), 'which?');
    await asking.answer('red');
    await quiet();
    assert.equal((await door.active()).length, 2, 'the answer waits for a slot as everybody does');
    bench.end('a');
    assert.equal((await other.done).text, 'done: a');
    assert.equal((await asking.done).text, 'it is red');
  });

  test('is not done before its children are, although the function returned', async (t) => {
    const bench = new Bench();
    const lead = async (_task: Task, context: TaskContext): Promise<string> => {
      context.delegate({ to: 'work', task: 'child' });
      return 'the whole';
    };
    const { door, clock } = await stage(t, { workspaces: { lead, work: bench.run }, capacity: 1 });
    const handle = door.delegate({ to: 'lead', task: 'go' });
    await until('the child has begun', () => bench.begun.length === 1);
    assert.equal(await settling(handle.wait({ timeoutMs: 1000 }), clock), undefined);
    bench.end('child');
    assert.equal((await handle.done).text, 'the whole');
  });
});

/** Which of its ways of delegating a function uses: its own, or the one outside of it. */
const WAYS: Readonly<Record<string, (door: () => Background, context: TaskContext) => Said>> = {
  'context.delegate': (_door, context) => (asking) => context.delegate(asking),
  'the outer delegate': (door) => (asking) => door().delegate(asking as Asking),
};

for (const [name, way] of Object.entries(WAYS)) {
  describe(`with ${name}`, () => {
    test('a chain is as deep as it may be, and no deeper', async (t) => {
      const seen: string[] = [];
      const down = async ({ text }: Task, context: TaskContext): Promise<string> => {
        const child = way(() => held.door as unknown as Background, context)({ to: 'down', task: `${text}.` });
        const code = codeOf(await child.accepted);
        seen.push(code);
        await child.done;
        return code;
      };
      const held = await stage(t, { workspaces: { down: { run: down, recursive: true } }, depth: 3 });
      await held.door.delegate({ to: 'down', task: '.' }).done;
      assert.deepEqual(seen, ['accepted', 'accepted', 'depth_exceeded']);
      const depths = (await held.door.list()).map(({ depth }) => depth);
      assert.deepEqual(depths.toSorted(), [1, 2, 3]);
    });

    test('nobody delegates in a circle, not to itself and not over another one', async (t) => {
      const codes: string[] = [];
      const around = (to: string) => async (_task: Task, context: TaskContext) => {
        const said = way(() => held.door as unknown as Background, context);
        const itself = said({ to: to === 'a' ? 'b' : 'a', task: 'me again' });
        const next = said({ to, task: 'go on' });
        codes.push(codeOf(await itself.accepted), codeOf(await next.accepted));
        await next.done;
        return '';
      };
      const held = await stage(t, { workspaces: { a: around('b'), b: around('a') } });
      await held.door.delegate({ to: 'a', task: 'begin' }).done;
      assert.deepEqual(codes, ['cycle', 'accepted', 'cycle', 'cycle']);
    });

    test('nobody has more children alive than it may, nor a root more below it', async (t) => {
      const codes: string[] = [];
      const bench = new Bench();
      const wide = async (_task: Task, context: TaskContext) => {
        const said = way(() => held.door as unknown as Background, context);
        const children = [1, 2, 3].map((task) => said({ to: 'work', task: `child ${task}` }));
        const admissions = await Promise.all(children.map(async ({ accepted }) => accepted));
        codes.push(...admissions.map((one) => codeOf(one)));
        bench.end('child 1');
        await children[0]?.done;
        codes.push(codeOf(await said({ to: 'work', task: 'child 4' }).accepted));
        return '';
      };
      const held = await stage(t, { workspaces: { wide, work: bench.run }, fanOut: 2 });
      const whole = held.door.delegate({ to: 'wide', task: 'go' });
      await until('four attempts were made', () => codes.length === 4);
      assert.deepEqual(codes, ['accepted', 'accepted', 'fan_out_exceeded', 'accepted']);
      bench.end('child 2');
      bench.end('child 4');
      assert.equal((await whole.done).status, 'completed');
    });

    test('its children belong to its session, whatever anybody claims', async (t) => {
      const sessions: string[] = [];
      const lead = async (_task: Task, context: TaskContext) => {
        const said = way(() => held.door as unknown as Background, context);
        await said({ to: 'work', task: 'child', session: 'somebody-else' }).done;
        return '';
      };
      const work = async ({ session }: Task) => {
        sessions.push(session);
        return '';
      };
      const held = await stage(t, { workspaces: { lead, work } });
      await held.door.delegate({ to: 'lead', task: 'go', session: 'mine' }).done;
      assert.deepEqual(sessions, ['mine']);
      const listed = await held.door.list();
      assert.deepEqual(
        listed.map(({ to, session }) => [to, session]),
        [
          ['work', 'mine'],
          ['lead', 'mine'],
        ],
      );
      const found = held.door.handle(listed[0]!.id);
      assert.equal((await found.accepted).kind, 'known');
      assert.equal(found.session, 'mine');
    });
  });
}

describe('after a restart', () => {
  test('the depth of a chain goes on from where it was', async (t) => {
    const path = file(t);
    const codes: string[] = [];
    const begun = latch();
    let isFirst = true;
    const down = async ({ text }: Task, context: TaskContext): Promise<string> => {
      if (isFirst && text === '..') {
        begun.open();
        await new Promise<never>((_resolve, reject) => {
          context.signal.addEventListener('abort', () => reject(context.signal.reason as Error));
        });
      }
      const child = context.delegate({ to: 'down', task: `${text}.` });
      codes.push(`${text} ${codeOf(await child.accepted)}`);
      await child.done;
      return text;
    };
    const workspaces = { down: { run: down, recursive: true, recovery: 'retry' as const } };
    const before = await open({ store: path, workspaces, depth: 3 });
    const { id } = before.delegate({ to: 'down', task: '.' });
    await begun.opened;
    await before.shutdown({ mode: 'keep' });
    isFirst = false;
    const after = await open({ store: path, workspaces, depth: 3 });
    try {
      const ending = await after.handle(id).done;
      assert.equal(wordOf(ending), 'completed');
      assert.deepEqual(codes, ['. accepted', '. known', '.. accepted', '... depth_exceeded']);
      assert.equal((await after.list()).length, 3);
    } finally {
      await after.shutdown({ mode: 'cancel' });
    }
  });
});
