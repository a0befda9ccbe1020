/** Streams as no good peer sends them: cut at every byte, contradicting themselves, too long, or no streams at all. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { a2aCarrier } from '../../../src/carriers/a2a/carrier.ts';
import type { Carrier, Outcome } from '../../../src/core/ports/index.ts';
import { systemClock } from '../../../src/server/clock.ts';
import { assignmentFor, calleeAt, type Watched, watched } from '../../../src/testing/carrier-suite.ts';

type Json = Record<string, unknown>;

/** What the peer does once it has said that it works. */
interface Way {
  /** Bytes of the stream, by the id of the request. */
  stream(id: unknown): { type?: string; bytes: Buffer; isCut?: boolean };
  /** The task as it is shown when somebody asks; undefined breaks the connection. */
  task?(looks: number): Json | undefined;
  /** Bytes of the answer to the first look; the connection ends with them. */
  firstLook?(whole: Buffer): Buffer;
}

const DONE: Json = {
  kind: 'task',
  id: 't',
  contextId: 'c',
  status: { state: 'completed' },
  artifacts: [
    { artifactId: 'a', parts: [{ kind: 'text', text: 'one' }] },
    { artifactId: 'b', parts: [{ kind: 'text', text: 'zwei ü' }] },
  ],
};
const WHOLE: Outcome = {
  kind: 'completed',
  output: {
    text: 'one\nzwei ü',
    parts: [
      { kind: 'text', text: 'one' },
      { kind: 'text', text: 'zwei ü' },
    ],
  },
};

function status(state: string, text = ''): Json {
  const message = { kind: 'message', role: 'agent', messageId: 'm', parts: [{ kind: 'text', text }] };
  return { kind: 'status-update', taskId: 't', status: { state, ...(text === '' ? {} : { message }) } };
}

function artifact(artifactId: string, text: string, append = false): Json {
  return { kind: 'artifact-update', taskId: 't', artifact: { artifactId, parts: [{ kind: 'text', text }] }, append };
}

function sse(id: unknown, results: readonly Json[]): Buffer {
  return Buffer.from(results.map((result) => `data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`).join(''));
}

const STORY = [status('working', 'ü'), artifact('a', 'one'), artifact('b', 'zwei '), artifact('b', 'ü', true)];

/** One peer for all: the message's text names the way. */
const ways = new Map<string, Way>();
const looks = new Map<string, number>();
let carrier: Carrier;
let url = '';
const server = createServer((request, response) => {
  serve(request, response).catch(() => response.destroy());
});

before(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  carrier = a2aCarrier({ clock: systemClock, loopback: true, pollFirstMs: 1, pollMostMs: 2, resultBytesMax: 100_000 });
});
after(async () => {
  await carrier.close();
  server.close();
  server.closeAllConnections();
});

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = await request.toArray();
  const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
    id: unknown;
    method: string;
    params: { id: string; message: { messageId: string } };
  };
  const name = method === 'message/send' ? params.message.messageId : params.id;
  const way = ways.get(name);
  assert.ok(way !== undefined);
  if (method === 'message/send') {
    response.end(
      JSON.stringify({ jsonrpc: '2.0', id, result: { kind: 'task', id: name, status: { state: 'working' } } }),
    );
  } else if (method === 'tasks/resubscribe') {
    const { type, bytes, isCut } = way.stream(id);
    response.writeHead(200, { 'content-type': type ?? 'text/event-stream' });
    response.write(bytes, () => (isCut === true ? response.socket?.resetAndDestroy() : response.end()));
  } else {
    show(response, way, { id, name });
  }
}

function show(response: ServerResponse, way: Way, asked: { id: unknown; name: string }): void {
  const times = (looks.get(asked.name) ?? 0) + 1;
  looks.set(asked.name, times);
  const task = way.task === undefined ? DONE : way.task(times);
  if (task === undefined) {
    response.socket?.resetAndDestroy();
    return;
  }
  const body = JSON.stringify({ jsonrpc: '2.0', id: asked.id, result: task });
  if (times > 1 || way.firstLook === undefined) {
    response.end(body);
    return;
  }
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  response.socket?.write(way.firstLook(Buffer.from(head + body)), () => response.socket?.resetAndDestroy());
}

async function deliver(way: Way, streaming = true): Promise<{ outcome: Outcome; told: Watched }> {
  const told = watched();
  const assignment = assignmentFor(calleeAt({ url, card: { capabilities: { streaming } } }));
  ways.set(assignment.id, way);
  const outcome = await carrier.deliver(assignment, told);
  return { outcome, told };
}

