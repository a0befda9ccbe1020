/**
 * Agents that are called over A2A and mean harm: whatever they answer, slowly, endlessly, contradictorily, comes to a named
 * ending in bounded time and memory, and whoever is called beside them is not kept waiting.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createRawServer, type AddressInfo, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { openHouse, until, type Fields, type House } from './support.ts';

interface Call {
  id: unknown;
  method: string;
  request: IncomingMessage;
  response: ServerResponse;
}

type Attack = (call: Call) => void | Promise<void>;

const MB = 1024 * 1024;

let house: House;
let server: Server;
let url = '';
const attacks = new Map<string, Attack>();
const sockets = new Set<Socket>();
const closing: (() => void)[] = [];

before(async () => {
  house = await openHouse({
    environment: {
      DELEGATION_TIMEOUT: '1',
      ERRAND_ATTEMPTS_MAX: '2',
      ERRAND_STALL_MS: '2500',
      ERRAND_STALL_GRACE_MS: '300',
    },
  });
  await house.seat('lead');
  server = createServer((request, response) => void receive(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const honest = await house.peer((arrival) => ({ do: 'answer', text: arrival.text }));
  await house.seat('honest', { url: honest.url, capacity: 10 });
});

after(async () => {
  await house.close();
  for (const close of closing) {
    close();
  }
  for (const socket of sockets) {
    socket.destroy();
  }
  server.closeAllConnections();
  server.close();
});

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.on('error', () => response.destroy());
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  const attack = attacks.get((request.url ?? '').slice(1));
  const { id, method } = JSON.parse(Buffer.concat(chunks).toString()) as { id: unknown; method: string };
  await attack?.({ id, method, request, response });
}

interface Target {
  id: string;
  delegate: (more?: Record<string, unknown>) => Promise<string>;
  ended: (delegation: string) => Promise<Fields>;
}

/** A seat whose agent answers so. */
async function seated(name: string, attack: Attack, more: Record<string, unknown> = {}): Promise<Target> {
  attacks.set(name, attack);
  return at(name, `${url}/${name}`, more);
}

async function at(id: string, address: string, more: Record<string, unknown> = {}): Promise<Target> {
  await house.seat(id, { url: address, ...more });
  return {
    id,
    delegate: async (fields) => (await house.delegate('lead', id, fields)).delegation_id,
    ended: async (delegation) => house.ended('lead', delegation),
  };
}

function streaming(name: string) {
  const capabilities = { streaming: true };
  const face = { url: `${url}/${name}`, protocolBinding: 'JSONRPC', protocolVersion: '1.0' };
  return { agent_card: { name, version: '1', capabilities, skills: [], supportedInterfaces: [face] } };
}

function answer({ id, response }: Call, result: unknown, more: object = {}): void {
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify({ jsonrpc: '2.0', id, result, ...more }));
}

function task(state: string, more: object = {}, said?: string) {
  const message = { messageId: 'm', role: 'ROLE_AGENT', parts: [{ text: said ?? '' }] };
  const status = { state: `TASK_STATE_${state}`, ...(said === undefined ? {} : { message }) };
  return { task: { id: 'task-1', contextId: 'c', status, ...more } };
}

/** Whoever is honest beside it. */
async function honestGoesOn(): Promise<void> {
  const beganAt = performance.now();
  const { delegation_id: id } = await house.delegate('lead', 'honest', { task: 'well' });
  const ended = await house.ended('lead', id);
  assert.deepEqual([ended.status, ended.result.text], ['completed', 'well']);
  assert.ok(performance.now() - beganAt < 5000);
}

async function endingOf(target: Target, more?: Record<string, unknown>): Promise<Fields> {
  const id = await target.delegate(more);
  const [ended] = await Promise.all([target.ended(id), honestGoesOn()]);
  return ended;
}

function progressed(ended: Fields): number {
  return (ended['events'] as Fields[]).filter(({ type }) => type === 'delegation.progressed').length;
}

