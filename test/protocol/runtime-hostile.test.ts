/**
 * What a connected agent does where something else than a sound platform answers: it is not misled, does not hurry, and
 * does not grow.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import type { Errand } from '../../src/runtime/index.ts';
import { connected } from '../../src/runtime/connect.ts';
import { systemClock, systemIds } from '../../src/server/clock.ts';
import { until } from './support.ts';

/** Chance says: no pause but those that are asked for. */
const HURRIED = { clock: systemClock, ids: { ...systemIds(), chance: () => 0 } };

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

interface Stage {
  errand: Errand;
  /** What was asked for, the stream of events aside. */
  asked: string[];
  /** What was written to each stream that was opened. */
  streams: ServerResponse[];
}

/** A server that answers as it is told, and an agent that takes it for its platform. */
async function at(answer: Answer, work: (stage: Stage) => Promise<void>): Promise<void> {
  const asked: string[] = [];
  const streams: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if ((request.url ?? '').endsWith('/events/stream')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`id: ${request.headers['last-event-id'] ?? 0}\n\n`);
      streams.push(response);
      return;
    }
    asked.push(`${request.method} ${request.url}`);
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const errand = connected({ url }, 'lead', HURRIED);
  try {
    await work({ errand, asked, streams });
  } finally {
    await errand.close();
    server.closeAllConnections();
    server.close();
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function page(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>Hello</h1>');
}

const RECEIPT = { delegation_id: 'dlg_1', target_id: 'peer', state: 'queued' };

function settled(text: string, sha256 = createHash('sha256').update(text).digest('hex')) {
  const result = { text, length: Buffer.byteLength(text), sha256 };
  return { delegation_id: 'dlg_1', target_id: 'peer', status: 'completed', result, version: 3 };
}

function frame(seq: number, type: string, id = 'dlg_1', n = seq): string {
  const event = { seq, id: `evt_${seq}`, type, at: '2026-01-01T00:00:00Z', delegation_id: id, n, data: {} };
  return `id: ${seq}\ndata: ${JSON.stringify(event)}\n\n`;
}

describe('a task is handed over', () => {
  test('as often as nobody is behind the gateway, the platform stops, or says when to come again', async () => {
    const turns: ((response: ServerResponse) => void)[] = [
      ...Array.from({ length: 8 }, () => (response: ServerResponse) => page(response, 502)),
      (response) => page(response, 504),
      (response) => json(response, 503, { error: 'stopping', code: 'shutting_down', retry_after: 0 }),
      (response) => json(response, 429, { error: 'full', code: 'queue_full', retry_after: 0 }),
      (response) => json(response, 202, RECEIPT),
    ];
    const keys = new Set<unknown>();
    await at(
      ({ headers }, response) => {
        keys.add(headers['idempotency-key']);
        turns.shift()?.(response);
      },
      async ({ errand }) => {
        assert.equal((await errand.delegate({ to: 'peer', task: 'x' })).id, 'dlg_1');
        assert.equal(turns.length, 0);
        assert.equal(keys.size, 1, 'under one key');
      },
    );
  });

  test('a few times and no more to what stays full, broken, or is no platform', async () => {
    const cases: [Answer, string][] = [
      [(_, response) => json(response, 429, { error: 'full', code: 'queue_full', retry_after: 0 }), 'queue_full'],
      [(_, response) => json(response, 500, { error: 'a fault', code: 'internal' }), 'internal'],
      [(_, response) => page(response, 200), 'unavailable'],
      [(_, response) => page(response, 404), 'unavailable'],
      [(_, response) => json(response, 200, {}), 'unavailable'],
      [(_, response) => json(response, 200, null), 'unavailable'],
      [(_, response) => json(response, 200, { ...RECEIPT, delegation_id: 7 }), 'unavailable'],
      [(_, response) => response.writeHead(302, { location: '/elsewhere' }).end(), 'unavailable'],
    ];
    for (const [answer, code] of cases) {
      await at(answer, async ({ errand, asked }) => {
        await assert.rejects(errand.delegate({ to: 'peer', task: 'x' }), { name: 'DeskError', code });
        assert.ok(asked.length > 1 && asked.length < 10, `${code}: ${asked.length}`);
      });
    }
  });
});

describe('an ending', () => {
  test('is not believed because a stream says so', async () => {
    let isOver = false;
    await at(
      (_request, response) => json(response, 200, isOver ? settled('at last') : { ...settled(''), status: 'queued' }),
      async ({ errand, asked, streams }) => {
        const handle = errand.handle('dlg_1');
        let ended = false;
        const done = handle.done.then(({ text }) => {
          ended = true;
          return text;
        });
        const stream = await until('it listens', () => streams[0]);
        await until('it has looked', () => asked.length === 1);
        stream.write(frame(5, 'delegation.settled') + frame(4, 'delegation.settled'));
        stream.write(frame(6, 'delegation.settled', 'dlg_2'));
        await until('it has looked', () => asked.length === 2);
        assert.deepEqual([ended, handle.status], [false, 'queued']);
        isOver = true;
        stream.write(frame(7, 'delegation.settled'));
        assert.equal(await done, 'at last');
        assert.ok(asked.length <= 4, 'what is old, or of others, is not asked for');
      },
    );
  });

  test('D5: whose text is not what its hash says is not handed on, and not taken', async () => {
    await at(
      (_request, response) => json(response, 200, settled('forged', 'f'.repeat(64))),
      async ({ errand, asked }) => {
        const { status, reason, text, error } = await errand.handle('dlg_1').done;
        assert.deepEqual([status, reason, text], ['failed', 'outcome_unknown', undefined]);
        assert.match(error ?? '', /hash/u);
        assert.ok(asked.length > 1 && asked.length < 10, 'it asks again a few times');
        assert.ok(!asked.some((line) => line.includes('collect')), 'it is still to be told');
      },
    );
  });

  test('that is longer than any may be is given up', async () => {
    const piece = Buffer.alloc(1024 * 1024, ' ');
    await at(
      (_request, response) => {
        let left = 100;
        const more = (): void => {
          left -= 1;
          response.write(piece, left > 0 ? more : () => response.end('{}'));
        };
        more();
      },
      async ({ errand }) => {
        const { reason, error } = await errand.handle('dlg_1').done;
        assert.deepEqual([reason], ['outcome_unknown']);
        assert.match(error ?? '', /more than 67108864 bytes/u);
      },
    );
  });

  test('is not taken by whoever has stopped waiting, and not withheld from whoever has it already', async () => {
    const held: (() => void)[] = [];
    await at(
      (_request, response) => held.push(() => json(response, 200, settled('there'))),
      async ({ errand, asked }) => {
        const handle = errand.handle('dlg_1');
        assert.equal(await handle.wait({ timeoutMs: 1000 }), undefined);
        await until('it has looked', () => held.length === 1);
        held.shift()?.();
        await until('the answer is here', () => handle.status === 'completed');
        assert.ok(!asked.some((line) => line.includes('collect')), 'it is still to be told');
        const stop = new AbortController();
        const waited = handle.wait({ signal: stop.signal });
        (await until('it has looked', () => held.shift()))();
        await until('it is collected', () => asked.some((line) => line.includes('collect')));
        stop.abort(new Error('enough'));
        assert.equal((await waited)?.text, 'there');
      },
    );
  });

  test('is waited for through answers that are none', async () => {
    const turns: Answer[] = [
      ...Array.from({ length: 20 }, () => (_: IncomingMessage, response: ServerResponse) => page(response, 200)),
      (_, response) => json(response, 200, {}),
      (_, response) => json(response, 200, { status: 'splendid', target_id: 'peer' }),
      (_, response) => response.writeHead(200, { 'content-length': 100 }).write('{"st', () => response.destroy()),
    ];
    await at(
      (request, response) => {
        const turn = turns.shift() ?? ((_, last) => json(last, 200, settled('there')));
        turn(request, response);
      },
      async ({ errand }) => {
        assert.equal((await errand.handle('dlg_1').done).text, 'there');
      },
    );
  });
});

describe('a stream', () => {
  test('that says what is no event, or never comes to its end, is opened anew', async () => {
    let isOver = false;
    await at(
      (_request, response) => json(response, 200, isOver ? settled('there') : { ...settled(''), status: 'queued' }),
      async ({ errand, streams }) => {
        const { done } = errand.handle('dlg_1');
        const rubbish = ['data: {"half":\n\n', 'data: null\n\n', 'data: 7\n\n', `data: ${'x'.repeat(3_000_000)}`];
        for (const [index, text] of rubbish.entries()) {
          const stream = await until('a stream is open', () => streams[index]);
          stream.write(text);
          await until('it is left', () => stream.destroyed);
        }
        isOver = true;
        (await until('a stream is open', () => streams[rubbish.length])).write(frame(9, 'delegation.settled'));
        assert.equal((await done).text, 'there');
      },
    );
  });
});

describe('a history', () => {
  test('that lacks a step is not made up, and not asked for for ever', async () => {
    const events = [1, 3].map((n) => ({
      seq: n,
      n,
      type: 'delegation.progressed',
      at: '2026-01-01T00:00:00Z',
      data: {},
    }));
    await at(
      (_request, response) => json(response, 200, { ...settled(''), version: 3, events }),
      async ({ errand, asked }) => {
        const steps: number[] = [];
        const read = (async () => {
          for await (const { seq } of errand.handle('dlg_1').events) {
            steps.push(seq);
          }
        })();
        await assert.rejects(read, { code: 'unavailable' });
        assert.deepEqual([steps, asked.length], [[1], 1]);
      },
    );
  });
});

describe('an inbox', () => {
  test('that is no list, or does not hold the question, is not asked all the time', async () => {
    let answers = 0;
    await at(
      (_request, response) => {
        answers += 1;
        json(response, 200, answers < 5 ? { not: 'a list' } : []);
      },
      async ({ errand, asked }) => {
        const over = new AbortController();
        const read = (async () => {
          for await (const _turn of errand.inbox({ signal: over.signal })) {
            assert.fail('there is nothing to tell');
          }
        })();
        await until('it was asked', () => asked.length >= 6);
        assert.ok(asked.length < 8, `${asked.length}`);
        over.abort();
        await read;
      },
    );
  });
});
