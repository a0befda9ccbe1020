/** A connection cut at every byte of the answer to a send, and while the request is on its way (T8). Streams: streams.test.ts. */
import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { after, describe, test } from 'node:test';
import { a2aCarrier } from '../../../src/carriers/a2a/carrier.ts';
import type { Outcome } from '../../../src/core/ports/index.ts';
import { systemClock } from '../../../src/server/clock.ts';
import { assignmentFor, calleeAt, watched } from '../../../src/testing/carrier-suite.ts';

interface Cut {
  /** Bytes of the answer that get through. */
  at: number;
  how: 'fin' | 'rst';
}

const carrier = a2aCarrier({ clock: systemClock, loopback: true });
after(() => carrier.close());

describe('an answer that is cut', () => {
  for (const framing of ['length', 'chunked', 'close'] as const) {
    for (const how of ['fin', 'rst'] as const) {
      test(`C3: ${framing}, ${how}, at every byte: unknown until it is whole, then completed`, async () => {
        const whole = answerOf(framing);
        const cut: Cut = { at: 0, how };
        const server = await cutting(whole, cut);
        for (cut.at = 0; cut.at < whole.length; cut.at += 1) {
          const outcome = await deliver(server.url);
          // A body that ends with its connection may happen to be whole one byte early: then it is.
          assert.equal(outcome.kind, 'unknown', `cut at ${cut.at}: ${JSON.stringify(outcome)}`);
        }
        cut.how = 'fin';
        assert.equal((await deliver(server.url)).kind, 'completed');
        await server.close();
      });
    }
  }
});

test('C3: a request that is cut at any byte is unknown, for nobody knows how far it came', async () => {
  for (const bytes of [0, 1, 100, 400]) {
    const server = await listening((socket) => {
      let seen = 0;
      socket.on('data', (chunk) => {
        seen += chunk.length;
        if (seen >= bytes) {
          socket.resetAndDestroy();
        }
      });
    });
    assert.equal((await deliver(server.url)).kind, 'unknown');
    await server.close();
  }
});

function deliver(url: string): Promise<Outcome> {
  return carrier.deliver(assignmentFor(calleeAt({ url })), watched());
}

/** The id is left out, since every request has another. */
function answerOf(framing: 'length' | 'chunked' | 'close'): Buffer {
  const body = JSON.stringify({ jsonrpc: '2.0', result: { kind: 'message', parts: [{ kind: 'text', text: 'ü' }] } });
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
  const length = Buffer.byteLength(body);
  switch (framing) {
    case 'length':
      return Buffer.from(`${head}content-length: ${length}\r\n\r\n${body}`);
    case 'chunked':
      return Buffer.from(`${head}transfer-encoding: chunked\r\n\r\n${length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
    case 'close':
      return Buffer.from(`${head}connection: close\r\n\r\n${body}`);
  }
}

function cutting(whole: Buffer, cut: Cut): Promise<{ url: string; close(): Promise<void> }> {
  return listening((socket) => {
    socket.once('data', () => {
      socket.write(whole.subarray(0, cut.at), () => {
        if (cut.how === 'fin') {
          socket.end();
        } else {
          socket.resetAndDestroy();
        }
      });
    });
  });
}

async function listening(serve: (socket: Socket) => void): Promise<{ url: string; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    serve(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    url: `http://127.0.0.1:${address.port}/`,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) {
          socket.destroy();
        }
        server.close(() => resolve());
      }),
  };
}
