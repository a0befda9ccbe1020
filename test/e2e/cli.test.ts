/**
 * The command line against a platform in a process of its own, as a person or a script uses it: answers, JSON, exit
 * codes, and the life of `errand up` itself.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../../src/server/index.ts';
import { type Behaviour, scriptedPeer, type ScriptedPeer } from '../../src/testing/scripted-peer.ts';

const COMMANDS =
  'up demo delegate watch list show result cancel answer retry inbox wake agent peers tool prompt mcp token doctor migrate'.split(
    ' ',
  );
const HOSTILE = 'done\u001B[2J\u202Eevil';

/** Whatever a failed test left running; the file could not end with it. */
const started = new Set<ChildProcess>();

interface Done {
  code: number | null;
  out: string;
  err: string;
}

type Json = Record<string, unknown>;

describe('the command line', { timeout: 180_000 }, () => {
  let data = '';
  let up: ChildProcess;
  let peer: ScriptedPeer;

  before(async () => {
    data = join(mkdtempSync(join(tmpdir(), 'errand-test-')), 'data');
    peer = await scriptedPeer({ clock: systemClock, behave: ({ text: task }) => behaviourFor(task) });
    up = await serve(data);
    for (const id of ['writer', 'slow', 'asker']) {
      assert.equal((await errand('agent', 'add', id, '--url', peer.url)).code, 0);
    }
  });

  after(async () => {
    await stop(up);
    await peer.close();
    for (const child of started) {
      child.kill('SIGKILL');
    }
    rmSync(dirname(data), { recursive: true });
  });

  async function errand(...args: string[]): Promise<Done> {
    return run(args, { ERRAND_DATA: data });
  }

  async function json(...args: string[]): Promise<Json> {
    const { code, out, err } = await errand(...args, '--json');
    assert.equal(code, 0, `${args.join(' ')}: ${err}`);
    return JSON.parse(out) as Json;
  }

  async function rows(...args: string[]): Promise<Json[]> {
    return (await json(...args)) as unknown as Json[];
  }

  describe('explains itself', () => {
    it('has a page of help for every command, with its exit codes', async () => {
      const overview = await errand('--help');
      assert.equal(overview.code, 0);
      for (const name of COMMANDS) {
        assert.match(overview.out, new RegExp(`^ {2}${name} `, 'mu'));
        const page = await errand(name, '--help');
        assert.equal(page.code, 0);
        assert.match(page.out, /usage: errand/u);
        assert.match(page.out, /examples:\n {2}errand /u);
        assert.match(page.out, /4 +the platform refused it/u);
      }
    });

    it('says its version', async () => {
      const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
      assert.equal((await errand('--version')).out, `${version}\n`);
      assert.equal((await json('--version'))['version'], version);
    });

    it('tells an older Node in one sentence what it needs', async () => {
      const older = `Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.11.0'}})`;
      const { code, out, err } = await run(['list'], {}, [
        '--import',
        `data:text/javascript,${encodeURIComponent(older)}`,
      ]);
      assert.equal(code, 1);
      assert.equal(out, '');
      assert.match(err, /^Errand needs Node 24 or newer and this is Node 20\.11\.0;.*\n$/u);
    });
  });

  describe('delegates', () => {
    it('answers at once with a handle', async () => {
      const receipt = await json('delegate', 'writer', 'Write', 'a', 'line');
      assert.match(String(receipt['delegation_id']), /^dlg_/u);
      assert.equal(receipt['status'], 'delegated');
      assert.ok('next_action' in receipt);
    });

    it('waits for the ending where it is told to, with the result alone on stdout', async () => {
      const { code, out } = await errand('delegate', 'writer', '--wait', 'Write a line');
      assert.equal(code, 0);
      assert.equal(out, 'done: Write a line\n');
      const detail = await json('delegate', 'writer', '--wait', 'Write a line');
      assert.equal(detail['status'], 'completed');
      assert.equal((detail['result'] as Json)['text'], 'done: Write a line');
    });

    it('ends with 1 when the delegation failed', async () => {
      const { code, err } = await errand('delegate', 'writer', '--wait', 'fail');
      assert.equal(code, 1);
      assert.match(err, /failed \(callee_failed\)/u);
    });

    it('delegates once for one key', async () => {
      const first = await json('delegate', 'writer', 'Write', '--key', 'k1');
      const again = await json('delegate', 'writer', 'Write', '--key', 'k1');
      assert.equal(again['delegation_id'], first['delegation_id']);
      assert.equal(again['idempotent_hit'], true);
      const other = await errand('delegate', 'writer', 'Something else', '--key', 'k1');
      assert.equal(other.code, 4);
      assert.match(other.err, /^idempotency_conflict: /u);
    });

    it('takes a key in any script, to delegate and to retry', async () => {
      const first = await json('delegate', 'writer', 'Write', '--key', 'ключ 1', '--wait');
      const id = String(first['delegation_id']);
      assert.equal((await json('delegate', 'writer', 'Write', '--key', 'ключ 1'))['delegation_id'], id);
      const again = await json('retry', id, '--key', 'ключ 2');
      assert.equal((await json('retry', id, '--key', 'ключ 2'))['delegation_id'], again['delegation_id']);
    });

    it('takes the task from stdin, and several from a file', async () => {
      const piped = await run(['delegate', 'writer', '-', '--wait'], { ERRAND_DATA: data }, [], 'From stdin');
      assert.equal(piped.out, 'done: From stdin\n');
      const file = join(data, 'batch.json');
      writeFileSync(file, JSON.stringify(['one', { target_id: 'asker', task: 'two' }]));
      const batch = await json('delegate', 'writer', '--batch', file);
      assert.match(String(batch['batch_id']), /^bat_/u);
      assert.deepEqual(
        (batch['delegations'] as Json[]).map((one) => one['target_id']),
        ['writer', 'asker'],
      );
      const waited = await json('delegate', 'writer', '--batch', file, '--wait');
      assert.deepEqual(
        (waited['delegations'] as Json[]).map((one) => one['status']),
        ['completed', 'completed'],
      );
    });
  });

  describe('shows what became of it', () => {
    it('lists, shows and hands over the result', async () => {
      const done = await json('delegate', 'writer', '--wait', 'Write a line');
      const id = String(done['delegation_id']);
      const [newest] = await rows('list', '--limit', '1');
      assert.equal(newest?.['delegation_id'], id);
      const completed = await rows('list', '--status', 'completed');
      assert.ok(completed.every((row) => row['status'] === 'completed'));
      const shown = await errand('show', id);
      assert.match(shown.out, /accepted +by operator/u);
      assert.match(shown.out, /settled +completed/u);
      assert.equal((await errand('result', id)).out, 'done: Write a line');
      const result = await json('result', id);
      assert.equal(result['length'], 'done: Write a line'.length);
    });

    it('shows what a peer wrote and never performs it; a pipe gets it as it came', async () => {
      const done = await json('delegate', 'writer', '--wait', 'hostile');
      const id = String(done['delegation_id']);
      const shown = await errand('show', id);
      assert.match(shown.out, /done␛\[2J<U\+202E>evil/u);
      assert.ok(!shown.out.includes('\u001B'));
      assert.equal((await errand('result', id)).out, HOSTILE);
    });

    it('cancels what waits, and retries it as a new one', async () => {
      const running = await json('delegate', 'slow', 'hang');
      const waiting = await json('delegate', 'slow', 'Write later');
      assert.equal(waiting['state'], 'queued');
      assert.equal(waiting['position'], 1);
      const id = String(waiting['delegation_id']);
      assert.equal((await json('cancel', id, '--reason', 'enough'))['status'], 'cancelled');
      const again = await json('retry', id);
      assert.notEqual(again['delegation_id'], id);
      assert.equal((await errand('cancel', String(again['delegation_id']))).code, 0);
      assert.equal((await errand('cancel', String(running['delegation_id']))).code, 0);
    });

    it('passes a question on and takes the answer back', async () => {
      const { delegation_id: asked } = await json('delegate', 'asker', 'ask');
      const id = String(asked);
      let detail: Json = {};
      while (detail['status'] !== 'input_required') {
        detail = await json('show', id);
      }
      assert.equal(detail['question'], 'Which one?');
      assert.equal((await errand('answer', id, 'the', 'second')).code, 0);
      while (detail['status'] !== 'completed') {
        detail = await json('show', id);
      }
      assert.equal((detail['result'] as Json)['text'], 'Which one? the second');
    });

    it('reads the inbox, and what is acknowledged does not come again', async () => {
      await errand('inbox', '--ack', '--limit', '100');
      const { delegation_id: id } = await json('delegate', 'writer', 'Write a line');
      const isOurs = (notice: Json) => notice['delegation_id'] === id;
      let notices: Json[] = [];
      while (!notices.some(isOurs)) {
        // What ended late of the tests before may come first.
        notices = await rows('inbox', '--wait', '30', '--ack');
        assert.notEqual(notices.length, 0);
      }
      assert.ok(!(await rows('inbox')).some(isOurs));
    });

    it('watches as lines, each a document of its own', async () => {
      const child = launch(['watch', '--json'], { ERRAND_DATA: data });
      await lineWith(child.stderr!, 'watching');
      const { delegation_id: id } = await json('delegate', 'writer', 'Write a line');
      const types: string[] = [];
      for await (const line of createInterface({ input: child.stdout! })) {
        const event = JSON.parse(line) as Json;
        if (event['delegation_id'] === id) {
          types.push(String(event['type']));
        }
        if (types.at(-1) === 'delegation.settled') {
          break;
        }
      }
      assert.deepEqual([types[0], types.at(-1)], ['delegation.accepted', 'delegation.settled']);
      child.kill('SIGINT');
      const [code] = (await once(child, 'exit')) as [number];
      assert.equal(code, 0);
    });
  });

  describe('keeps the agents', () => {
    it('adds, lists, pauses, resumes and removes them', async () => {
      const added = await json('agent', 'add', 'helper', '--pull', '--capacity', '3', '--role', 'helps');
      assert.deepEqual([added['id'], added['carrier'], added['capacity']], ['helper', 'pull', 3]);
      assert.match(String(added['token']), /^ek_ws_/u);
      assert.equal((await json('agent', 'pause', 'helper'))['state'], 'paused');
      const { delegation_id: id } = await json('delegate', 'helper', 'Help');
      assert.deepEqual(((await json('show', String(id)))['waiting_for'] as Json)['cause'], 'paused');
      assert.equal((await json('agent', 'resume', 'helper'))['state'], 'active');
      assert.ok((await rows('agent', 'list')).some((seat) => seat['id'] === 'helper'));
      assert.ok((await rows('peers', 'writer')).some((seat) => seat['id'] === 'helper'));
      assert.equal((await json('agent', 'remove', 'helper'))['status'], 'removed');
      assert.equal((await json('show', String(id)))['reason'], 'peer_removed');
    });

    it('issues a key that works for one workspace until it is revoked', async () => {
      const issued = await json('token', 'create', '--workspace', 'writer', '--name', 'test', '--expires', '1h');
      const key = ['--token', String(issued['auth_token']), '--from'];
      assert.equal((await errand('list', ...key, 'writer')).code, 0);
      assert.equal((await errand('list', ...key, 'slow')).code, 4);
      assert.ok((await rows('token', 'list', '--workspace', 'writer')).some((one) => one['id'] === issued['id']));
      assert.equal((await errand('token', 'revoke', String(issued['id']), '--workspace', 'writer')).code, 0);
      const refused = await errand('list', ...key, 'writer');
      assert.equal(refused.code, 4);
      assert.match(refused.err, /^unauthenticated: /u);
    });

    it('says what is wrong and what to do about it', async () => {
      const well = await json('doctor');
      assert.equal(well['healthy'], true, JSON.stringify(well));
      await errand('agent', 'pause', 'slow');
      const { delegation_id: id } = await json('delegate', 'slow', 'Write later');
      const { code, out } = await errand('doctor');
      assert.equal(code, 1);
      assert.match(out, /wrong {2}slow is paused; 1 wait\n +errand agent resume slow/u);
      await errand('cancel', String(id));
      await errand('agent', 'resume', 'slow');
    });
  });

  describe('fails in words and with a code', () => {
    it('2 where the command line cannot be understood', async () => {
      for (const args of [
        ['nonsense'],
        ['list', '--nonsense'],
        ['delegate', 'writer'],
        ['show'],
        ['list', '--limit', 'x'],
      ]) {
        const { code, out, err } = await errand(...args);
        assert.equal(code, 2, args.join(' '));
        assert.equal(out, '');
        assert.match(err, /^usage: .+\n.+\n$/u);
      }
    });

    it('3 where no platform answers', async () => {
      const { code, err } = await errand('list', '--url', 'http://127.0.0.1:9');
      assert.equal(code, 3);
      assert.match(err, /^unreachable: .*\nStart one with errand up/u);
    });

    it('4 where the platform refuses, with its code, its words and its fix', async () => {
      const { code, out, err } = await errand('delegate', 'nobody', 'Write', '--json');
      assert.equal(code, 4);
      const said = JSON.parse(out) as Json;
      assert.match(err, new RegExp(`^${String(said['code'])}: .+\n${escaped(String(said['fix']))}\n$`, 'u'));
      assert.equal((await errand('show', 'dlg_nothing')).code, 4);
    });

    it('never paints into a pipe', async () => {
      for (const args of [['list'], ['agent', 'list'], ['doctor'], ['nonsense']]) {
        const { out, err } = await errand(...args);
        assert.ok(!`${out}${err}`.includes('\u001B'), args.join(' '));
      }
    });
  });

  describe('errand up', () => {
    it('keeps its key to itself and leaves its address where others find it', () => {
      assert.equal(statSync(join(data, 'operator.key')).mode & 0o777, 0o600);
      const left = JSON.parse(readFileSync(join(data, 'address'), 'utf8')) as Json;
      assert.match(String(left['url']), /^http:\/\/127\.0\.0\.1:\d+$/u);
      assert.equal(left['pid'], up.pid);
    });

    it('refuses a second process on the same data, and says who has it', async () => {
      const { code, out, err } = await run(['up', '--port', '0', '--data', data]);
      assert.equal(code, 1);
      assert.equal(out, '');
      assert.match(err, /is in use/u);
      assert.match(err, /another --data directory/u);
    });

    it('refuses a port that is taken, and --open beyond loopback', async () => {
      const { url } = JSON.parse(readFileSync(join(data, 'address'), 'utf8')) as { url: string };
      const other = `${data}-other`;
      const taken = await run(['up', '--port', new URL(url).port, '--data', other]);
      assert.equal(taken.code, 1);
      assert.match(taken.err, /^address_in_use: /u);
      rmSync(other, { recursive: true });
      const open = await run(['up', '--open', '--host', '0.0.0.0', '--port', '0', '--data', other]);
      assert.equal(open.code, 2);
      assert.match(open.err, /only on loopback/u);
    });

    it('says what to do where DATABASE_URL is wrong, or nobody answers there', async () => {
      const other = `${data}-database`;
      const away = await run(['up', '--port', '0', '--data', other], {
        DATABASE_URL: 'postgres://errand@127.0.0.1:1/none',
      });
      assert.equal(away.code, 1);
      assert.match(away.err, /^no_database: .*ECONNREFUSED.*\n.*DATABASE_URL/u);
      const wrong = await run(['up', '--port', '0', '--data', other], {
        DATABASE_URL: 'mysql://errand@127.0.0.1/none',
      });
      assert.equal(wrong.code, 2);
      assert.match(wrong.err, /postgres:\/\/user/u);
      rmSync(other, { recursive: true, force: true });
    });

    it('writes one line on stdout and ends cleanly on SIGTERM, whoever is still listening', async () => {
      const own = `${data}-own`;
      const child = start(own, ['--open']);
      const [out, err] = [text(child.stdout!), text(child.stderr!)];
      while (!existsSync(join(own, 'address'))) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      const { url } = JSON.parse(readFileSync(join(own, 'address'), 'utf8')) as { url: string };
      const stream = await fetch(`${url}/events/stream`);
      const poll = fetch(`${url}/workspaces/operator/inbox?wait=60`).catch(() => undefined);
      child.kill('SIGTERM');
      const began = systemClock.now();
      const [code] = (await once(child, 'exit')) as [number];
      assert.equal(code, 0);
      assert.ok(systemClock.now() - began < 10_000);
      await stream.body?.cancel().catch(() => undefined);
      await poll;
      assert.match(await out, /^Errand serves at http:\/\/127\.0\.0\.1:\d+ [^\n]*\n$/u);
      assert.match(await err, /OPEN: no keys/u);
      assert.equal(existsSync(join(own, 'address')), false);
      rmSync(own, { recursive: true });
    });

    it('has everything still when it was killed and comes back', async () => {
      const own = `${data}-killed`;
      const first = await serve(own);
      const environment = { ERRAND_DATA: own };
      await run(['agent', 'add', 'sleeper', '--pull'], environment);
      const receipt = JSON.parse((await run(['delegate', 'sleeper', 'Later', '--json'], environment)).out) as Json;
      first.kill('SIGKILL');
      await once(first, 'exit');
      const second = await serve(own);
      const [kept] = JSON.parse((await run(['list', '--json'], environment)).out) as Json[];
      assert.equal(kept?.['delegation_id'], receipt['delegation_id']);
      assert.equal(kept?.['status'], 'queued');
      await stop(second);
      rmSync(own, { recursive: true });
    });
  });
});

function behaviourFor(task: string): Behaviour {
  switch (task) {
    case 'fail':
      return { do: 'error', code: -32_000, message: 'cannot' };
    case 'ask':
      return { do: 'ask', question: 'Which one?' };
    case 'hang':
      return { do: 'hang' };
    case 'hostile':
      return { do: 'answer', text: HOSTILE };
    default:
      return { do: 'answer' };
  }
}

function start(data: string, more: readonly string[] = []): ChildProcess {
  return launch(['up', '--port', '0', '--data', data, ...more], {});
}

function launch(args: readonly string[], environment: Json): ChildProcess {
  const child = spawn(process.execPath, ['src/cli/main.ts', ...args], {
    env: clean(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.add(child);
  child.once('exit', () => started.delete(child));
  return child;
}

/** Resolves when it serves. */
async function serve(data: string): Promise<ChildProcess> {
  const child = start(data);
  child.stderr?.resume();
  await lineWith(child.stdout!, 'Errand serves at');
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

async function run(args: string[], environment: Json = {}, node: string[] = [], input = ''): Promise<Done> {
  const child = spawn(process.execPath, [...node, 'src/cli/main.ts', ...args], { env: clean(environment) });
  child.stdin.end(input);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: code as number | null, out, err };
}

/** What the machine that runs the tests has set must not decide them. */
function clean(environment: Json): NodeJS.ProcessEnv {
  const rest = Object.entries(process.env).filter(
    ([name]) => !/^(?:ERRAND_|DATABASE_URL|NO_COLOR|NODE_TEST|FORCE_COLOR)/u.test(name),
  );
  return { ...Object.fromEntries(rest), ...environment } as NodeJS.ProcessEnv;
}

async function lineWith(stream: NodeJS.ReadableStream, words: string): Promise<string> {
  for await (const line of createInterface({ input: stream })) {
    if (line.includes(words)) {
      return line;
    }
  }
  throw new Error(`it ended without a line with: ${words}`);
}

function escaped(words: string): string {
  return words.replaceAll(/[$()*+.?[\\\]^{|}]/gu, String.raw`\$&`);
}