describe('a stream', () => {
  test('C8: cut at every byte, the task is read whole all the same', async () => {
    const bytes = sse(3, [...STORY, status('completed')]).length;
    const cuts = Array.from({ length: bytes }, (_, at) => at);
    await inTurns(cuts, async (at) => {
      const { outcome } = await deliver({
        stream: (id) => ({ bytes: sse(id, [...STORY, status('completed')]).subarray(0, at), isCut: true }),
        task: (times) => (times < 2 ? { ...DONE, status: { state: 'working' } } : DONE),
      });
      assert.deepEqual(outcome, WHOLE, `cut at ${at}`);
    });
  });

  test('C8: the answer to a look cut at every byte is asked for again', async () => {
    const bytes = Buffer.byteLength(JSON.stringify({ jsonrpc: '2.0', id: 3, result: DONE })) + 60;
    const cuts = Array.from({ length: bytes }, (_, at) => at);
    await inTurns(cuts, async (at) => {
      const way: Way = { stream: () => ({ bytes: Buffer.alloc(0) }), firstLook: (whole) => whole.subarray(0, at) };
      const { outcome } = await deliver(way, false);
      assert.deepEqual(outcome, WHOLE, `cut at ${at}`);
    });
  });

  test('C8: what it told serves where the peer has forgotten the task by its end', async () => {
    const { outcome } = await deliver({
      stream: (id) => ({ bytes: sse(id, [...STORY, status('completed')]) }),
      task: () => undefined,
    });
    assert.deepEqual(outcome.kind === 'completed' && outcome.output.text, 'one\nzwei \nü');
  });

  test('C8: what was said before anybody listened is in the result', async () => {
    const { outcome } = await deliver({ stream: (id) => ({ bytes: sse(id, [status('completed')]) }) });
    assert.deepEqual(outcome, WHOLE);
  });

  test('C6: of two endings the first counts, and nothing is added after it', async () => {
    const { outcome } = await deliver({
      stream: (id) => ({
        bytes: sse(id, [artifact('a', 'one'), status('failed', 'no disk'), artifact('a', 'late'), status('completed')]),
      }),
      task: () => undefined,
    });
    assert.deepEqual(outcome, {
      kind: 'failed',
      reason: 'callee_failed',
      error: 'no disk',
      output: { text: 'one' },
    });
  });

  const NO_STREAMS: Record<string, Way['stream']> = {
    'another type': () => ({ type: 'application/json', bytes: Buffer.from('{}') }),
    'no JSON in it': () => ({ bytes: Buffer.from('data: hello\n\n') }),
    'the id of another request': () => ({ bytes: sse('another', [status('completed')]) }),
    'an error in it': (id) => ({
      bytes: Buffer.from(`data: ${JSON.stringify({ id, error: { code: -32_603, message: 'no' } })}\n\n`),
    }),
    'nothing in it': () => ({ bytes: Buffer.alloc(0) }),
    'a state nobody knows': (id) => ({ bytes: sse(id, [status('finished')]) }),
  };
  for (const [what, stream] of Object.entries(NO_STREAMS)) {
    test(`C8: with ${what} it says nothing, and the task is asked for`, async () => {
      const { outcome } = await deliver({ stream });
      assert.deepEqual(outcome, WHOLE);
    });
  }

  test('C13: one event beyond the bound, and many that add up to it, are too large', async () => {
    const one = artifact('a', 'x'.repeat(200_000));
    const many = Array.from({ length: 20 }, () => artifact('a', 'x'.repeat(10_000), true));
    for (const results of [[one], many]) {
      const { outcome } = await deliver({ stream: (id) => ({ bytes: sse(id, results) }) });
      assert.equal(outcome.kind === 'failed' && outcome.reason, 'result_too_large');
    }
  });

  test('C13: a question and a note without end are cut, and say so', async () => {
    const endless = '👩‍👩‍👧'.repeat(10_000);
    const { outcome, told } = await deliver({
      stream: (id) => ({ bytes: sse(id, [status('working', endless), status('input-required', endless)]) }),
      task: () => undefined,
    });
    assert.ok(outcome.kind === 'asked');
    for (const [text, most] of [
      [outcome.question, 64_000],
      [told.progress[0]?.message ?? '', 4000],
    ] as const) {
      assert.match(text, /^(?:👩‍👩‍👧)+… \(cut, 80000 characters in all\)$/u);
      assert.ok(text.length > most - 100 && text.length < most + 100);
    }
  });
});

test('C13: a name too long for a row is no name', async () => {
  const { outcome } = await deliver({
    stream: () => ({ bytes: Buffer.alloc(0) }),
    task: () => ({ ...DONE, status: { state: 'input-required' }, contextId: 'c'.repeat(2000) }),
  });
  assert.ok(outcome.kind === 'asked');
  assert.equal(outcome.remote?.context, undefined);
});

/** Some at a time, since each has sockets of its own. */
async function inTurns(items: readonly number[], act: (item: number) => Promise<void>): Promise<void> {
  for (let from = 0; from < items.length; from += 40) {
    await Promise.all(items.slice(from, from + 40).map((item) => act(item)));
  }
}
