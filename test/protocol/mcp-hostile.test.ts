/**
 * MCP with clients that hold, leave, repeat, forge and flood: what is one client's stays that client's, and nothing grows
 * without a bound.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TOOLS } from '../../src/tools/index.ts';
import { askLegacy, askModern, connected, ERAS, messagesOf, rpc, sessionAt, type At } from './mcp/clients.ts';
import { holding } from './mcp/holding.ts';
import { openMcpStage, type McpStage } from './mcp/stage.ts';
import { until } from './support.ts';

const held = holding();
let stage: McpStage;

before(async () => {
  stage = await openMcpStage({ tools: [...TOOLS, held.spec] });
});

after(async () => {
  held.letGo();
  await stage.close();
  assert.deepEqual(stage.faults, []);
});

/** In open mode the path says who calls. */
async function seat(id: string): Promise<At> {
  const body = JSON.stringify({ id, name: id });
  await fetch(`${stage.url}/workspaces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return { url: `${stage.url}/workspaces/${id}/mcp` };
}

const HOLD = { method: 'tools/call', params: { name: 'hold', arguments: {} } };

for (const era of ERAS) {
  describe(`a held call, ${era} era`, () => {
    test('says that it goes on, to who wants to know', async () => {
      const client = await connected(era, await seat(`progress-${era}`));
      const said: unknown[] = [];
      const earlier = held.calls.length;
      const call = client.callTool(
        { name: 'hold', arguments: { steps: 2 } },
        { onprogress: ({ progress, message }) => void said.push([progress, message]) },
      );
      await until('both are said', () => said.length === 2);
      held.letGo();
      assert.deepEqual((await call).structuredContent, { was: 'let go' });
      assert.deepEqual(said, [
        [1, 'step 1'],
        [2, 'step 2'],
      ]);
      const quiet = client.callTool({ name: 'hold', arguments: { steps: 2 } });
      await until('it is held', () => held.calls.length === earlier + 2);
      assert.equal(held.calls.at(-1)?.onProgress, undefined);
      held.letGo();
      await quiet;
      await client.close();
    });

    test('is let go when its client cancels it', async () => {
      const client = await connected(era, await seat(`cancel-${era}`));
      const earlier = held.calls.length;
      const stop = new AbortController();
      const call = client.callTool({ name: 'hold', arguments: {} }, { signal: stop.signal });
      await until('it is held', () => held.calls.length > earlier);
      const { signal } = held.calls[earlier] ?? {};
      assert.equal(signal?.aborted, false);
      stop.abort();
      await assert.rejects(call);
      await until('it is told', () => signal?.aborted);
      await client.close();
    });
  });
}

describe('clients that share nothing but a platform', () => {
  test('may use the same JSON-RPC id at once, and each gets its own answer', async () => {
    const [left, right] = [await seat('left'), await seat('right')];
    const earlier = held.calls.length;
    const holds = [askModern(left, { ...HOLD, id: 7 }), askModern(right, { ...HOLD, id: 7 })];
    await until('both are held', () => held.calls.length === earlier + 2);
    const { result } = await rpc(left, { method: 'tools/call', params: { name: 'get_workspace_info' }, id: 7 });
    assert.equal((result['structuredContent'] as { id: string }).id, 'left');
    assert.deepEqual(
      held.calls
        .slice(earlier)
        .map(({ desk }) => desk.workspace)
        .toSorted(),
      ['left', 'right'],
    );
    held.letGo();
    for (const answer of await Promise.all(holds)) {
      assert.equal(((await answer.json()) as { id: unknown }).id, 7);
    }
  });

  test('cannot end a call of another by naming its id', async () => {
    const [left, right] = [await seat('left'), await seat('right')];
    const earlier = held.calls.length;
    const call = askModern(left, { ...HOLD, id: 8 });
    await until('it is held', () => held.calls.length > earlier);
    for (let id = 0; id < 50; id += 1) {
      const cancelled = await askModern(right, { method: 'notifications/cancelled', params: { requestId: id }, id });
      await cancelled.text();
      const body = {
        jsonrpc: '2.0',
        method: 'notifications/cancelled',
        params: { requestId: id, _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } },
      };
      assert.equal((await askLegacy(right, { body })).status, 202);
    }
    assert.equal(held.calls[earlier]?.signal?.aborted, false);
    held.letGo();
    assert.equal((await call).status, 200);
  });

  test('cannot use a session of another', async () => {
    const [left, right] = [await seat('left'), await seat('right')];
    const session = await sessionAt(left);
    const body = { jsonrpc: '2.0', id: 1, method: 'ping' };
    assert.equal((await askLegacy(left, { body, session })).status, 200);
    assert.equal((await askLegacy(right, { body, session })).status, 404);
    const end = { method: 'DELETE', headers: { 'mcp-session-id': session } };
    assert.equal((await fetch(right.url, end)).status, 404);
    assert.equal((await fetch(left.url, end)).status, 200);
    assert.equal((await askLegacy(left, { body, session })).status, 404);
  });

  test('have at most 64 sessions each, and lose the one that was idle longest', async () => {
    const at = await seat('many');
    const sessions: string[] = [];
    for (let count = 0; count < 66; count += 1) {
      sessions.push(await sessionAt(at));
    }
    const body = { jsonrpc: '2.0', id: 1, method: 'ping' };
    const statusOf = async (session: string | undefined) => (await askLegacy(at, { body, session })).status;
    assert.equal(new Set(sessions).size, 66);
    assert.deepEqual([await statusOf(sessions[0]), await statusOf(sessions[1])], [404, 404]);
    assert.deepEqual([await statusOf(sessions[2]), await statusOf(sessions[65])], [200, 200]);
  });

  test('have at most 16 subscriptions open each', async () => {
    const at = await seat('listener');
    const stop = new AbortController();
    const params = { notifications: { resourceSubscriptions: ['errand://delegations/x'] } };
    const listen = async () => askModern(at, { method: 'subscriptions/listen', params, signal: stop.signal });
    for (let count = 0; count < 16; count += 1) {
      await messagesOf(await listen()).next();
    }
    const { error } = (await (await listen()).json()) as { error: { code: number; message: string } };
    assert.deepEqual([error.code, error.message.slice(0, 18)], [-32_603, 'there are too many']);
    stop.abort();
    await until('they are gone', () => stage.mcp.open.listeners === 0);
  });
});

describe('what is no request that is served', () => {
  test('is refused in the words of JSON-RPC, and by the status', async () => {
    const at = await seat('wrong');
    const code = async (asked: Parameters<typeof rpc>[1]) => {
      const { status, error } = await rpc(at, asked);
      return [status, error?.code];
    };
    assert.deepEqual(await code({ method: 'no/such/method' }), [404, -32_601]);
    assert.deepEqual(await code({ method: 'initialize' }), [404, -32_601]);
    assert.deepEqual(await code({ method: 'tasks/list' }), [404, -32_601]);
    assert.deepEqual(await code({ method: 'tools/call', params: { name: 7 } }), [200, -32_602]);
    assert.deepEqual(await code({ method: 'tools/call', params: { name: 'hold', arguments: [] } }), [200, -32_602]);
    assert.deepEqual(await code({ method: 'resources/read', params: { uri: 'file:///etc/passwd' } }), [200, -32_602]);
    assert.deepEqual(await code({ method: 'tools/list', headers: { 'mcp-method': 'tools/call' } }), [400, -32_020]);
    assert.deepEqual(await code({ method: 'ping' }), [404, -32_601]);
    assert.deepEqual(await code({ method: 'subscriptions/listen' }), [200, -32_602]);
  });

  test('a batch is served where its revision has them, and bounded', async () => {
    const at = await seat('batch');
    const session = await sessionAt(at, '2025-03-26');
    const ping = (id: number) => ({ jsonrpc: '2.0', id, method: 'ping' });
    const answer = await askLegacy(at, { body: [ping(1), ping(2)], session, version: '2025-03-26' });
    const ids = [];
    for await (const { id } of messagesOf(answer)) {
      ids.push(id);
    }
    assert.deepEqual(ids.toSorted(), [1, 2]);
    const long = Array.from({ length: 51 }, (_, index) => ping(index));
    assert.equal((await askLegacy(at, { body: long, session })).status, 400);
    assert.equal((await askLegacy(at, { body: [], session })).status, 400);
  });

  test('a session that does not exist, a revision that is not served, and a stream that is there already', async () => {
    const at = await seat('odd');
    const body = { jsonrpc: '2.0', id: 1, method: 'ping' };
    assert.equal((await askLegacy(at, { body })).status, 400);
    assert.equal((await askLegacy(at, { body, session: 'mcp_none' })).status, 404);
    const session = await sessionAt(at);
    assert.equal((await askLegacy(at, { body, session, version: '1999-01-01' })).status, 400);
    const stop = new AbortController();
    const headers = { accept: 'text/event-stream', 'mcp-session-id': session };
    const stream = await fetch(at.url, { headers, signal: stop.signal });
    assert.equal(stream.status, 200);
    assert.equal((await fetch(at.url, { headers })).status, 409);
    assert.equal((await fetch(at.url, { method: 'HEAD', headers })).status, 405);
    stop.abort();
  });
});
