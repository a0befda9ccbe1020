/**
 * Every field of the opening, and of every word of the door, with something in it that does not belong there: refused at
 * once, in words that name the field, and never in the words of whatever stumbled over it.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Background } from '../../../src/background/background.ts';
import type { TaskContext } from '../../../src/background/callee.ts';
import { open } from '../../../src/background/open.ts';
import type { Opening } from '../../../src/background/settings.ts';
import { ErrandError } from '../../../src/core/error.ts';
import { stage } from './stage.ts';

function untyped<T>(value: unknown): T {
  return value as T;
}

/** The refusal names what is wrong. */
async function slip(names: string, call: () => unknown): Promise<void> {
  await assert.rejects(
    async () => call(),
    (error: unknown) => {
      assert.ok(error instanceof ErrandError, `${names}: ${String(error)}`);
      assert.equal(error.code, 'invalid_request', names);
      assert.ok(error.message.includes(names), `${names} is missing in: ${error.message}`);
      return true;
    },
    names,
  );
}

const workspaces = { work: async ({ text }: { text: string }): Promise<string> => text };

describe('a slip in the opening', () => {
  const NO_NUMBERS = [null, 'x', {}, Number.NaN, 0, -1] as const;
  const NO_OBJECTS = [null, 5, 'x', []] as const;

  test('is refused whatever field it is in, and named', async () => {
    const bad: Readonly<Record<string, readonly unknown[]>> = {
      workspaces: NO_OBJECTS,
      store: [null, 5, ''],
      full: [null, 'maybe', 5],
      environment: [...NO_OBJECTS, { A: 5 }],
      onFault: [null, 5, 'x'],
      ...Object.fromEntries(
        ['capacity', 'inline', 'depth', 'fanOut', 'fanOutRoot', 'deadlineMs', 'cancelGraceMs', 'resultBytes'].map(
          (field) => [field, NO_NUMBERS],
        ),
      ),
      ...Object.fromEntries(['queue', 'liveness', 'kept'].map((field) => [field, NO_OBJECTS])),
    };
    for (const [field, values] of Object.entries(bad)) {
      for (const value of values) {
        await slip(field, () => open(untyped<Opening>({ workspaces, [field]: value })));
      }
    }
    const within = {
      queue: ['most', 'ageMs', 'bytes'],
      liveness: ['idleMs', 'inToolMs', 'graceMs'],
      kept: ['ms', 'most'],
    };
    for (const [field, inner] of Object.entries(within)) {
      for (const name of inner) {
        for (const value of NO_NUMBERS) {
          await slip(`${field}.${name}`, () => open(untyped<Opening>({ workspaces, [field]: { [name]: value } })));
        }
      }
      await slip('nobody', () => open(untyped<Opening>({ workspaces, [field]: { nobody: 1 } })));
    }
    for (const nothing of [undefined, null, 5, []]) {
      await slip('open takes one object', () => open(untyped<Opening>(nothing)));
    }
  });

  test('is refused also where it is in one of its workspaces', async () => {
    const run = workspaces.work;
    const bad: readonly (readonly [string, unknown])[] = [
      ...[null, 5, 'x', {}, []].map((callee) => ['a: a function, {', callee] as const),
      ['a.run', { run: 5 }],
      ['a.capacity', { run, capacity: 'x' }],
      ['a.recovery', { run, recovery: 'perhaps' }],
      ['a.recovery', { run, recovery: null }],
      ['a.role', { run, role: 5 }],
      ['a.input', { run, input: 5 }],
      ['a.output', { run, output: {} }],
      ['a.recursive', { run, recursive: 'yes' }],
      ['a.command', { command: 5 }],
      ['a.command', { command: ['ls', 5] }],
      ['a.shell', { command: 'ls', shell: 'yes' }],
      ['a.directory', { command: 'ls', directory: 5 }],
      ['a.variables', { command: 'ls', variables: 'PATH' }],
      ['a.dialect', { command: 'ls', dialect: 'x' }],
      ['a.graceMs', { command: 'ls', graceMs: 'x' }],
      ['a.url', { url: 5 }],
    ];
    for (const [names, callee] of bad) {
      await slip(`workspaces.${names}`, () => open(untyped<Opening>({ workspaces: { a: callee } })));
    }
  });
});

