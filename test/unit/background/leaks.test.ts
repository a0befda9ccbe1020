/**
 * Nothing stays behind: no timer, no handle, no listener, however many tasks there were and however they ended.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import type { Task, TaskContext } from '../../../src/background/callee.ts';
import { open } from '../../../src/background/open.ts';
import { Hub } from '../../../src/events/index.ts';
import { file, quiet, settling, stage, until } from './stage.ts';

const TASKS = 1000;

/** All the ways in which a task can go. */
const workspaces = {
  echo: async ({ text }: Task): Promise<string> => text,
  fails: async (): Promise<string> => {
    throw new Error('no');
  },
  listens: async (_task: Task, { signal }: TaskContext): Promise<string> =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    }),
  lead: async (_task: Task, context: TaskContext): Promise<string> => {
    context.own(() => true);
    context.progress('begun');
    const child = context.delegate({ to: 'echo', task: 'child' });
    await context.wait('all', [child], { timeoutMs: 60_000, signal: new AbortController().signal });
    return 'there';
  },
};

const WAYS = ['echo', 'fails', 'listens', 'lead'] as const;

test(`after ${TASKS} delegations and a shutdown no timer is wound and nobody listens`, async (t) => {
  const listening = t.mock.method(Hub.prototype, 'onAll');
  const { door, clock } = await stage(t, { workspaces, capacity: 50 });
  const hub = listening.mock.calls[0]?.this as Hub;
  const atRest = { listeners: hub.listeners, timers: clock.pending };
  const turns = (async () => {
    let told = 0;
    for await (const { tasks } of door.turns()) {
      told += tasks.length;
    }
    return told;
  })();
  const waited: Promise<unknown>[] = [];
  for (let each = 0; each < TASKS; each += 1) {
    const handle = door.delegate({ to: WAYS[each % WAYS.length]!, task: `task ${each}` });
    if (each % 3 === 0) {
      waited.push(handle.done);
    } else if (each % 3 === 1) {
      waited.push(handle.wait({ timeoutMs: 1000, signal: new AbortController().signal }));
    }
    if (each % 100 === 99) {
      await quiet();
      await door.cancel('all');
    }
  }
  await settling(Promise.all(waited), clock);
  await until('all have ended', async () => (await door.active()).length === 0);
  await quiet();
  assert.ok(clock.pending <= atRest.timers + 3, `${clock.pending} timers at rest`);
  assert.ok(hub.listeners <= atRest.listeners + 3, `${hub.listeners} listeners at rest`);
  const report = await settling(door.shutdown(), clock);
  assert.deepEqual(report.tasks, []);
  assert.ok((await turns) > 0);
  assert.equal(clock.pending, 0);
  assert.equal(hub.listeners, 0);
});

test('after a shutdown the process holds no more than before, over a file as well', async (t) => {
  const before = process.getActiveResourcesInfo().toSorted();
  const store = file(t);
  for (const mode of ['drain', 'cancel', 'keep'] as const) {
    const door = await open({ store, workspaces });
    const handles = WAYS.map((to) => door.delegate({ to, task: 'a' }));
    await Promise.all(handles.map(async ({ accepted }) => accepted));
    await handles[2]!.cancel();
    await door.shutdown({ mode, deadlineMs: 1000 });
  }
  await quiet();
  assert.deepEqual(process.getActiveResourcesInfo().toSorted(), before);
});

test('a stream of events and a wait that are left listen no longer', async (t) => {
  const listening = t.mock.method(Hub.prototype, 'onAll');
  const { door, clock } = await stage(t, { workspaces });
  const hub = listening.mock.calls[0]?.this as Hub;
  const atRest = { listeners: hub.listeners, timers: clock.pending };
  const handle = door.delegate({ to: 'listens', task: 'a' });
  await handle.accepted;
  await quiet();
  for await (const step of handle.events) {
    assert.equal(step.type, 'delegation.accepted');
    break;
  }
  const leaving = new AbortController();
  const waits = [handle.wait({ signal: leaving.signal }), door.wait('all', [handle], { signal: leaving.signal })];
  await quiet();
  leaving.abort();
  await Promise.allSettled(waits);
  const turns = new AbortController();
  const told = (async () => {
    for await (const turn of door.turns('main', { signal: turns.signal })) {
      assert.fail(turn.text);
    }
  })();
  await quiet();
  turns.abort();
  await told;
  assert.equal(hub.listeners, atRest.listeners);
  // One more than at rest for the task that runs.
  assert.ok(clock.pending <= atRest.timers + 1, `${clock.pending} timers, ${atRest.timers} at rest`);
});

test('a process that has nothing else to do ends by itself, although tasks are under way', async () => {
  const program = `
    import { open } from ${JSON.stringify(new URL('../../../src/background/index.ts', import.meta.url).href)};
    const door = await open({ workspaces: { never: async () => new Promise(() => {}) } });
    await door.delegate({ to: 'never', task: 'a' }).accepted;
    void (async () => { for await (const turn of door.turns()) console.log(turn.text); })();`;
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const [code] = (await once(child, 'exit')) as [number | null];
  assert.equal(code, 0);
});
