/**
 * `errand agent run` and `agent show`: an agent of a file at work in a process of its own, on a platform with keys.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ended, errand, launch, serving } from '../support/errand.ts';

const DOOR = resolve('src/runtime/agent/index.ts');

describe('errand agent run', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'errand-test-'));
  const environment = { ERRAND_DATA: join(folder, 'data') };
  const running = new Set<ChildProcess>();
  let up: ChildProcess;

  before(async () => {
    up = await serving([], environment);
  });

  after(async () => {
    for (const child of running) {
      child.kill('SIGKILL');
    }
    await ended(up, 'SIGTERM');
    rmSync(folder, { recursive: true });
  });

  function file(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, `import { agent } from ${JSON.stringify(DOOR)};\n${text}`);
    return path;
  }

  async function json(...args: string[]): Promise<Record<string, unknown>> {
    const { code, out, err } = await errand([...args, '--json'], environment);
    assert.equal(code, 0, err);
    return JSON.parse(out) as Record<string, unknown>;
  }

  /** With the line that says that it serves. */
  async function runs(...args: string[]): Promise<[ChildProcess, string]> {
    const child = launch(['agent', 'run', ...args], environment);
    running.add(child);
    child.stderr!.resume();
    const [line] = (await once(child.stdout!, 'data')) as [Buffer];
    return [child, String(line)];
  }

  async function result(target: string, task: string): Promise<string> {
    const { out, err } = await errand(['delegate', target, '--wait', task], environment);
    return `${out}${err.includes('failed') ? err : ''}`.trim();
  }

  test('enrols the agent of a file, which fetches its tasks until it is told to stop', async () => {
    const echo = file(
      'echo.ts',
      `export const echo = agent({ name: 'echo', role: 'says it again', skills: ['saying'], handle: ({ text }) => text });`,
    );
    const [child, line] = await runs(echo, '--capacity', '3');
    assert.match(line, /^echo serves at http:\S+ \(fetches its tasks, capacity 3, process \d+\)\n$/u);
    assert.equal(await result('echo', 'Hello'), 'Hello');
    const shown = await json('agent', 'show', 'echo');
    assert.deepEqual([shown['carrier'], shown['capacity'], shown['status']], ['pull', 3, 'online']);
    assert.equal(await ended(child, 'SIGTERM'), 0);
    assert.equal((await json('agent', 'show', 'echo'))['status'], 'offline');
  });

  test('lets what runs come to its end at the first SIGINT, and not at the second', async () => {
    const slow = file(
      'slow.ts',
      `export const slow = agent({ name: 'slow', handle: async (task, { progress }) => {
         progress('at it');
         await new Promise(() => setInterval(() => {}, 1000));
       } });`,
    );
    const [child] = await runs(slow, '--id', 'sleeper');
    const { delegation_id: id } = await json('delegate', 'sleeper', 'Sleep');
    await until(async () => (await json('show', String(id)))['progress'] !== undefined);
    child.kill('SIGINT');
    const gone = once(child, 'exit');
    // It leaves before it waits for what runs.
    await until(async () => (await json('agent', 'show', 'sleeper'))['status'] === 'offline');
    assert.equal((await json('show', String(id)))['status'], 'in_progress');
    child.kill('SIGINT');
    assert.deepEqual(await gone, [1, null]);
  });

  test('is called at a port where it is told to listen', async () => {
    const called = file('called.ts', `export default agent({ name: 'called', handle: ({ text }) => text });`);
    const [child, line] = await runs(called, '--listen', '0');
    assert.match(line, /^called serves at http:\S+ \(is called, capacity 1, process \d+\)\n$/u);
    const page = await errand(['agent', 'show', 'called'], environment);
    assert.match(page.out, /^reached by {2}called at http:\/\/127\.0\.0\.1:\d+\/$/mu);
    assert.equal(await result('called', 'Hello'), 'Hello');
    assert.equal(await ended(child, 'SIGTERM'), 0);
  });

  test('says what is wrong with the file, or with the platform', async () => {
    const none = file('none.ts', 'export const nobody = typeof agent;');
    const several = file(
      'several.ts',
      `export const one = agent({ name: 'one', handle: () => '' });\nexport const two = one.with({ capacity: 2 });`,
    );
    const broken = file('broken.ts', 'throw new Error("not today");');
    const answers = await Promise.all([
      errand(['agent', 'run'], environment),
      errand(['agent', 'run', none], environment),
      errand(['agent', 'run', several], environment),
      errand(['agent', 'run', broken], environment),
      errand(['agent', 'run', join(folder, 'missing.ts')], environment),
      errand(['agent', 'run', file('fine.ts', `export default agent({ name: 'fine', handle: () => '' });`)], {
        ...environment,
        ERRAND_TOKEN: 'ek_ws_nobody',
      }),
    ]);
    assert.deepEqual(
      answers.map(({ code, err }) => [code, err.split('\n', 1)[0]?.replaceAll(`${folder}/`, '')]),
      [
        [2, 'usage: <file> is missing.'],
        [2, 'usage: none.ts exports no agent.'],
        [2, 'usage: several.ts exports more than one agent.'],
        [1, 'not_loaded: broken.ts: not today'],
        [
          1,
          `not_loaded: missing.ts: ${answers[4]?.err.split('missing.ts: ', 2)[1]?.split('\n', 1)[0]?.replaceAll(`${folder}/`, '')}`,
        ],
        [4, answers[5]?.err.split('\n', 1)[0]],
      ],
    );
    assert.match(answers[4]?.err ?? '', /Cannot find module/u);
    assert.match(answers[5]?.err ?? '', /^unauthenticated: /u);
  });
});

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) {
    // Each look is a process of its own, and slow enough.
  }
}
