/**
 * The real Claude Code, with a script for a model: it delegates through Errand's MCP face, goes on, and learns how it
 * ended. On a terminal, over HTTP, by a turn that comes by itself; with nobody watching, over a pipe, by what stands
 * below its next answer.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openHouse, until, type Fields, type House } from '../protocol/support.ts';
import { errand } from '../support/errand.ts';
import { ClaudeCode, linesOf, whyNotRunning } from './claude-code.ts';
import { whyNotInstalled } from './installed.ts';
import { scriptedModel, type Block, type ScriptedModel } from './scripted-model.ts';
import { openWire, type Message, type Wire } from './wire.ts';

const TASKS = 'io.modelcontextprotocol/tasks';
const RESULT = 'One waits, one is served.';
/** It takes seconds to start, and more where much else runs. */
const LOOKS_MAX = 4000;

const why = (await whyNotInstalled()) ?? whyNotRunning();
const isTerminalThere = spawnSync('script', ['--version']).stdout?.includes('util-linux') ?? false;
const skip = why ?? false;
const skipTerminal = why ?? (isTerminalThere ? false : 'there is no `script` of util-linux to provide a terminal');

let house: House;
let key: string;
const closing: (() => unknown)[] = [];

before(async () => {
  house = await openHouse({ open: false });
  key = (await house.seat('lead')).token;
  for (const id of ['helper', 'other']) {
    await house.seat(id, { pull: true });
  }
});

after(async () => {
  for (const close of closing.toReversed()) {
    await close();
  }
  await house.close();
});

function call(tool: string, input: Record<string, unknown>): Block[] {
  return [{ call: `mcp__errand__${tool}`, input }];
}

async function assignments(id: string): Promise<Fields[]> {
  return (await house.call('GET', `/workspaces/${id}/assignments`)).rows;
}

async function end(id: string, { delegation_id: delegation, epoch }: Fields, text: string): Promise<void> {
  const path = `/workspaces/${id}/assignments/${delegation}/complete`;
  const { status, text: said } = await house.call('POST', path, { body: { epoch, text } });
  assert.equal(status, 200, said);
}

/** Fetches the task and ends it. */
async function work(id: string, text: string): Promise<void> {
  const assigned = await until(`${id} has something to do`, async () => (await assignments(id))[0]);
  await end(id, assigned, text);
}

async function modelFor(turns: ((news: string) => Block[] | Promise<Block[]>)[]): Promise<ScriptedModel> {
  let turn = 0;
  const model = await scriptedModel(async ({ news }) => {
    const answer = turns[turn] ?? (() => [{ say: 'Nothing more.' }]);
    turn += 1;
    return answer(news);
  });
  closing.push(() => model.close());
  return model;
}

function claudeFor(model: ScriptedModel, wired: string): ClaudeCode {
  const claude = new ClaudeCode({ model, settings: wired });
  closing.push(() => claude.close());
  return claude;
}

async function settings(...more: string[]): Promise<string> {
  const { code, out, err } = await errand(['mcp', 'config', '--client', 'claude', '--workspace', 'lead', ...more]);
  assert.equal(code, 0, err);
  return out;
}

function requests({ messages }: Pick<Wire, 'messages'>, method: string): Message[] {
  return messages.filter((message) => message.who === 'client' && message.method === method);
}

