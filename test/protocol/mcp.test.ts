/**
 * MCP at a real platform, with the official SDK's client in both eras: tools, tasks to their end, resources that tell
 * when they change, prompts and completions.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Client } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { TOOLS } from '../../src/tools/index.ts';
import {
  askLegacy,
  askModern,
  connected,
  ERAS,
  messagesOf,
  rpc,
  sessionAt,
  TASKS,
  type At,
  type Era,
} from './mcp/clients.ts';
import { openHouse, until, type House } from './support.ts';

let house: House;
let seats = 0;

before(async () => {
  house = await openHouse({ open: false });
});

after(async () => house.close());

interface Pair {
  caller: string;
  at: At;
  worker: string;
  /** Takes the one task that waits and does this with it. */
  work: (verb: string, body: Record<string, unknown>) => Promise<string>;
  /** Takes the next one and completes it. */
  finish: () => Promise<string>;
}

/** A caller with a key, and a peer that fetches its work. */
async function pair(): Promise<Pair> {
  seats += 1;
  const caller = `caller-${seats}`;
  const worker = `worker-${seats}`;
  const { token } = await house.seat(caller);
  const { token: key } = await house.seat(worker, { pull: true });
  const taken = { id: '', epoch: 0 };
  const made: Pair = {
    caller,
    worker,
    at: { url: `${house.url}/mcp`, token },
    async finish() {
      taken.id = '';
      return made.work('complete', { text: 'done' });
    },
    async work(verb, body) {
      if (taken.id === '') {
        const { rows } = await house.call('GET', `/workspaces/${worker}/assignments?wait=5`, { token: key });
        Object.assign(taken, { id: rows[0]?.delegation_id, epoch: rows[0]?.epoch });
      }
      const path = `/workspaces/${worker}/assignments/${taken.id}/${verb}`;
      const { status, text } = await house.call('POST', path, { token: key, body: { epoch: taken.epoch, ...body } });
      assert.equal(status, 200, text);
      const { id } = taken;
      // Once it asks, it is handed out again with the answer.
      taken.id = verb === 'ask' ? '' : id;
      return id;
    },
  };
  return made;
}

async function open(era: Era, at: At, use: (client: Client) => Promise<void>): Promise<void> {
  const client = await connected(era, at);
  try {
    await use(client);
  } finally {
    await client.close();
  }
}

