/**
 * `errand mcp` in the pipe of the protocol's own client: before the platform is there, while it is, and after it has
 * come back at another address.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { until } from '../protocol/support.ts';
import { ended, errand, serving } from '../support/errand.ts';

type Json = Record<string, unknown>;
type Era = 'legacy' | 'modern';

let folder: string;
let data: string;
let up: ChildProcess | undefined;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'errand-mcp-'));
  data = join(folder, 'data');
});

after(async () => {
  if (up !== undefined) {
    await ended(up, 'SIGTERM');
  }
  rmSync(folder, { recursive: true });
});

async function json(...words: string[]): Promise<Json> {
  const { code, out, err } = await errand([...words, '--json'], { ERRAND_DATA: data });
  assert.equal(code, 0, err);
  return JSON.parse(out) as Json;
}

interface Plugged {
  client: Client;
  transport: StdioClientTransport;
  /** What it said beside the protocol. */
  aside: () => string;
}

async function plugIn(era: Era): Promise<Plugged> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', 'src/cli/main.ts', 'mcp', '--workspace', 'lead', '--data', data],
    stderr: 'pipe',
  });
  let said = '';
  transport.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const mode = era === 'modern' ? { pin: '2026-07-28' } : 'legacy';
  const client = new Client({ name: 'a test', version: '1' }, { versionNegotiation: { mode } });
  await client.connect(transport);
  return { client, transport, aside: () => said };
}

async function call({ client }: Plugged, name: string, given: Json = {}) {
  const { content, structuredContent, isError } = await client.callTool({ name, arguments: given });
  const [first] = content as { text: string }[];
  return { text: first?.text ?? '', structured: (structuredContent ?? {}) as Json, isError: isError === true };
}

describe('errand mcp', { timeout: 120_000 }, () => {
  test('starts before the platform does, says so, and goes on when it is there, wherever it is', async () => {
    const plugged = await plugIn('legacy');
    assert.equal((await plugged.client.listTools()).tools.length, 14);
    const early = await call(plugged, 'list_peers');
    assert.ok(early.isError);
    assert.match(early.text, /cannot be reached \(ECONNREFUSED\).*Nothing is lost/u);
    await until('it says so beside the protocol', () => /no platform answers at/u.test(plugged.aside()));

    up = await serving(['--data', data]);
    await json('agent', 'add', 'lead');
    await json('agent', 'add', 'helper', '--pull');
    await until('it has found the platform', () => /the tools of lead at/u.test(plugged.aside()));
    const { structured } = await call(plugged, 'delegate_task_async', { workspace_id: 'helper', task: 'one' });
    assert.equal(structured['state'], 'queued');
    const uri = `errand://delegations/${String(structured['task_id'])}`;
    const updated: string[] = [];
    plugged.client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
      updated.push(params.uri);
    });
    await plugged.client.subscribeResource({ uri });

    await ended(up, 'SIGKILL');
    up = await serving(['--data', data]);
    await json('cancel', String(structured['task_id']));
    await until('the change is told', () => updated.includes(uri));
    assert.match((await call(plugged, 'check_task_status', { task_id: structured['task_id'] })).text, /cancelled/u);
    await plugged.client.close();
  });

  test('opens the files of this machine for the tools', async () => {
    const plugged = await plugIn('modern');
    const file = join(folder, 'notes.txt');
    writeFileSync(file, 'one line');
    const sent = await call(plugged, 'send_message_to_user', { message: 'here', attachments: [join(folder, 'none')] });
    assert.match(sent.text, /none: ENOENT/u);
    await plugged.client.close();
  });

  test('ends with its client, and puts nothing but the protocol on stdout', async () => {
    const done = await errand(['mcp', '--workspace', 'lead', '--data', data]);
    assert.equal(done.code, 0, done.err);
    assert.equal(done.out, '');
    const wrong = await errand(['mcp', 'config', '--client', 'other']);
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /--client takes one of: claude, codex, cursor, vscode, gemini, opencode; not other/u);
    assert.equal((await errand(['mcp', 'serve'])).code, 2);
  });

  test('prints the settings of a client, by the folder of the platform or by its address', async () => {
    const { code, out, err } = await errand(['mcp', 'config', '--client', 'claude', '--workspace', 'lead'], {
      ERRAND_DATA: data,
      PATH: process.env['PATH'] ?? '',
    });
    assert.equal(code, 0);
    assert.match(err, /into +\.mcp\.json/u);
    const { args } = (JSON.parse(out) as { mcpServers: { errand: { args: string[] } } }).mcpServers.errand;
    assert.deepEqual(args.slice(-4), ['--workspace', 'lead', '--data', data]);
    const there = ['mcp', 'config', '--client', 'codex', '--workspace', 'lead', '--url', 'https://errand.example'];
    const remote = await errand([...there, '--http']);
    assert.match(remote.out, /^url = "https:\/\/errand\.example\/workspaces\/lead\/mcp"$/mu);
    assert.match(remote.err, /read from ERRAND_TOKEN/u);
    assert.match((await errand([...there, '--token', 'k'])).err, /It holds a key/u);
  });
});
