/** What must not do harm to an agent that listens: malformed, huge, deep, slow, foreign and unauthorised. */
import assert from 'node:assert/strict';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type Agent,
  askFor,
  closeAgents,
  messageOf,
  openAgent,
  post,
  resultIn,
  rpc,
  say,
  spoken,
  subscription,
} from './agent-serving-stage.ts';
import { until } from './support.ts';

after(closeAgents);

/** It is as before: a task goes through. */
async function isWell(agent: Agent): Promise<void> {
  assert.deepEqual(agent.faults, []);
  assert.equal(resultIn((await say(agent, 'say well')).task), 'well');
}

async function raw(
  url: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on('error', reject);
    request.end();
  });
}

describe('a body', () => {
  test('that is no request is refused with the error that says why', async () => {
    const agent = await openAgent();
    const deep = `{"method":"GetTask","params":{"id":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`;
    const rows: [string, number, number][] = [
      ['', 400, -32_700],
      ['{"method":', 400, -32_700],
      ['null', 400, -32_600],
      ['7', 400, -32_600],
      ['"x"', 400, -32_600],
      ['[{"jsonrpc":"2.0","id":1,"method":"GetTask"}]', 400, -32_600],
      ['{}', 400, -32_600],
      ['{"id":1,"method":7}', 400, -32_600],
      [`{"id":"${'x'.repeat(5000)}","method":"GetTask"}`, 400, -32_600],
      [deep, 400, -32_602],
      ['{"id":1,"method":"__proto__"}', 200, -32_601],
      ['{"id":1,"method":"constructor"}', 200, -32_601],
      [`{"id":1,"method":"${'m'.repeat(100_000)}"}`, 200, -32_601],
      ['{"id":1,"method":"GetTask","params":7}', 200, -32_602],
      ['{"id":1,"method":"GetTask","params":{"id":{"a":1}}}', 200, -32_602],
      [`{"id":1,"method":"GetTask","params":{"id":"${'x'.repeat(1_000_000)}"}}`, 200, -32_602],
      ['{"id":1,"method":"GetTask","params":{"id":"x","historyLength":-1}}', 200, -32_602],
      ['{"id":1,"method":"GetTask","params":{"id":"__proto__"}}', 200, -32_001],
      ['{"id":1,"method":"ListTasks","params":{"pageSize":0}}', 200, -32_602],
      ['{"id":1,"method":"ListTasks","params":{"pageSize":1.5}}', 200, -32_602],
      ['{"id":1,"method":"ListTasks","params":{"status":"LAZY"}}', 200, -32_602],
      ['{"id":1,"method":"ListTasks","params":{"pageToken":"nowhere"}}', 200, -32_602],
      ['{"id":1,"method":"ListTasks","params":{"statusTimestampAfter":"soon"}}', 200, -32_602],
      ['{"id":1,"method":"CreateTaskPushNotificationConfig","params":{}}', 200, -32_003],
      ['{"id":1,"method":"tasks/pushNotificationConfig/set","params":{}}', 200, -32_003],
      ['{"id":1,"method":"GetExtendedAgentCard"}', 200, -32_004],
      ['{"id":1,"method":"agent/getAuthenticatedExtendedCard"}', 200, -32_007],
    ];
    for (const [body, status, code] of rows) {
      const answer = await spoken(await post(agent.url, body));
      assert.deepEqual([answer.status, answer.code], [status, code], body.slice(0, 80));
    }
    const half = await fetch(agent.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from([0x22, 0xc3, 0x22]),
    });
    assert.equal((await spoken(half)).code, -32_700);
    assert.equal(agent.runs.length, 0);
    await isWell(agent);
  });

  test('whose message is none is refused, and names what is missing', async () => {
    const agent = await openAgent();
    const good = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'x' }] };
    const rows: [string, unknown, RegExp][] = [
      ['SendMessage', undefined, /message/u],
      ['SendMessage', 'x', /message/u],
      ['SendMessage', { ...good, messageId: undefined }, /messageId/u],
      ['SendMessage', { ...good, messageId: 7 }, /messageId/u],
      ['SendMessage', { ...good, messageId: 'x'.repeat(2000) }, /message id/u],
      ['SendMessage', { ...good, role: 'ROLE_AGENT' }, /role/u],
      ['SendMessage', { ...good, role: undefined }, /role/u],
      ['SendMessage', { ...good, parts: undefined }, /parts/u],
      ['SendMessage', { ...good, parts: {} }, /parts/u],
      ['SendMessage', { ...good, parts: [] }, /parts/u],
      ['SendMessage', { ...good, parts: [{}] }, /parts\[0\]/u],
      ['SendMessage', { ...good, parts: [{ text: 'a' }, { text: 1 }] }, /parts\[1\]/u],
      ['SendMessage', { ...good, parts: [{ text: 'a', url: 'b' }] }, /parts\[0\]/u],
      ['SendMessage', { ...good, parts: [null] }, /parts\[0\]/u],
      ['SendStreamingMessage', { ...good, parts: [] }, /parts/u],
      ['message/send', { messageId: 'm', role: 'agent', parts: [{ kind: 'text', text: 'x' }] }, /role/u],
      ['message/send', { messageId: 'm', role: 'user', parts: [] }, /part/u],
      ['message/stream', { messageId: 'm' }, /part/u],
    ];
    for (const [method, message, words] of rows) {
      const answer = await rpc(agent.url, { method, params: { message } });
      assert.equal(answer.code, -32_602, JSON.stringify(message));
      assert.match(answer.error, words);
    }
    const configuration = { taskPushNotificationConfig: { url: 'http://x/' } };
    const pushed = await rpc(agent.url, { method: 'SendMessage', params: { message: good, configuration } });
    assert.equal(pushed.code, -32_003);
    assert.equal(agent.runs.length, 0);
    await isWell(agent);
  });

  test('of another kind, or larger than allowed, is not read', async () => {
    const agent = await openAgent({ limits: { bodyBytesMax: 10_000 } });
    const large = JSON.stringify({ id: 1, method: 'SendMessage', params: messageOf('x'.repeat(20_000)) });
    assert.equal((await post(agent.url, large)).status, 413);
    const chunked = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from(large.slice(0, 9000)));
        controller.enqueue(Buffer.from(large.slice(9000)));
        controller.close();
      },
    });
    const headers = { 'content-type': 'application/json' };
    const sent = await fetch(agent.url, { method: 'POST', headers, body: chunked, duplex: 'half' });
    assert.equal(sent.status, 413);
    assert.equal((await post(agent.url, '{}', { 'content-type': 'text/plain' })).status, 415);
    assert.equal((await post(agent.url, '{}', { 'content-encoding': 'gzip' })).status, 415);
    await isWell(agent);
  });

  test('of any JSON at all is answered without a fault', { timeout: 60_000 }, async () => {
    const agent = await openAgent();
    const method = fc.constantFrom('SendMessage', 'message/send', 'GetTask', 'tasks/cancel', 'ListTasks', 'tasks/get');
    const message = fc.record(
      {
        messageId: fc.anything(),
        role: fc.constantFrom('ROLE_USER', 'user', 'agent', null),
        parts: fc.oneof(
          fc.array(fc.oneof(fc.jsonValue(), fc.record({ text: fc.string({ unit: 'binary' }) }))),
          fc.jsonValue(),
        ),
        metadata: fc.jsonValue(),
        taskId: fc.jsonValue(),
        contextId: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const configuration = fc.constant({ blocking: false, returnImmediately: true });
    const params = fc.oneof(fc.jsonValue(), fc.record({ message, configuration, metadata: fc.jsonValue() }));
    const plain = fc.record({ jsonrpc: fc.jsonValue(), id: fc.jsonValue(), method, params });
    await fc.assert(
      fc.asyncProperty(plain, async (body) => {
        const json = JSON.stringify(body, (_key, value: unknown) =>
          typeof value === 'bigint' ? String(value) : value,
        );
        const answer = await spoken(await post(agent.url, json));
        assert.ok([200, 400, 503].includes(answer.status), `${answer.status} ${json}`);
        assert.notEqual(answer.code, -32_603, json);
        assert.deepEqual(agent.faults, []);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the version of the protocol', () => {
  test('is the one of the header or the address, whatever its patch, and of the method where there is none', async () => {
    const agent = await openAgent();
    for (const [version, method, code] of [
      ['1.0', 'SendMessage', undefined],
      ['1.0.7', 'SendMessage', undefined],
      ['0.3', 'message/send', undefined],
      ['0.3.0', 'message/send', undefined],
      ['', 'SendMessage', undefined],
      [undefined, 'message/send', undefined],
      ['1.0', 'message/send', -32_601],
      ['0.3', 'SendMessage', -32_601],
      ['1.1', 'SendMessage', -32_009],
      ['2', 'SendMessage', -32_009],
      ['one', 'SendMessage', -32_009],
    ] as const) {
      const params = messageOf('say x', { version: method === 'SendMessage' ? '1.0' : '0.3' });
      const headers = version === undefined ? {} : { 'a2a-version': version };
      assert.equal((await rpc(agent.url, { method, params, headers })).code, code, `${version} ${method}`);
    }
    const params = messageOf('say x');
    assert.equal((await rpc(`${agent.url}?A2A-Version=1.0`, { method: 'SendMessage', params })).code, undefined);
    const wrong = await rpc(`${agent.url}?A2A-Version=7.0`, { method: 'SendMessage', params });
    assert.equal(wrong.code, -32_009);
    const [info] = (wrong.body['error'] as { data: Record<string, string>[] }).data;
    assert.deepEqual([info?.['reason'], info?.['domain']], ['VERSION_NOT_SUPPORTED', 'a2a-protocol.org']);
    assert.match((await rpc(agent.url, { version: '0.3', method: 'SendMessage', params })).error, /is one of 1\.0/u);
  });
});

describe('who calls', () => {
  test('has the token, or is not answered; the card says so to everybody', async () => {
    const agent = await openAgent({ token: 'a-secret' });
    for (const authorization of [undefined, 'Bearer', 'Bearer wrong', 'Basic a-secret', 'Bearer a-secret2']) {
      const headers = authorization === undefined ? {} : { authorization };
      const refused = await post(agent.url, '{}', headers);
      assert.deepEqual([refused.status, refused.headers.get('www-authenticate')], [401, 'Bearer']);
    }
    const done = await say(agent, 'say x', { headers: { authorization: 'bearer a-secret' } });
    assert.equal(resultIn(done.task), 'x');
    const card = (await (await fetch(`${agent.url}.well-known/agent-card.json`)).json()) as Record<string, unknown>;
    assert.ok('securitySchemes' in card && !JSON.stringify(card).includes('a-secret'));
  });

  test('nobody listens beyond this machine without one', async () => {
    await assert.rejects(openAgent({ host: '0.0.0.0' }), /needs a token/u);
    await assert.rejects(openAgent({ host: '::', token: '' }), /needs a token/u);
  });

  test('is no page of another site, and comes to us under our own name', async () => {
    const agent = await openAgent();
    const { host } = new URL(agent.url);
    for (const headers of [
      { host: 'evil.example' },
      { host: `127.0.0.1.evil.example` },
      { host, origin: 'http://evil.example' },
      { host, origin: 'null' },
      { host, 'sec-fetch-site': 'cross-site' },
    ]) {
      assert.equal((await raw(agent.url, headers, 'POST')).status, 403, JSON.stringify(headers));
      assert.equal((await raw(`${agent.url}.well-known/agent-card.json`, headers)).status, 403);
    }
    assert.equal((await raw(agent.url, { host: `localhost:${new URL(agent.url).port}` })).status, 405);
    await isWell(agent);
  });

  test('a path or a method that is none of ours is answered and no more', async () => {
    const agent = await openAgent();
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      assert.equal((await raw(agent.url, {}, method)).status, 405);
    }
    assert.equal((await raw(`${agent.url}.well-known/agent-card.json`, {}, 'DELETE')).status, 405);
    assert.equal((await raw(agent.url, { 'x-long': 'x'.repeat(20_000) }, 'POST')).status, 431);
    await isWell(agent);
  });
});

describe('what is kept', () => {
  test('is bounded by number, the oldest ended first, and what is at work stays', async () => {
    const agent = await openAgent({ limits: { keptMax: 4 }, about: { capacity: 10 } });
    const alive = await say(agent, 'wait', { wait: false });
    const ids: string[] = [];
    for (let index = 0; index < 8; index += 1) {
      ids.push((await say(agent, `say ${index}`)).task.id);
    }
    const known = await Promise.all(ids.map(async (id) => (await askFor(agent, 'get', id)).code === undefined));
    assert.deepEqual(known, [false, false, false, false, false, true, true, true]);
    assert.equal((await askFor(agent, 'get', alive.task.id)).code, undefined);
    for (let index = 0; index < 3; index += 1) {
      await say(agent, 'wait', { wait: false });
    }
    assert.equal((await say(agent, 'say x')).status, 503, 'nothing of it can be forgotten');
  });

  test('is bounded by the bytes of its results', async () => {
    const agent = await openAgent({ limits: { keptBytesMax: 25_000 } });
    const ids: string[] = [];
    for (let index = 0; index < 4; index += 1) {
      ids.push((await say(agent, `say ${index}${'x'.repeat(10_000)}`)).task.id);
    }
    const known = await Promise.all(ids.map(async (id) => (await askFor(agent, 'get', id)).code === undefined));
    assert.deepEqual(known, [false, false, true, true]);
  });
});

describe('a reader of a stream', () => {
  test('that does not read is cut off, and the others and the task go on', async () => {
    const agent = await openAgent({ limits: { unsentBytesMax: 64 * 1024 } });
    const { task } = await say(agent, 'work on it', { wait: false });
    const body = JSON.stringify({ id: 1, method: subscription('1.0'), params: { id: task.id } });
    const paused = Promise.withResolvers<IncomingMessage>();
    const deaf = httpRequest(agent.url, { method: 'POST', headers: { 'content-type': 'application/json' } });
    deaf.on('response', (response) => {
      response.pause();
      paused.resolve(response);
    });
    deaf.end(body);
    await until('it is followed', () => agent.requests() > 1);
    const { progress } = agent.runs[0]?.context ?? assert.fail();
    for (let index = 0; index < 4000; index += 1) {
      progress(`${index} ${'x'.repeat(3900)}`);
      if (index % 100 === 0) {
        await new Promise((resolve) => void setImmediate(resolve));
      }
    }
    const whole = await post(agent.url, body);
    agent.runs[0]?.finish('made');
    assert.match(await whole.text(), /TASK_STATE_COMPLETED/u);
    const heard = (await paused.promise).setEncoding('utf8');
    await assert.rejects(async () => {
      for await (const piece of heard) {
        assert.ok(!String(piece).includes('TASK_STATE_COMPLETED'));
      }
    }, /aborted/u);
    await isWell(agent);
  });

  test('beyond the bound is told to come another way', async () => {
    const agent = await openAgent({ limits: { streamsMax: 2 } });
    const { task } = await say(agent, 'work on it', { wait: false });
    const body = JSON.stringify({ id: 1, method: subscription('1.0'), params: { id: task.id } });
    const streams = [await post(agent.url, body), await post(agent.url, body)];
    assert.equal((await post(agent.url, body)).status, 503);
    await streams[0]?.body?.cancel();
    await until('there is a place', async () => {
      const next = await post(agent.url, body);
      await next.body?.cancel();
      return next.status === 200;
    });
    agent.runs[0]?.finish('made');
    assert.match((await streams[1]?.text()) ?? '', /TASK_STATE_COMPLETED/u);
  });
});