describe('a slip in a word of the door', () => {
  test('is refused, and named', async (t) => {
    const { door, faults } = await stage(t, { workspaces });
    const any = untyped<Record<string, (...given: unknown[]) => unknown>>(door);
    const call = (word: string, ...given: unknown[]): unknown => any[word]?.call(door, ...given);
    const handle = door.delegate({ to: 'work', task: 'x' });
    await handle.done;
    const bad: readonly (readonly [names: string, word: string, ...given: unknown[]])[] = [
      ...[5, null, undefined, {}, { id: 5 }, []].map((held) => ['handle', 'handle', held] as const),
      ...[null, undefined, 'some', 5, {}, { first: 0 }, { first: 1.5 }, { first: 'x' }].map(
        (mode) => ['wait.mode', 'wait', mode, [handle]] as const,
      ),
      ...[null, undefined, 5, handle, [5], [null], [handle.id], [handle.toJSON()]].map(
        (handles) => ['wait.handles', 'wait', 'all', handles] as const,
      ),
      ['wait', 'wait', 'all', [handle], null],
      ['wait.timeoutMs', 'wait', 'all', [handle], { timeoutMs: 'x' }],
      ['wait.timeoutMs', 'wait', 'all', [handle], { timeoutMs: Number.NaN }],
      ['wait.signal', 'wait', 'all', [handle], { signal: 5 }],
      ['timeout', 'wait', 'all', [handle], { timeout: 5 }],
      ...[5, null, undefined, {}, { session: 5 }].map((what) => ['cancel', 'cancel', what] as const),
      ['cancel.reason', 'cancel', 'all', 5],
      ...[null, 5, []].map((filter) => ['list', 'list', filter] as const),
      ...[-1, 0, 1.5, Number.NaN, Infinity, '5'].map((limit) => ['list.limit', 'list', { limit }] as const),
      ['list.session', 'list', { session: 5 }],
      ['list.status', 'list', { status: 'done' }],
      ['list.active', 'list', { active: 'yes' }],
      ['state', 'list', { state: 'queued' }],
      ...['active', 'turns', 'busy', 'idle', 'closeSession', 'desk'].flatMap((word) =>
        [5, null, {}, '', 'x'.repeat(181)].map((session) => ['session', word, session] as const),
      ),
      ['session', 'turns', { session: 5 }],
      ['session', 'closeSession'],
      ...['turns', 'orphans'].flatMap((word) =>
        (
          [
            ['signal', 5],
            ['most', 0],
            ['most', 'x'],
            ['digestOver', -1],
            ['budget', {}],
            ['budget', null],
            ['budget', { characters: 'x' }],
            ['budget', { characters: 5, tokens: 5 }],
            ['whenIdle', 5],
            ['nobody', 5],
          ] as const
        ).map(([field, value]) => [field, word, ...(word === 'turns' ? ['s'] : []), { [field]: value }] as const),
      ),
      ...['x', 0, undefined, null, 1.5].map((capacity) => ['resize.capacity', 'resize', capacity] as const),
      ['resize.callee', 'resize', 5, 5],
      ['work has no slots of its own', 'resize', 5, 'work'],
      ...[null, 5].map((options) => ['shutdown', 'shutdown', options] as const),
      ['shutdown.mode', 'shutdown', { mode: 'x' }],
      ['shutdown.deadlineMs', 'shutdown', { deadlineMs: 'x' }],
      ['shutdown.deadlineMs', 'shutdown', { deadlineMs: Number.NaN }],
      ['labels', 'delegate', { to: 'work', task: 'x', labels: 5 }],
      ['labels', 'delegate', { to: 'work', task: 'x', labels: { a: 5 } }],
      ['parts', 'delegate', { to: 'work', task: 'x', parts: [5] }],
      ['deadlineMs', 'delegate', { to: 'work', task: 'x', deadlineMs: null }],
      ['delegate', 'delegate', null],
      ['delegate', 'delegate', [5]],
    ];
    for (const [names, word, ...given] of bad) {
      await slip(names, () => call(word, ...given));
    }
    assert.equal((await door.delegate({ to: 'work', task: 'still here' }).done).text, 'still here');
    assert.deepEqual(faults, []);
  });

  test('of a handle is refused, and named', async (t) => {
    const { door } = await stage(t, { workspaces: { hangs: async () => new Promise<string>(() => {}) } });
    const handle = door.delegate({ to: 'hangs', task: 'x' });
    const batch = door.delegate([{ to: 'hangs', task: 'x' }]);
    for (const given of [5, null, undefined, {}]) {
      await slip('answer', () => handle.answer(untyped(given)));
      await slip('steer', () => handle.steer(untyped(given)));
    }
    for (const given of [5, null, {}]) {
      await slip('cancel.reason', () => handle.cancel(untyped(given)));
      await slip('cancel.reason', () => batch.cancel(untyped(given)));
    }
    for (const given of [5, null, { timeoutMs: 'x' }, { timeoutMs: null }, { signal: {} }]) {
      await slip('wait', () => handle.wait(untyped(given)));
    }
    assert.equal((await door.active()).length, 2);
  });

  test('within a function is its failure in these words', async (t) => {
    const said: Readonly<Record<string, (context: TaskContext) => unknown>> = {
      'progress: a text, or': (context) => context.progress(untyped(5)),
      'usage.inputTokens: a number': (context) => context.usage({ inputTokens: Number.NaN }),
      'usage: an object': (context) => context.usage(untyped(undefined)),
      'own: a function': (context) => context.own(untyped(5)),
      'ask: a text': (context) => context.ask(''),
      'wait.mode: ': (context) => context.wait(untyped('some'), []),
      'checkpoint: JSON cannot say': (context) => context.checkpoint(undefined),
      'checkpoint: at most': (context) => context.checkpoint('x'.repeat(20_000)),
      'a value: JSON cannot say': () => 5n,
    };
    const { door, faults } = await stage(t, {
      workspaces: { slips: async ({ text }: { text: string }, context: TaskContext) => said[text]?.(context) },
    });
    for (const words of Object.keys(said)) {
      const { error = '' } = await door.delegate({ to: 'slips', task: words }).done;
      assert.ok(error.startsWith(words), `${words}: ${error}`);
    }
    assert.deepEqual(faults, []);
  });

  test('that only JSON finds is what the admission says', async (t) => {
    const { door } = await stage(t, { workspaces });
    const round: { self?: unknown } = {};
    round.self = round;
    const askings = [
      { to: 'work', input: round },
      { to: 'work', task: 'x', parts: [{ kind: 'data', data: round }] },
    ] as const;
    for (const asking of askings) {
      const handle = (door as Background).delegate(untyped<{ to: string }>(asking));
      const admission = await handle.accepted;
      assert.ok(admission.kind === 'rejected' && admission.code === 'invalid_request', JSON.stringify(admission));
    }
  });
});
