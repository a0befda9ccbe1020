/**
 * The protocol's own inspector against Errand, over a pipe and over HTTP, in both eras: what it is shown, what it may
 * call, and whether the tools' schemas are such as every client can take.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { toolNamed, TOOLS } from '../../src/tools/index.ts';
import { openHouse, type House } from '../protocol/support.ts';
import { whyNotInstalled } from './installed.ts';
import { openWire, type Wire } from './wire.ts';

const BINARY = join(
  import.meta.dirname,
  'node_modules',
  '@modelcontextprotocol/inspector/clients/launcher/build/index.js',
);
const TASKS = 'io.modelcontextprotocol/tasks';
const ERAS = { legacy: '2025-11-25', modern: '2026-07-28' } as const;

type Era = keyof typeof ERAS;
type Way = 'a pipe' | 'HTTP';
type Json = Record<string, unknown>;

interface Content {
  type: string;
  text: string;
}

interface Shown extends Json {
  tools: { name: string; description: string; inputSchema: Json; annotations: Json }[];
  prompts: { name: string }[];
  resourceTemplates: { uriTemplate: string }[];
  resources: { uri: string }[];
  contents: Content[];
  content: Content[];
  messages: { content: Content }[];
  structuredContent: Json;
}

const why = await whyNotInstalled();
const skip = why ?? false;

let house: House;
let wire: Wire;
let key: string;

before(async () => {
  house = await openHouse({ open: false });
  wire = await openWire(house.url);
  key = (await house.seat('lead')).token;
  await house.seat('busy', { pull: true });
  const peer = await house.peer({ do: 'answer', text: 'one line, as asked', afterMs: 300 });
  await house.seat('writer', { url: peer.url });
});

after(async () => {
  await wire.close();
  await house.close();
});

interface Done {
  code: number;
  shown: Shown;
  err: string;
}

/** The command that the inspector starts, or the address that it calls. */
function serverBy(way: Way): string[] {
  const url = `${wire.url}/workspaces/lead/mcp`;
  const where = ['--workspace', 'lead', '--url', wire.url, '--token', key];
  return way === 'HTTP'
    ? [url, '--transport', 'http', '--header', `Authorization: Bearer ${key}`]
    : [process.execPath, '--disable-warning=ExperimentalWarning', 'src/cli/main.ts', 'mcp', ...where];
}

async function inspect(way: Way, era: Era, ...asked: string[]): Promise<Done> {
  const options = ['--cli', '--protocol-era', era, '--format', 'json', '--connect-timeout', '30000'];
  // What follows the command of a server is the server's, up to the first option that is the inspector's own.
  const child = spawn(process.execPath, [BINARY, ...options, ...serverBy(way), ...asked], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  assert.ok(out.startsWith('{'), `${asked.join(' ')}: ${out}${err}`);
  const { result = {} } = JSON.parse(out) as { result?: Shown };
  return { code: code as number, shown: result as Shown, err };
}

async function call(way: Way, era: Era, tool: string, input: Json): Promise<Shown> {
  const given = ['--tool-name', tool, '--tool-args-json', JSON.stringify(input)];
  const { code, shown, err } = await inspect(way, era, '--method', 'tools/call', ...given);
  assert.equal(code, 0, err);
  return shown;
}

for (const way of ['a pipe', 'HTTP'] as const) {
  for (const era of ['legacy', 'modern'] as const) {
    describe(`the inspector over ${way}, ${ERAS[era]}`, { timeout: 90_000, concurrency: 2 }, () => {
      test('finds every tool, with schemas that every client can take', { skip }, async () => {
        const { code, shown, err } = await inspect(way, era, '--method', 'tools/list', '--strict');
        assert.equal(code, 0, err);
        assert.deepEqual(
          shown.tools.map(({ name }) => name),
          TOOLS.map(({ name }) => name),
        );
        for (const { name, description, annotations } of shown.tools) {
          const spec = toolNamed(name);
          assert.equal(description, `${spec?.short}\n\n${spec?.whenToUse}`);
          assert.deepEqual(annotations, { title: spec?.title, ...spec?.annotations });
        }
        assert.match(err, /0 errors/u);
      });

      test('delegates to a busy peer, and is told to wait', { skip }, async () => {
        const shown = await call(way, era, 'delegate_task_async', { workspace_id: 'busy', task: 'hello' });
        const { status, state, task_id: id, next_action: next } = shown.structuredContent;
        assert.deepEqual([status, state], ['delegated', 'queued']);
        assert.match(String(next), /^wait; do not delegate it again; do not do it yourself/u);
        const { structuredContent: standing } = await call(way, era, 'check_task_status', { task_id: id });
        assert.equal(standing['status'], 'queued');
        assert.equal(standing['task_id'], id);
      });
    });
  }
}

describe('the inspector', { timeout: 90_000, concurrency: 2 }, () => {
  test('is shown peers, prompts and resources', { skip }, async () => {
    const [peers, prompts, templates] = await Promise.all([
      call('HTTP', 'modern', 'list_peers', {}),
      inspect('a pipe', 'legacy', '--method', 'prompts/list'),
      inspect('HTTP', 'legacy', '--method', 'resources/templates/list'),
    ]);
    assert.match(peers.content[0]?.text ?? '', /busy \(ID: busy, status: \w+/u);
    assert.deepEqual(
      prompts.shown.prompts.map(({ name }) => name),
      ['delegate', 'review_results'],
    );
    assert.deepEqual(
      templates.shown.resourceTemplates.map(({ uriTemplate }) => uriTemplate),
      ['errand://delegations/{id}', 'errand://delegations/{id}/result'],
    );
  });

  test('reads a delegation as a resource, and asks for a prompt', { skip }, async () => {
    const { delegation_id: id } = await house.delegate('lead', 'busy');
    const uri = `errand://delegations/${id}`;
    const prompt = ['--method', 'prompts/get', '--prompt-name', 'delegate', '--prompt-args', 'task=count to ten'];
    const [read, said] = await Promise.all([
      inspect('a pipe', 'modern', '--method', 'resources/read', '--uri', uri),
      inspect('HTTP', 'modern', ...prompt),
    ]);
    assert.equal((JSON.parse(read.shown.contents[0]?.text ?? '') as Json)['delegation_id'], id);
    assert.match(said.shown.messages[0]?.content.text ?? '', /count to ten/u);
  });

  test('follows a task to its ending where it knows tasks', { skip }, async () => {
    const seen = wire.messages.length;
    const shown = await call('HTTP', 'modern', 'delegate_task', { workspace_id: 'writer', task: 'one line' });
    assert.equal(shown.structuredContent['result'], 'one line, as asked');
    const own = wire.messages.slice(seen);
    const asked = own.find(({ method }) => method === 'tools/call');
    const capabilities = asked?.params?._meta?.['io.modelcontextprotocol/clientCapabilities'];
    assert.ok(TASKS in ((capabilities as { extensions?: Json }).extensions ?? {}));
    assert.ok(own.some(({ result }) => result?.['resultType'] === 'task'));
    assert.ok(own.some(({ method }) => method === 'tasks/get'));
  });
});