describe('Claude Code on a terminal, over HTTP', { timeout: 120_000 }, () => {
  test('is given a task, goes on, and is told of the ending in a turn of its own', { skip: skipTerminal }, async () => {
    const wire = await openWire(house.url);
    closing.push(() => wire.close());
    // The helper is at work, so that what is delegated has to wait.
    await house.delegate('lead', 'helper', { task: 'the one before' });
    const earlier = await until('the helper is at work', async () => (await assignments('helper'))[0]);
    const model = await modelFor([
      () => call('delegate_task', { workspace_id: 'helper', task: 'Write a haiku about queues.' }),
      (news) => {
        assert.match(news, /started server-side task dlg_\w+/u);
        return call('list_peers', {});
      },
      (news) => {
        assert.match(news, /"id":"other"/u);
        return [{ say: 'I go on with other work.' }];
      },
      (news) => {
        assert.match(news, /<task-notification>/u);
        assert.match(news, new RegExp(RESULT, 'u'));
        return [{ say: 'It is back.' }];
      },
    ]);
    const terminal = claudeFor(model, await settings('--http', '--url', wire.url, '--token', key)).sit('Delegate it.');
    closing.push(() => terminal.close());
    const isDone = (turn: number) => () => model.faults.length > 0 || model.heard.length >= turn;
    await until('it goes on', isDone(3), LOOKS_MAX).catch((error: unknown) => {
      throw new Error(terminal.drawn().slice(-3000), { cause: error });
    });
    await until('it has looked again', () => model.faults.length > 0 || requests(wire, 'tasks/get').length > 1);
    await end('helper', earlier, 'done');
    await work('helper', RESULT);
    await until('it is told', isDone(4));
    await terminal.close();
    held(model);

    const [asked] = requests(wire, 'tools/call');
    assert.deepEqual(Object.keys(capabilitiesOf(asked)['extensions'] ?? {}), [TASKS]);
    const made = wire.messages.find(({ result }) => result?.['resultType'] === 'task');
    assert.match(String(made?.result?.['statusMessage']), /^queued; place 1 in its queue.*do not do it yourself/u);
    const ownTasks = (await house.call('GET', '/workspaces/lead/delegations')).rows;
    assert.equal(ownTasks.filter(({ target_id: target }) => target === 'helper').length, 2);
    // Who was told by the task is not told again by the inbox.
    const left = (await house.call('GET', '/workspaces/lead/inbox?peek=1')).rows;
    assert.ok(left.every(({ delegation_id: id }) => id !== made?.result?.['taskId']));
  });
});

describe('Claude Code with nobody watching, over a pipe', { timeout: 120_000 }, () => {
  test('waits no longer than it says, and finds below its next answer what has come', { skip }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'errand-wire-'));
    closing.push(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'wire.jsonl');
    let first = '';
    const model = await modelFor([
      () => call('delegate_task_async', { workspace_id: 'other', task: 'first' }),
      (news) => {
        first = /dlg_\w+/u.exec(news)?.[0] ?? '';
        assert.match(news, /queued|dispatched/u);
        return call('delegate_task', { workspace_id: 'other', task: 'second', wait_ms: 300 });
      },
      async (news) => {
        assert.match(news, /queued/u);
        assert.match(news, /do not delegate it again; do not do it yourself/u);
        assert.doesNotMatch(news, /"?is_?error"?: ?true|failed/iu);
        await work('other', RESULT);
        return call('list_peers', {});
      },
      (news) => {
        assert.match(news, /unread|Not read yet/u);
        assert.ok(news.includes(first), news);
        return call('check_task_status', { task_id: first });
      },
      (news) => {
        assert.match(news, new RegExp(RESULT, 'u'));
        return [{ say: 'Both are on their way, and the first is back.' }];
      },
    ]);
    const printed = await claudeFor(model, await tapped(file)).print('Delegate them.');
    held(model);
    assert.equal(printed, 'Both are on their way, and the first is back.');
    const messages = linesOf(file);
    const [asked] = requests({ messages }, 'tools/call');
    assert.equal(typeof asked?.params?._meta?.['claudecode/toolUseId'], 'string');
    assert.equal(capabilitiesOf(asked)['extensions'], undefined);
  });
});

/** Everything went as scripted, and nobody tried to reach the world. */
function held({ faults: [fault], strangers }: ScriptedModel): void {
  if (fault !== undefined) {
    throw fault;
  }
  assert.deepEqual(strangers, []);
}

/** What the client says of itself with a request. */
function capabilitiesOf(message: Message | undefined): Record<string, object | undefined> {
  const said = message?.params?._meta?.['io.modelcontextprotocol/clientCapabilities'];
  return (said ?? {}) as Record<string, object | undefined>;
}

/** The settings that start `errand mcp`, with a listener in its pipe. */
async function tapped(file: string): Promise<string> {
  const { mcpServers } = JSON.parse(await settings('--url', house.url, '--token', key)) as {
    mcpServers: { errand: { command: string; args: string[] } };
  };
  const { command, args } = mcpServers.errand;
  const tap = [join(import.meta.dirname, 'wiretap.ts'), file];
  mcpServers.errand.args = ['--disable-warning=ExperimentalWarning', ...tap, command, ...args];
  mcpServers.errand.command = process.execPath;
  return JSON.stringify({ mcpServers });
}
