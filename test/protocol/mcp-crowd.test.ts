/**
 * A thousand clients of MCP at once, all of them counting their requests from one: each gets its own answer.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Agent, request } from 'undici';
import { openHouse, type House } from './support.ts';

const CLIENTS = 1000;
const SEATS = 20;
const MODERN = '2026-07-28';
const LEGACY = '2025-11-25';

let house: House;
/** One connection for each client, as a thousand processes would have. */
const agent = new Agent({ connections: CLIENTS, pipelining: 1 });

before(async () => {
  house = await openHouse();
  for (let seat = 0; seat < SEATS; seat += 1) {
    await house.seat(`crowd-${seat}`);
  }
});

after(async () => {
  await agent.destroy();
  await house.close();
});

interface Said {
  id: number;
  result: { structuredContent: { message: string } };
}

async function post(client: number, body: object, headers: Record<string, string>) {
  const {
    statusCode,
    headers: answered,
    body: content,
  } = await request(`${house.url}/workspaces/crowd-${client % SEATS}/mcp`, {
    ...{ method: 'POST', dispatcher: agent, body: JSON.stringify({ jsonrpc: '2.0', ...body }) },
    headers: {
      ...{ 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      ...headers,
    },
  });
  const text = await content.text();
  assert.ok(statusCode < 300, `${statusCode} ${text}`);
  return { session: String(answered['mcp-session-id']), text };
}

/** Nobody has this skill, so the answer says which one was asked for. */
function call(client: number) {
  return { name: 'find_peer', arguments: { skill: `skill-${client}-of-many` } };
}

function assertOwn(client: number, text: string, id: number): void {
  const said = JSON.parse(text.replace(/^[^]*?data: (?=\{)/u, '').trim()) as Said;
  assert.equal(said.id, id);
  assert.match(said.result.structuredContent.message, new RegExp(`can skill-${client}-of-many;`, 'u'));
}

const crowd = Array.from({ length: CLIENTS }, (_, client) => client);

describe('a thousand clients with equal ids', { timeout: 120_000 }, () => {
  test('get their own answers where every request stands for itself', async () => {
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': MODERN,
      'io.modelcontextprotocol/clientCapabilities': {},
      'io.modelcontextprotocol/clientInfo': { name: 'crowd', version: '1' },
    };
    const headers = { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/call', 'mcp-name': 'find_peer' };
    await Promise.all(
      crowd.map(async (client) => {
        const body = { id: 1, method: 'tools/call', params: { ...call(client), _meta } };
        assertOwn(client, (await post(client, body, headers)).text, 1);
      }),
    );
  });

  test('get their own answers in sessions', async () => {
    const params = { protocolVersion: LEGACY, capabilities: {}, clientInfo: { name: 'crowd', version: '1' } };
    await Promise.all(
      crowd.map(async (client) => {
        const { session } = await post(client, { id: 1, method: 'initialize', params }, {});
        const headers = { 'mcp-session-id': session, 'mcp-protocol-version': LEGACY };
        const { text } = await post(client, { id: 2, method: 'tools/call', params: call(client) }, headers);
        assertOwn(client, text, 2);
      }),
    );
  });
});