for (const era of ERAS) {
  describe(`MCP, ${era} era`, () => {
    test('the tools are those of the registry, in its order, with schemas and all four hints', async () => {
      const { at } = await pair();
      await open(era, at, async (client) => {
        assert.match(client.getInstructions() ?? '', /delegate_task_async/u);
        assert.ok(Buffer.byteLength(client.getInstructions() ?? '') < 2048);
        const { tools } = await client.listTools();
        assert.deepEqual(
          tools.map(({ name }) => name),
          TOOLS.map(({ name }) => name),
        );
        for (const { name, title, inputSchema, outputSchema, annotations } of tools) {
          assert.equal(inputSchema.type, 'object', name);
          assert.equal(outputSchema?.['type'], 'object', name);
          const hints = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const;
          assert.ok(title !== undefined && hints.every((hint) => typeof annotations?.[hint] === 'boolean'), name);
        }
      });
    });

    test('a task is delegated, done, and its ending read, in the shape that the tools promise', async () => {
      const { at, worker, work } = await pair();
      await open(era, at, async (client) => {
        await client.listTools();
        const handed = await client.callTool({
          name: 'delegate_task_async',
          arguments: { workspace_id: worker, task: 'Say yes.' },
        });
        const { task_id: id } = handed.structuredContent as { task_id: string };
        assert.equal(await work('complete', { text: 'yes' }), id);
        const read = await client.callTool({ name: 'check_task_status', arguments: { task_id: id } });
        assert.equal((read.structuredContent as { result: string }).result, 'yes');
        const whole = await client.readResource({ uri: `errand://delegations/${id}/result` });
        assert.deepEqual(whole.contents, [
          { uri: `errand://delegations/${id}/result`, mimeType: 'text/plain', text: 'yes' },
        ]);
      });
    });

    test('a refusal is an answer that says what to do, and an unknown tool is none', async () => {
      const { at } = await pair();
      await open(era, at, async (client) => {
        const refused = await client.callTool({ name: 'delegate_task', arguments: { workspace_id: '', task: 7 } });
        assert.equal(refused.isError, true);
        assert.match(JSON.stringify(refused.content), /invalid_request/u);
        await assert.rejects(client.callTool({ name: 'no_such_tool' }), /there is no tool no_such_tool/u);
      });
    });

    test('the id that a framework gives to a call makes a repeated call delegate once', async () => {
      const { at, worker } = await pair();
      await open(era, at, async (client) => {
        const call = {
          name: 'delegate_task_async',
          arguments: { workspace_id: worker, task: 'Once.' },
          _meta: { 'claudecode/toolUseId': 'toolu_1' },
        };
        const [first, again] = [await client.callTool(call), await client.callTool(call)];
        assert.deepEqual(first.structuredContent, again.structuredContent);
        const { _meta: _, ...unnamed } = call;
        const other = await client.callTool(unnamed);
        assert.notDeepEqual(other.structuredContent, first.structuredContent);
      });
    });

    test('whoever subscribes to a delegation is told when it changes', async () => {
      const { at, worker, work } = await pair();
      await open(era, at, async (client) => {
        const updated: string[] = [];
        client.setNotificationHandler('notifications/resources/updated', ({ params }) => void updated.push(params.uri));
        const handed = await client.callTool({
          name: 'delegate_task_async',
          arguments: { workspace_id: worker, task: 'Watch me.' },
        });
        const uri = `errand://delegations/${(handed.structuredContent as { task_id: string }).task_id}`;
        if (era === 'modern') {
          const { honoredFilter } = await client.listen({ resourceSubscriptions: [uri], toolsListChanged: true });
          assert.deepEqual(honoredFilter, { resourceSubscriptions: [uri] });
        } else {
          await client.subscribeResource({ uri });
        }
        await work('complete', { text: 'done' });
        await until('the change is told', () => updated.includes(uri));
        assert.deepEqual([...new Set(updated)], [uri]);
      });
    });

    test('prompts are served, and names of peers and ids of tasks complete what is typed', async () => {
      const { at, worker } = await pair();
      await open(era, at, async (client) => {
        const { prompts } = await client.listPrompts();
        assert.deepEqual(
          prompts.map(({ name }) => name),
          ['delegate', 'review_results'],
        );
        const prompt = await client.getPrompt({ name: 'delegate', arguments: { task: 'Count sheep.', peer: worker } });
        assert.match(JSON.stringify(prompt.messages), /Count sheep/u);
        const named = await client.complete({
          ref: { type: 'ref/prompt', name: 'delegate' },
          argument: { name: 'peer', value: worker.slice(0, 8) },
        });
        assert.ok(named.completion.values.includes(worker));
        const handed = await client.callTool({
          name: 'delegate_task_async',
          arguments: { workspace_id: worker, task: 'x' },
        });
        const { task_id: id } = handed.structuredContent as { task_id: string };
        const ids = await client.complete({
          ref: { type: 'ref/resource', uri: 'errand://delegations/{id}' },
          argument: { name: 'id', value: id.slice(0, 6) },
        });
        assert.deepEqual(ids.completion.values, [id]);
        const { resources } = await client.listResources();
        assert.deepEqual(
          resources.map(({ uri }) => uri),
          [`errand://delegations/${id}`],
        );
      });
    });

    test('a delegation of somebody else is not there', async () => {
      const [own, other] = [await pair(), await pair()];
      await open(era, own.at, async (client) => {
        const handed = await client.callTool({
          name: 'delegate_task_async',
          arguments: { workspace_id: own.worker, task: 'Mine.' },
        });
        const uri = `errand://delegations/${(handed.structuredContent as { task_id: string }).task_id}`;
        await open(era, other.at, async (stranger) => {
          await assert.rejects(stranger.readResource({ uri }), /not found/iu);
        });
      });
    });
  });
}