function isSend({ method }: Call): boolean {
  return method === 'SendMessage' || method === 'message/send';
}

async function emptied(response: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.once('drain', done).once('close', done);
  });
}

/** Writes until nobody reads any more, and says how much that was. */
async function pour(response: ServerResponse, piece: string, most = 1024 * MB): Promise<number> {
  let poured = 0;
  while (poured < most && !response.destroyed) {
    poured += piece.length;
    if (!response.write(piece)) {
      await emptied(response);
    }
  }
  return poured;
}

describe('an agent that is called and does not answer as it should', () => {
  const ANSWERS: Record<string, [attack: Attack, reason: string]> = {
    'with the id of another request': [
      (call) => answer(call, { message: { parts: [{ text: 'x' }] } }, { id: 'another' }),
      'invalid_response',
    ],
    'with a task whose name is a megabyte long': [
      (call) => answer(call, task('WORKING', { id: 'x'.repeat(MB) })),
      'invalid_response',
    ],
    'with JSON that is nested 10,000 deep': [
      ({ id, response }) => {
        const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"message":{"parts":[{"data":${deep}}]}}}`);
      },
      'invalid_response',
    ],
    'with a length of a gigabyte': [
      ({ response }) => void response.writeHead(200, { 'content-length': 1024 * MB }).write('{'),
      'result_too_large',
    ],
    'with a state that goes into no list': [(call) => answer(call, task('\u001B[2J')), 'invalid_response'],
    'with nothing but control characters': [
      ({ response }) => void response.writeHead(200).end('\u0000\u001B[2J\u202E\uFEFF'),
      'invalid_response',
    ],
  };
  for (const [what, [attack, reason]] of Object.entries(ANSWERS)) {
    test(`but ${what} fails, named and harmless`, async () => {
      const ended = await endingOf(await seated(what.replaceAll(/[^a-z]/gu, '-'), attack));
      assert.deepEqual([ended.status, ended.reason], ['failed', reason], ended.error);
      assert.ok(ended.error.length < 3000);
      assert.doesNotMatch(ended.error, /[\p{Cc}\p{Cf}]/u);
    });
  }

  test('but points elsewhere, at the machine itself or at its cloud, is not followed', async () => {
    let visits = 0;
    const victim = createServer((_request, response) => {
      visits += 1;
      response.end();
    }).listen(0, '127.0.0.1');
    await once(victim, 'listening');
    closing.push(() => victim.close());
    const here = `http://127.0.0.1:${(victim.address() as AddressInfo).port}/`;
    for (const [index, location] of [
      here,
      'http://169.254.169.254/latest/meta-data/',
      'file:///etc/passwd',
    ].entries()) {
      for (const status of [301, 302, 303, 307, 308]) {
        const target = await seated(`to-${index}-${status}`, ({ response }) => {
          response.writeHead(status, { location }).end();
        });
        const ended = await target.ended(await target.delegate());
        assert.deepEqual([ended.status, ended.reason], ['failed', 'invalid_response']);
      }
    }
    assert.equal(visits, 0);
    await honestGoesOn();
  });

  test('but one byte a second is given up on in the time of an attempt, and after its attempts', async () => {
    const target = await seated('slow', ({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 1000);
      response.once('close', () => clearInterval(timer));
    });
    const ended = await endingOf(target);
    assert.deepEqual([ended.status, ended.reason, ended['attempts']], ['failed', 'outcome_unknown', 2]);
  });

  test('but in headers without end is cut off, and costs no memory', async () => {
    let written = 0;
    const raw = createRawServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.write('HTTP/1.1 200 OK\r\n');
      const line = `x-more: ${'y'.repeat(1000)}\r\n`;
      const timer = setInterval(() => {
        if (!socket.destroyed) {
          written += line.length;
          socket.write(line);
        }
      }, 1);
      socket.once('close', () => clearInterval(timer));
    }).listen(0, '127.0.0.1');
    await once(raw, 'listening');
    closing.push(() => raw.close());
    const target = await at('headers', `http://127.0.0.1:${(raw.address() as AddressInfo).port}/`);
    const ended = await endingOf(target);
    assert.deepEqual([ended.status, ended.reason], ['failed', 'outcome_unknown'], ended.error);
    assert.ok(written < 8 * MB, String(written));
  });
});

