/**
 * `errand agent run` in processes of their own, as they are started, stopped and killed: agent, platform, and both.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, afterEach, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { send, until, type Fields } from '../protocol/support.ts';
import { ended, errand, launch, type Done } from '../support/errand.ts';

const AGENT = JSON.stringify(pathToFileURL(resolve('src/runtime/agent/index.ts')).href);
const LEASE_MS = 800;

const folder = mkdtempSync(join(tmpdir(), 'errand-agent-run-'));
const environment = { ERRAND_DATA: join(folder, 'data'), ERRAND_LEASE_MS: String(LEASE_MS) };
const children = new Set<ChildProcess>();
let port = 0;
let platform: ChildProcess;
let seats = 0;

before(async () => {
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  port = (free.address() as AddressInfo).port;
  free.close();
  await once(free, 'close');
  platform = await up();
});

/** Nothing of one test goes on in the next. */
afterEach(async () => {
  await Promise.all([...children].map(async (child) => gone(child, 'SIGKILL')));
});

after(async () => {
  await ended(platform, 'SIGTERM');
  rmSync(folder, { recursive: true, force: true });
});

async function up(): Promise<ChildProcess> {
  const child = launch(['up', '--open', '--port', String(port)], environment);
  child.stderr!.resume();
  await firstLine(child);
  return child;
}

async function firstLine(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) {
    child.stdout!.resume();
    return line;
  }
  throw new Error('it ended before it said anything');
}

async function gone(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  children.delete(child);
  return child.exitCode === null && child.signalCode === null ? ended(child, signal) : child.exitCode;
}

/** An agent whose handler waits for a file before it ends, and writes down each run. */
function agentFile(id: string, body: string): string {
  const file = join(folder, `${id}.ts`);
  writeFileSync(
    file,
    `import { agent, type Task, type TaskContext } from ${AGENT};
import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
const go = async (signal?: AbortSignal): Promise<void> => {
  while (!existsSync(${JSON.stringify(goFile(id))})) { await pause(20, undefined, signal === undefined ? {} : { signal }); }
};
const note = (text: string): void => appendFileSync(${JSON.stringify(runsFile(id))}, text + '\\n');
export default agent({ name: ${JSON.stringify(id)}, capacity: 2, handle: async (task: Task, context: TaskContext): Promise<string> => {
  note([task.text, task.attempt, task.mayHaveRun].join(' '));
  ${body}
} });
`,
  );
  return file;
}

const goFile = (id: string): string => join(folder, `${id}.go`);
const runsFile = (id: string): string => join(folder, `${id}.runs`);
const runsOf = (id: string): string[] =>
  existsSync(runsFile(id)) ? readFileSync(runsFile(id), 'utf8').trim().split('\n') : [];

interface Started {
  id: string;
  lead: string;
  file: string;
  start: (...more: string[]) => Promise<ChildProcess>;
  delegate: (task: string) => Promise<string>;
  ended: (id: string) => Promise<Fields>;
  look: (id: string) => Promise<Fields>;
  go: () => void;
}

async function cast(body: string): Promise<Started> {
  seats += 1;
  const [id, lead] = [`agent-${seats}`, `lead-${seats}`];
  const file = agentFile(id, body);
  await call('POST', '/workspaces', { id: lead, name: lead });
  const look = async (delegation: string) => call('GET', `/workspaces/${lead}/delegations/${delegation}`);
  return {
    ...{ id, lead, file, look },
    async start(...more) {
      const child = launch(['agent', 'run', file, ...more], environment);
      children.add(child);
      child.stderr!.resume();
      assert.match(await firstLine(child), new RegExp(`serves ${id}`, 'u'));
      return child;
    },
    delegate: async (task) =>
      (await call('POST', `/workspaces/${lead}/delegate`, { target_id: id, task })).delegation_id,
    ended: async (delegation) =>
      until('it has its ending', async () => {
        const found = await look(delegation);
        return ['completed', 'failed', 'cancelled'].includes(found.status) ? found : undefined;
      }),
    go: () => writeFileSync(goFile(id), ''),
  };
}

async function call(method: string, path: string, body?: object): Promise<Fields> {
  const answer = await send(`http://127.0.0.1:${port}${path}`, method, body === undefined ? {} : { body });
  assert.ok(answer.status < 300, answer.text);
  return answer.body;
}

async function running(started: Started, runs = 1): Promise<void> {
  await until('it runs', () => runsOf(started.id).length >= runs);
}