describe('a delegation is the task', () => {
  const capabilities = { extensions: { [TASKS]: {} }, elicitation: {} };

  test('of the extension: handed out at once, asked, answered, told to who listens, and read at its end', async () => {
    const { at, worker, work } = await pair();
    const call = {
      method: 'tools/call',
      params: { name: 'delegate_task', arguments: { workspace_id: worker, task: 'Ask me.' } },
    };
    const { result: task } = await rpc(at, { ...call, capabilities });
    assert.deepEqual([task['resultType'], task['status']], ['task', 'working']);
    const taskId = String(task['taskId']);
    const listening = await askModern(at, {
      method: 'subscriptions/listen',
      params: { notifications: { taskIds: [taskId] } },
      capabilities,
    });
    const heard = messagesOf(listening);
    const first = await heard.next();
    assert.equal((first.value as { method: string }).method, 'notifications/subscriptions/acknowledged');
    const told = async (status: string): Promise<Record<string, unknown>> => {
      for (;;) {
        const { value } = (await heard.next()) as { value: { method: string; params: Record<string, unknown> } };
        assert.equal(value.method, 'notifications/tasks');
        if (value.params['status'] === status) {
          return value.params;
        }
      }
    };
    await work('ask', { question: 'Which one?' });
    const asking = await told('input_required');
    const [key = ''] = Object.keys(asking['inputRequests'] as object);
    const inputResponses = { [key]: { action: 'accept', content: { answer: 'The red one.' } } };
    const update = { method: 'tasks/update', params: { taskId, inputResponses }, capabilities };
    assert.deepEqual((await rpc(at, update)).result['resultType'], 'complete');
    await told('working');
    // What answers a question that is not asked any more has no effect.
    assert.deepEqual((await rpc(at, update)).result['resultType'], 'complete');
    await work('complete', { text: 'It is red.' });
    const ended = await told('completed');
    assert.match(JSON.stringify(ended['result']), /It is red/u);
    const { result: got } = await rpc(at, { method: 'tasks/get', params: { taskId }, capabilities });
    assert.equal(got['status'], 'completed');
    assert.match(JSON.stringify(got['result']), /It is red/u);
    await heard.return(undefined);
  });

  test('of the extension: a failure of the peer is a result that says so, cancelling is cancelled', async () => {
    const failing = await pair();
    const call = (worker: string) => ({
      method: 'tools/call',
      params: { name: 'delegate_task', arguments: { workspace_id: worker, task: 'Fail.' } },
      capabilities,
    });
    const { result: task } = await rpc(failing.at, call(failing.worker));
    await failing.work('fail', { error: 'I cannot.' });
    const read = { method: 'tasks/get', params: { taskId: task['taskId'] }, capabilities };
    const { result: failed } = await rpc(failing.at, read);
    assert.equal(failed['status'], 'completed');
    assert.equal((failed['result'] as { isError: boolean }).isError, true);
    assert.match(JSON.stringify(failed['result']), /only now: try another peer/u);
    const cancelled = await pair();
    const { result: other } = await rpc(cancelled.at, call(cancelled.worker));
    const ask = { params: { taskId: other['taskId'] }, capabilities };
    assert.equal((await rpc(cancelled.at, { method: 'tasks/cancel', ...ask })).error, undefined);
    const ended = await until('it is cancelled', async () => {
      const { result } = await rpc(cancelled.at, { method: 'tasks/get', ...ask });
      return result['status'] === 'cancelled' && result;
    });
    assert.equal(ended['status'], 'cancelled');
    assert.equal((await rpc(cancelled.at, { method: 'tasks/cancel', ...ask })).error, undefined);
  });

  test('of the extension: only for who declares it, and only for who delegated it', async () => {
    const [own, other] = [await pair(), await pair()];
    const params = { name: 'delegate_task', arguments: { workspace_id: own.worker, task: 'Mine.', wait_ms: 0 } };
    const plain = await rpc(own.at, { method: 'tools/call', params });
    assert.equal(plain.result['resultType'], 'complete');
    const { result: task } = await rpc(own.at, { method: 'tools/call', params, capabilities });
    const read = { method: 'tasks/get', params: { taskId: task['taskId'] } };
    const undeclared = await rpc(own.at, read);
    assert.deepEqual([undeclared.status, undeclared.error?.code], [400, -32_021]);
    assert.equal((await rpc(other.at, { ...read, capabilities })).error?.code, -32_602);
    assert.equal((await rpc(own.at, { ...read, capabilities })).result['status'], 'working');
  });

  test('of 2025-11-25: asked for with the call, listed, waited for, and cancelled', async () => {
    const { at, worker, work } = await pair();
    await open('legacy', at, async (client) => {
      assert.ok((client.getServerCapabilities() as { tasks?: unknown }).tasks !== undefined);
      const loose = z.looseObject({});
      const create = async (): Promise<string> => {
        const params = {
          name: 'delegate_task',
          arguments: { workspace_id: worker, task: 'Slow.' },
          task: { ttl: 60_000 },
        };
        const made = await client.request({ method: 'tools/call', params }, loose);
        return String((made['task'] as { taskId: string }).taskId);
      };
      const ask = async (method: string, params: Record<string, unknown>) => client.request({ method, params }, loose);
      const taskId = await create();
      assert.equal((await ask('tasks/get', { taskId }))['status'], 'working');
      const [ended] = await Promise.all([ask('tasks/result', { taskId }), work('complete', { text: 'At last.' })]);
      assert.match(JSON.stringify(ended['content']), /At last/u);
      const second = await create();
      assert.equal((await ask('tasks/cancel', { taskId: second }))['status'], 'cancelled');
      const { tasks } = (await ask('tasks/list', {})) as unknown as { tasks: { taskId: string }[] };
      assert.deepEqual(
        tasks.map((one) => one.taskId),
        [second, taskId],
      );
      await assert.rejects(ask('tasks/get', { taskId: 'dlg_none' }), /there is no task/u);
    });
  });
});