describe('an agent that is called and answers too much', () => {
  test('a gigabyte in one answer is cut off at the bound', async () => {
    const poured: Promise<number>[] = [];
    const target = await seated('gigabyte', ({ id, response }) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"message":{"parts":[{"text":"`);
      poured.push(pour(response, 'x'.repeat(64 * 1024)));
    });
    const residentBefore = process.memoryUsage().rss;
    const ended = await endingOf(target);
    assert.deepEqual([ended.status, ended.reason], ['failed', 'result_too_large']);
    assert.ok(Math.max(...(await Promise.all(poured))) < 100 * MB);
    assert.ok(process.memoryUsage().rss - residentBefore < 300 * MB);
  });

  for (const [what, piece] of Object.entries({
    'without a line end': 'data: x'.repeat(10_000),
    'in lines of one event that never ends': `data: ${'x'.repeat(1000)}\n`.repeat(64),
  })) {
    test(`a stream ${what} is cut off at the bound`, async () => {
      const name = `stream ${what}`.replaceAll(' ', '-');
      const poured: Promise<number>[] = [];
      const target = await seated(
        name,
        (call) => {
          if (call.method !== 'SubscribeToTask') {
            answer(call, isSend(call) ? task('WORKING') : task('WORKING').task);
            return;
          }
          call.response.writeHead(200, { 'content-type': 'text/event-stream' });
          poured.push(pour(call.response, piece));
        },
        streaming(name),
      );
      const ended = await endingOf(target);
      assert.deepEqual([ended.status, ended.reason], ['failed', 'result_too_large'], ended.error);
      assert.ok(Math.max(...(await Promise.all(poured))) < 100 * MB);
    });
  }

  test('a thousand artifacts are kept, each and in their order', async () => {
    const artifacts = Array.from({ length: 1000 }, (_, index) => ({
      artifactId: `a${index}`,
      parts: [{ text: `artifact ${index}` }],
    }));
    const ended = await endingOf(await seated('artifacts', (call) => answer(call, task('COMPLETED', { artifacts }))));
    assert.equal(ended.status, 'completed');
    assert.deepEqual(ended.result.text.split('\n').slice(998), ['artifact 998', 'artifact 999']);
  });

  test('D17: 50,000 updates of its status on a stream are a line in the log for each second', async () => {
    const beganAt = performance.now();
    const target = await seated(
      'updates',
      async (call) => {
        if (call.method !== 'SubscribeToTask') {
          const isOver = !isSend(call);
          answer(call, isOver ? task('COMPLETED', {}, 'done').task : task('WORKING'));
          return;
        }
        const { id, response } = call;
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        for (let update = 0; update < 50_000 && !response.destroyed; update += 100) {
          const some = Array.from({ length: 100 }, (_, index) => {
            const { status } = task('WORKING', {}, `\u001B[2J${update + index}`).task;
            const statusUpdate = { taskId: 'task-1', contextId: 'c', status };
            return `data: ${JSON.stringify({ jsonrpc: '2.0', id, result: { statusUpdate } })}\n\n`;
          });
          if (!response.write(some.join(''))) {
            await emptied(response);
          }
        }
        response.end();
      },
      streaming('updates'),
    );
    const ended = await endingOf(target);
    assert.deepEqual([ended.status, ended.result.text], ['completed', 'done']);
    const seconds = (performance.now() - beganAt) / 1000;
    assert.ok(progressed(ended) <= 6 + seconds, `${progressed(ended)} in ${seconds} s`);
  });
});

describe('an agent that is called and does not end', () => {
  test('works without a word until it is stalled, and its slot goes on', async () => {
    let asked = 0;
    const target = await seated('silent', (call) => {
      asked += 1;
      answer(call, isSend(call) ? task('WORKING') : task('WORKING').task);
    });
    const [id, next] = [await target.delegate(), await target.delegate()];
    const ended = await target.ended(id);
    assert.deepEqual([ended.status, ended.reason], ['failed', 'stalled']);
    assert.ok(asked < 50, 'and is not asked in a storm');
    await until('the next one has its slot', async () => {
      const { body } = await house.call('GET', `/workspaces/lead/delegations/${next}`);
      return body.status !== 'queued';
    });
    await house.call('POST', `/workspaces/lead/delegations/${next}/cancel`, { body: {} });
  });

  test('has something new to say at each look until the deadline, and is never believed to go back', async () => {
    let looks = 0;
    const target = await seated('lively', (call) => {
      looks += 1;
      const state = looks % 2 === 0 ? 'SUBMITTED' : 'WORKING';
      answer(call, isSend(call) ? task('WORKING') : task(state, {}, `step ${looks}`).task);
    });
    const ended = await endingOf(target, { deadline_ms: 3000 });
    assert.deepEqual([ended.status, ended.reason], ['failed', 'deadline_exceeded']);
    const types = (ended['events'] as Fields[]).map((event) => String(event['type']));
    assert.equal(types.filter((type) => type === 'delegation.settled').length, 1);
    assert.equal(types.filter((type) => type === 'delegation.delivered').length, 1);
    assert.ok(progressed(ended) <= 6 + 4);
  });

  test('asks as often as it is answered, and its caller has one question at a time', async () => {
    let asked = 0;
    const target = await seated('asking', (call) => {
      asked += isSend(call) ? 1 : 0;
      answer(call, task('INPUT_REQUIRED', {}, `question ${asked} \u202E\u001B[2J`));
    });
    const id = await target.delegate({ deadline_ms: 20_000 });
    for (let round = 1; round <= 5; round += 1) {
      await until(`question ${round}`, async () => {
        const { body } = await house.call('GET', `/workspaces/lead/delegations/${id}`);
        return body.status === 'input_required' && String(body['question']).startsWith(`question ${round} `);
      });
      await house.call('POST', `/workspaces/lead/delegations/${id}/answer`, { body: { text: 'No.' } });
    }
    await until('the last question', () => asked === 6);
    await house.call('POST', `/workspaces/lead/delegations/${id}/cancel`, { body: {} });
    assert.equal((await target.ended(id)).status, 'cancelled');
    const { rows } = await house.call('GET', '/workspaces/lead/inbox?limit=100&format=turn');
    const told = rows.filter((row) => row.delegation_id === id);
    assert.ok(told.length <= 1, JSON.stringify(told));
  });
});

test('a card that gives the address of somebody else is no way to make the platform call there', async () => {
  const visited: string[] = [];
  attacks.set('victim', ({ request, response }) => {
    visited.push(request.url ?? '');
    response.end();
  });
  const inner = 'http://169.254.169.254/latest/';
  const card = { ...streaming('victim').agent_card, supportedInterfaces: [{ url: inner, protocolBinding: 'JSONRPC' }] };
  const target = await at('carded', 'http://169.254.169.254/', { agent_card: card }).catch((error: unknown) => error);
  assert.ok(target instanceof Error && target.message.includes('may not'), String(target));
  const own = await seated('own', (call) => answer(call, { message: { parts: [{ text: 'mine' }] } }), {
    agent_card: { ...card, url: `${url}/victim` },
  });
  const ended = await own.ended(await own.delegate());
  assert.deepEqual(visited, []);
  assert.equal(ended.status, 'completed', ended.error);
});