describe('errand agent run', () => {
  test('serves what a file exports, TypeScript as it is, and says so in one line', async () => {
    const started = await cast("return 'done: ' + task.text;");
    const child = launch(['agent', 'run', started.file, '--json', '--capacity', '5'], environment);
    children.add(child);
    const said = JSON.parse(await firstLine(child)) as Record<string, unknown>;
    assert.deepEqual(said, {
      workspace: started.id,
      url: `http://127.0.0.1:${port}`,
      name: started.id,
      capacity: 5,
      pid: child.pid,
    });
    const end = await started.ended(await started.delegate('write'));
    assert.equal(end.result.text, 'done: write');
    const shown = await errand(['agent', 'show', started.id], environment);
    assert.match(shown.out, /0 of 5 in use[^]*online, seen/u);
    assert.equal(await gone(child, 'SIGTERM'), 0);
    const { body } = await send(`http://127.0.0.1:${port}/workspaces/${started.id}`, 'GET');
    assert.equal(body['presence'], 'offline');
  });

  const wrong: [what: string, text: string | undefined, code: number, words: RegExp][] = [
    ['there is no file', undefined, 2, /there is no file/u],
    ['it throws', `throw new Error('no paper');`, 1, /no paper.*wrong-1.mjs:1/u],
    ['it cannot be read', 'const = 4', 1, /could not be imported/u],
    ['it exports no agent', 'export default { name: "a", handle() {} };', 1, /exports no agent/u],
    [
      'it exports two',
      `import { agent } from ${AGENT}; const handle = () => 'x';
       export const a = agent({ name: 'a', handle }); export const b = agent({ name: 'b', handle });`,
      1,
      /more than one agent \(a, b\)/u,
    ],
    [
      'its agent is wrong',
      `import { agent } from ${AGENT}; export default agent({ name: 'a' });`,
      1,
      /handle takes a function/u,
    ],
  ];
  for (const [index, [what, text, code, words]] of wrong.entries()) {
    test(`says what is wrong with a file: ${what}`, async () => {
      const file = join(folder, `wrong-${index}.mjs`);
      if (text !== undefined) {
        writeFileSync(file, text);
      }
      const done: Done = await errand(['agent', 'run', file], environment);
      assert.deepEqual([done.code, done.out], [code, '']);
      assert.match(done.err, words);
    });
  }

  test('is refused in the words of the platform, and waits for one that is away until it is told to stop', async () => {
    const started = await cast(`return 'x';`);
    const refused = await errand(['agent', 'run', started.file, '--workspace', 'operator'], environment);
    assert.equal(refused.code, 4, refused.err);
    assert.match(refused.err, /already_exists/u);
    const waiting = launch(['agent', 'run', started.file, '--url', 'http://127.0.0.1:9'], environment);
    children.add(waiting);
    const errors = createInterface({ input: waiting.stderr! });
    const { value: first } = await errors[Symbol.asyncIterator]().next();
    assert.match(String(first), /cannot be reached/u);
    assert.equal(await gone(waiting, 'SIGINT'), 0);
  });

  test('killed in the middle: when its lease is over the task runs again, and knows that it may have run', async () => {
    const started = await cast(`await go(); return 'by the second';`);
    const first = await started.start();
    const id = await started.delegate('long');
    await running(started);
    await gone(first, 'SIGKILL');
    started.go();
    await started.start();
    const end = await started.ended(id);
    assert.deepEqual([end.status, end.result.text, end['attempts']], ['completed', 'by the second', 2]);
    assert.deepEqual(runsOf(started.id), ['long 1 false', 'long 2 true']);
  });

  test('keeps its work while the platform is killed and comes back', async () => {
    const started = await cast(`await go(); return 'through it all';`);
    await started.start();
    const id = await started.delegate('long');
    await running(started);
    await ended(platform, 'SIGKILL');
    const over = Date.now() + LEASE_MS * 1.5;
    await until('a lease has passed', () => Date.now() > over);
    platform = await up();
    started.go();
    const end = await started.ended(id);
    assert.deepEqual([end.status, end.result.text, end['attempts']], ['completed', 'through it all', 1]);
    assert.deepEqual(runsOf(started.id), ['long 1 false']);
  });

  test('and when both are killed, everything that was accepted ends once', async () => {
    const started = await cast(`await go(); return task.text;`);
    const first = await started.start();
    const ids = await Promise.all(['a', 'b', 'c', 'd'].map(async (task) => started.delegate(task)));
    await running(started, 2);
    await Promise.all([ended(platform, 'SIGKILL'), gone(first, 'SIGKILL')]);
    platform = await up();
    started.go();
    await started.start();
    const ends = await Promise.all(ids.map(async (id) => started.ended(id)));
    assert.deepEqual(
      ends.map(({ status, result }) => `${status} ${result.text}`),
      ['a', 'b', 'c', 'd'].map((task) => `completed ${task}`),
    );
  });

  test('told to stop while it is busy, lets what runs come to its end, and takes nothing more', async () => {
    const started = await cast(`await go(); return 'to its end';`);
    const child = await started.start();
    const id = await started.delegate('long');
    await running(started);
    const stopping = gone(child, 'SIGTERM');
    await until('it has left', async () => (await call('GET', `/workspaces/${started.id}`))['presence'] === 'offline');
    const next = await started.delegate('next');
    started.go();
    assert.equal(await stopping, 0);
    assert.equal((await started.ended(id)).result.text, 'to its end');
    assert.equal((await started.look(next)).status, 'queued');
    await started.start();
    assert.equal((await started.ended(next)).result.text, 'to its end');
  });

  test('gives back what does not come to its end in time, and ends at once when it is told twice', async () => {
    const started = await cast(`if (task.attempt === 3) { return 'at last'; } await go(context.signal); return 'x';`);
    const child = await started.start('--drain', '0');
    const id = await started.delegate('long');
    await running(started);
    assert.equal(await gone(child, 'SIGTERM'), 0);
    const back = await started.look(id);
    assert.deepEqual([back.status, back['attempts']], ['queued', 1]);
    const second = await started.start();
    await running(started, 2);
    const stopped = once(second, 'exit');
    second.kill('SIGTERM');
    await until('it has left', async () => (await call('GET', `/workspaces/${started.id}`))['presence'] === 'offline');
    second.kill('SIGTERM');
    assert.deepEqual(await stopped, [1, null]);
    await started.start();
    const end = await started.ended(id);
    assert.deepEqual([end.result.text, end['attempts']], ['at last', 3]);
  });

  test('restarted while a question waits, answers it from where it is asked again', async () => {
    const started = await cast("return 'heard: ' + (await context.ask('which?'));");
    const child = await started.start();
    const id = await started.delegate('long');
    await until('it asks', async () => (await started.look(id)).status === 'input_required');
    assert.equal(await gone(child, 'SIGTERM'), 0);
    await call('POST', `/workspaces/${started.lead}/delegations/${id}/answer`, { text: 'that' });
    await started.start();
    assert.equal((await started.ended(id)).result.text, 'heard: that');
    assert.equal(runsOf(started.id).length, 2);
  });
});