describe('events', () => {
  const poll = (name: string, cursor: unknown, more: Record<string, unknown> = {}) => ({
    method: 'events/poll',
    params: { name, cursor, ...more },
  });

  test('say what can be followed, and are said to be there', async () => {
    const { at } = await pair();
    const { result } = await rpc(at, { method: 'server/discover' });
    assert.deepEqual((result['capabilities'] as { events: unknown }).events, {});
    const { result: listed } = await rpc(at, { method: 'events/list' });
    const events = listed['events'] as { name: string; delivery: string[] }[];
    assert.deepEqual(
      events.map(({ name, delivery }) => [name, delivery]),
      ['delegation.completed', 'delegation.failed', 'delegation.input_required', 'message.received'].map((name) => [
        name,
        ['poll', 'push'],
      ]),
    );
    assert.equal((await rpc(at, poll('no.such', null))).error?.code, -32_011);
    assert.equal((await rpc(at, poll('delegation.completed', 'odd'))).error?.code, -32_602);
  });

  test('are polled from a cursor on, each once, and only those of the caller', async () => {
    const [own, other] = [await pair(), await pair()];
    const { result: begun } = await rpc(own.at, poll('delegation.completed', null));
    assert.deepEqual([begun['events'], begun['hasMore']], [[], false]);
    const ids: string[] = [];
    for (const one of [own, own, other]) {
      const arguments_ = { workspace_id: one.worker, task: 'Count.' };
      await rpc(one.at, { method: 'tools/call', params: { name: 'delegate_task_async', arguments: arguments_ } });
      ids.push(await one.finish());
    }
    const { result: first } = await rpc(own.at, poll('delegation.completed', begun['cursor'], { maxEvents: 1 }));
    const { result: second } = await rpc(own.at, poll('delegation.completed', first['cursor']));
    const { result: third } = await rpc(own.at, poll('delegation.completed', second['cursor']));
    const seen = [first, second, third].map(({ events }) =>
      (events as { data: { delegation_id: string } }[]).map(({ data }) => data.delegation_id),
    );
    assert.deepEqual(seen, [[ids[0]], [ids[1]], []]);
    assert.deepEqual([first['hasMore'], second['hasMore']], [true, false]);
    const only = { arguments: { delegation_id: ids[1] } };
    const { result: one } = await rpc(own.at, poll('delegation.completed', begun['cursor'], only));
    assert.equal((one['events'] as unknown[]).length, 1);
  });

  test('stream from a cursor on, without a gap between what was and what comes', async () => {
    const { at, worker, finish } = await pair();
    const { result: begun } = await rpc(at, poll('delegation.completed', null));
    const arguments_ = { workspace_id: worker, task: 'Stream.' };
    const call = { method: 'tools/call', params: { name: 'delegate_task_async', arguments: arguments_ } };
    await rpc(at, call);
    const earlier = await finish();
    const params = { name: 'delegation.completed', cursor: begun['cursor'] };
    const heard = messagesOf(await askModern(at, { method: 'events/stream', params, id: 'follow' }));
    const heardNext = async () => {
      const { value } = (await heard.next()) as { value: { method: string; params: Record<string, unknown> } };
      assert.equal(
        (value.params['_meta'] as Record<string, unknown>)['io.modelcontextprotocol/subscriptionId'],
        'follow',
      );
      return [value.method, (value.params['data'] as { delegation_id?: string } | undefined)?.delegation_id];
    };
    assert.deepEqual(await heardNext(), ['notifications/events/active', undefined]);
    assert.deepEqual(await heardNext(), ['notifications/events/event', earlier]);
    await rpc(at, call);
    const later = await finish();
    assert.deepEqual(await heardNext(), ['notifications/events/event', later]);
    await heard.return(undefined);
    const refused = await rpc(at, { method: 'events/stream', params: { name: 'no.such' } });
    assert.equal(refused.error?.code, -32_011);
  });
});

describe('a key that is revoked', () => {
  test(
    'ends the streams that were opened with it, and the session is of no more use',
    { timeout: 20_000 },
    async () => {
      const { at, caller } = await pair();
      const session = await sessionAt(at);
      const headers = { accept: 'text/event-stream', 'mcp-session-id': session, authorization: `Bearer ${at.token}` };
      const beside = await fetch(at.url, { headers });
      const params = { notifications: { resourceSubscriptions: ['errand://delegations/x'] } };
      const listening = await askModern(at, { method: 'subscriptions/listen', params });
      const { body: keys } = await house.call('GET', `/workspaces/${caller}/tokens`);
      const [key] = keys['tokens'] as { id: string }[];
      const revoked = await house.call('DELETE', `/workspaces/${caller}/tokens/${key?.id}`);
      assert.ok(revoked.status < 300, revoked.text);
      const ended = async (response: Response) =>
        response.text().then(
          () => 'ended',
          () => 'cut',
        );
      assert.deepEqual(await Promise.all([ended(beside), ended(listening)]), ['cut', 'cut']);
      const body = { jsonrpc: '2.0', id: 1, method: 'ping' };
      assert.equal((await askLegacy(at, { body, session })).status, 401);
    },
  );
});
