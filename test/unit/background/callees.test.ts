/**
 * Functions, programs and peers beside each other: one kind of handle, one ledger.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import type { Background, Callees } from '../../../src/background/background.ts';
import type { Task, TaskContext } from '../../../src/background/callee.ts';
import { open } from '../../../src/background/open.ts';
import type { Opening } from '../../../src/background/settings.ts';
import { systemClock } from '../../../src/server/clock.ts';
import { scriptedPeer, type Behaviour, type ScriptedPeer } from '../../../src/testing/index.ts';
import { file, nextTurn, until, wordOf } from './stage.ts';

async function house<const W extends Callees>(t: TestContext, opening: Opening<W>): Promise<Background<W>> {
  const door = await open({ environment: process.env, onFault: (error) => t.diagnostic(String(error)), ...opening });
  t.after(async () => door.shutdown({ mode: 'cancel', deadlineMs: 5000 }));
  return door;
}

async function peerThat(t: TestContext, behave: Behaviour): Promise<ScriptedPeer> {
  const peer = await scriptedPeer({ clock: systemClock, behave });
  t.after(async () => peer.close());
  return peer;
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'errand-callees-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/mu.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

const shell = (script: string) => ({ command: ['/bin/sh', '-c', script] });

describe('a function, a program and a peer', () => {
  test('have one kind of handle, one list and one turn', async (t) => {
    const peer = await peerThat(t, { do: 'answer', text: 'from afar' });
    const door = await house(t, {
      workspaces: {
        here: async ({ text }: Task) => `here: ${text}`,
        program: shell('read line; echo "program: $line"'),
        peer: { url: peer.url },
      },
    });
    const names = ['here', 'program', 'peer'] as const;
    const handles = names.map((to) => door.delegate({ to, task: 'hello' }));
    const { endings } = await door.wait('all', handles);
    assert.deepEqual(
      endings.map((one) => [one.to, wordOf(one), one.text?.trim()]),
      [
        ['here', 'completed', 'here: hello'],
        ['program', 'completed', 'program: hello'],
        ['peer', 'completed', 'from afar'],
      ],
    );
    assert.deepEqual(new Set((await door.list()).map(({ to }) => to)), new Set(names));
    door.busy();
    const batch = door.delegate(names.map((to) => ({ to, task: 'again' })));
    await batch.accepted;
    await until('all have ended', async () => (await door.active()).length === 0);
    door.idle();
    const turn = await nextTurn(door.turns()[Symbol.asyncIterator]());
    assert.deepEqual(
      turn.tasks.map(({ to, kind }) => [to, kind]),
      names.map((to) => [to, 'batch']),
    );
    assert.equal(peer.ledger.executions.length, 2);
  });

  test('are delegated to by a function alike, which waits for all of them', async (t) => {
    const peer = await peerThat(t, { do: 'answer', text: 'from afar' });
    const door = await house(t, {
      workspaces: {
        async lead(_task: Task, context: TaskContext) {
          const handles = ['program', 'peer'].map((to) => context.delegate({ to, task: 'child' }));
          const { endings } = await context.wait('all', handles);
          return endings.map(({ text }) => text?.trim()).join(' and ');
        },
        program: shell('cat'),
        peer: { url: peer.url },
      },
      capacity: 1,
    });
    assert.equal((await door.delegate({ to: 'lead', task: 'go' }).done).text, 'child and from afar');
    assert.deepEqual((await door.list()).map(({ depth }) => depth).toSorted(), [1, 2, 2]);
  });

  test('are gone when their cancel is over, with what they had said, however deaf they are', async (t) => {
    const pidFile = join(folderOf(t), 'pid');
    const door = await house(t, {
      workspaces: { deaf: shell(`trap '' TERM; echo half; echo $$ > ${pidFile}; while :; do sleep 100; done`) },
      cancelGraceMs: 300,
    });
    const handle = door.delegate({ to: 'deaf', task: 'listen' });
    await until('it runs', () => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '');
    const ending = await (await handle.cancel('enough')).ending;
    assert.equal(wordOf(ending), 'cancelled');
    assert.equal(ending.text, 'half\n');
    assert.equal(isAlive(Number(readFileSync(pidFile, 'utf8'))), false);
  });

  test('fail alike: with a status, a reason and what they said', async (t) => {
    const peer = await peerThat(t, {
      do: 'task',
      steps: [{ state: 'failed', note: 'no such letter' }],
    });
    const door = await house(t, {
      workspaces: { program: shell('echo half; echo wrong paper >&2; exit 3'), peer: { url: peer.url } },
    });
    const program = await door.delegate({ to: 'program', task: 'print' }).done;
    assert.equal(program.status, 'failed');
    assert.match(program.error ?? '', /3/u);
    const remote = await door.delegate({ to: 'peer', task: 'print' }).done;
    assert.equal(remote.status, 'failed');
    assert.match(remote.error ?? '', /no such letter/u);
  });

  test('ask alike: the question comes in a turn, and the answer goes back to the peer', async (t) => {
    const peer = await peerThat(t, { do: 'ask', question: 'which colour?' });
    const door = await house(t, { workspaces: { peer: { url: peer.url } } });
    const handle = door.delegate({ to: 'peer', task: 'paint' });
    const turn = await nextTurn(door.turns()[Symbol.asyncIterator]());
    assert.equal(turn.tasks[0]?.kind, 'asked');
    assert.match(turn.text, /which colour\?/u);
    await handle.answer('red');
    assert.match((await handle.done).text ?? '', /red/u);
  });
});

describe('a program', () => {
  test('that is cancelled is gone with everything it started', { skip: process.platform !== 'linux' }, async (t) => {
    const pids = join(folderOf(t), 'pids');
    const door = await house(t, {
      workspaces: {
        program: { ...shell(`sleep 1000 & echo "$! $$" > ${pids}; wait`), graceMs: 200 },
      },
    });
    const handle = door.delegate({ to: 'program', task: 'sleep' });
    const read = (): number[] => {
      try {
        return readFileSync(pids, 'utf8').trim().split(' ').filter(Boolean).map(Number);
      } catch {
        return [];
      }
    };
    await until('it has begun', () => read().length === 2);
    assert.deepEqual(read().map(isAlive), [true, true]);
    const receipt = await handle.cancel('enough');
    assert.equal((await receipt.ending).status, 'cancelled');
    await until('both are gone', () => !read().some(isAlive));
  });

  test('does not outlive the door, whichever way that is closed', { skip: process.platform !== 'linux' }, async (t) => {
    const pids = join(folderOf(t), 'pids');
    const store = file(t);
    const workspaces = { program: { ...shell(`echo $$ > ${pids}; exec sleep 1000`), graceMs: 200 } };
    const door = await open({ store, workspaces, environment: process.env });
    const { id } = door.delegate({ to: 'program', task: 'sleep' });
    const read = (): number => {
      try {
        return Number(readFileSync(pids, 'utf8'));
      } catch {
        return 0;
      }
    };
    await until('it has begun', () => read() > 0);
    await door.shutdown({ mode: 'keep' });
    await until('it is gone', () => !isAlive(read()));
    const again = await house(t, { store, workspaces });
    assert.equal(wordOf(await again.handle(id).done), 'failed: outcome_unknown');
  });

  test('gets only the variables that were named for it', async (t) => {
    const door = await house(t, {
      environment: { PATH: process.env['PATH'], SECRET: 'hidden', COLOUR: 'blue' },
      workspaces: { program: { ...shell('echo "$COLOUR/$SECRET"'), variables: ['COLOUR'] } },
    });
    assert.equal((await door.delegate({ to: 'program', task: 'print' }).done).text?.trim(), 'blue/');
  });

  test('that does not exist is a slip that is told when the door is opened', async () => {
    await assert.rejects(open({ workspaces: { program: { command: ['/nowhere/at-all'] } } }), {
      code: 'invalid_request',
    });
  });
});

describe('a peer', () => {
  test('is told when its task is cancelled', async (t) => {
    const peer = await peerThat(t, {
      do: 'task',
      steps: [{ state: 'working' }, { state: 'working' }],
      stepMs: 100_000,
    });
    const door = await house(t, { workspaces: { peer: { url: peer.url } } });
    const handle = door.delegate({ to: 'peer', task: 'wait' });
    await until('it has begun', () => peer.ledger.executions.length === 1);
    await until('it is under way', async () => (await door.list({ status: 'in_progress' })).length === 1);
    const receipt = await handle.cancel();
    assert.equal((await receipt.ending).status, 'cancelled');
  });

  test('is followed again after a restart, and does its task once', async (t) => {
    const store = file(t);
    const peer = await peerThat(t, {
      do: 'task',
      steps: [{ state: 'working' }, { state: 'completed', artifacts: ['the letter'] }],
      stepMs: 700,
    });
    const workspaces = { peer: { url: peer.url } };
    const before = await open({ store, workspaces });
    const { id } = before.delegate({ to: 'peer', task: 'write' });
    await until('it is under way', async () => (await before.list({ status: 'in_progress' })).length === 1);
    await before.shutdown({ mode: 'keep' });
    const after = await house(t, { store, workspaces });
    assert.equal((await after.handle(id).done).text, 'the letter');
    assert.equal(peer.ledger.executions.length, 1);
    assert.equal(peer.ledger.executions[0]?.runs, 1);
  });
});