test('an agent that has stopped leaves nothing behind: its process ends by itself', async () => {
  const started = await cast('return task.text;');
  const script = join(folder, 'stops.mjs');
  writeFileSync(
    script,
    `import { agent } from ${AGENT};
const [left, open] = [new Set(), new Map()];
const served = await agent({ name: ${JSON.stringify(started.id)}, capacity: 4, handle: async (task, context) => {
  context.progress('begun');
  left.add(task.text);
  if (task.text === 'asks') { return context.ask('which?'); }
  if (task.text === 'waits') { await new Promise((resolve) => setTimeout(resolve, 700)); }
  return task.text;
} }).serve({ url: 'http://127.0.0.1:${port}', onFault: (fault) => console.log(fault.message) });
while (left.size < 3) { await new Promise((resolve) => setTimeout(resolve, 20)); }
await new Promise((resolve) => setTimeout(resolve, 1000));
await served.stop();
console.log('stopped');
setTimeout(() => {
  const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout' || kind === 'MessagePort');
  console.log(JSON.stringify(timers));
}, 50).unref();
process.on('exit', () => console.log('ended'));
setTimeout(() => {}, 100);
`,
  );
  const { spawn } = await import('node:child_process');
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  let heard = '';
  child.stdout.on('data', (chunk: Buffer) => {
    heard += chunk.toString();
  });
  for (const task of ['quick', 'asks', 'waits']) {
    await until('it has its seat', async () => {
      const { status } = await send(`http://127.0.0.1:${port}/workspaces/${started.id}`, 'GET');
      return status === 200;
    });
    await started.delegate(task);
  }
  await until('it stopped', () => heard.includes('stopped'));
  const stoppedAt = Date.now();
  const [code] = (await once(child, 'exit')) as [number];
  assert.deepEqual(heard.trim().split('\n'), ['stopped', '["Timeout"]', 'ended']);
  assert.equal(code, 0);
  assert.ok(Date.now() - stoppedAt < 6000, 'what is kept alive of a connection ends soon');
});
