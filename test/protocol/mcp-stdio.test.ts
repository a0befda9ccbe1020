/**
 * MCP over a pipe, with the official SDK's client at the other end, in both eras.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import type { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { TOOLS } from '../../src/tools/index.ts';
import { ERAS, newClient, TASKS, type Era } from './mcp/clients.ts';
import { send, until } from './support.ts';

const SERVER = 'test/protocol/mcp/pipe-server.ts';

/** A client, and the address of the platform behind the pipe. */
async function open(era: Era, use: (client: Client, url: string) => Promise<void>): Promise<void> {
  const client = newClient(era, { extensions: { [TASKS]: {} } });
  const args = ['--disable-warning=ExperimentalWarning', SERVER];
  const transport = new StdioClientTransport({ command: process.execPath, args, stderr: 'pipe' });
  const lines = createInterface({ input: transport.stderr as Readable });
  const [[url]] = (await Promise.all([once(lines, 'line'), client.connect(transport)])) as [[string], unknown];
  try {
    await use(client, url);
  } finally {
    await client.close();
  }
}

for (const era of ERAS) {
  describe(`MCP over a pipe, ${era} era`, () => {
    test('lists, calls, shows progress, cancels, and tells what changes', async () => {
      await open(era, async (client, url) => {
        const { tools } = await client.listTools();
        assert.deepEqual(
          tools.map(({ name }) => name),
          [...TOOLS.map(({ name }) => name), 'hold'],
        );
        const stop = new AbortController();
        const said: (string | undefined)[] = [];
        const onprogress = ({ message }: { message?: string | undefined }): void => {
          said.push(message);
          if (message === 'step 2') {
            stop.abort();
          }
        };
        const call = client.callTool({ name: 'hold', arguments: { steps: 2 } }, { onprogress, signal: stop.signal });
        await assert.rejects(call);
        assert.deepEqual(said, ['step 1', 'step 2']);
        await send(`${url}/workspaces`, 'POST', { body: { id: 'worker', name: 'worker', pull: true } });
        const handed = await client.callTool({
          name: 'delegate_task_async',
          arguments: { workspace_id: 'worker', task: 'Over a pipe.' },
        });
        const uri = `errand://delegations/${(handed.structuredContent as { task_id: string }).task_id}`;
        const updated = new Set<string>();
        client.setNotificationHandler('notifications/resources/updated', ({ params }) => void updated.add(params.uri));
        await (era === 'modern' ? client.listen({ resourceSubscriptions: [uri] }) : client.subscribeResource({ uri }));
        const { rows } = await send(`${url}/workspaces/worker/assignments?wait=5`, 'GET');
        const path = `${url}/workspaces/worker/assignments/${rows[0]?.delegation_id}/complete`;
        await send(path, 'POST', { body: { epoch: 1, text: 'It came through.' } });
        await until('the change is told', () => updated.has(uri));
        const { contents } = await client.readResource({ uri: `${uri}/result` });
        assert.match(JSON.stringify(contents), /It came through/u);
      });
    });
  });
}
