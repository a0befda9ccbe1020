/**
 * Requests that no client of good will sends: half, slow, doubled, too long, contradictory. Each costs its sender an
 * error and nobody else anything.
 */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { openHouse, rawExchange, until, type House } from './support.ts';

const HOST = 'host: 127.0.0.1\r\n';

let house: House;
const open: Socket[] = [];

before(async () => {
  house = await openHouse();
  await house.seat('a');
});

after(async () => {
  for (const socket of open) {
    socket.destroy();
  }
  await house.close();
});

async function stillServes(): Promise<void> {
  const beganAt = performance.now();
  assert.equal((await house.call('GET', '/workspaces/a')).status, 200);
  assert.ok(performance.now() - beganAt < 1000, 'and at once');
}

async function statusOf(bytes: string | Uint8Array): Promise<number> {
  const heard = await rawExchange(house, bytes, (text) => text.includes('\r\n\r\n'));
  return Number(/^HTTP\/1\.1 (\d{3})/u.exec(heard)?.[1] ?? 0);
}

async function opened(bytes: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(house.url).port), '127.0.0.1', () => {
      socket.write(bytes, () => resolve(socket));
    });
    socket.once('error', reject);
    open.push(socket);
  });
}

describe('a request that is not one', () => {
  const REFUSED: Record<string, string> = {
    'no HTTP at all': 'hello there\r\n\r\n',
    'a version from the future': `GET /health HTTP/9.9\r\n${HOST}\r\n`,
    'no host': 'GET /health HTTP/1.1\r\n\r\n',
    'two lengths': `POST /workspaces HTTP/1.1\r\n${HOST}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`,
    'a length and chunks': `POST /workspaces HTTP/1.1\r\n${HOST}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}`,
    'a negative length': `POST /workspaces HTTP/1.1\r\n${HOST}content-length: -1\r\n\r\n`,
    'a length that is no number': `POST /workspaces HTTP/1.1\r\n${HOST}content-length: 2x\r\n\r\n{}`,
    'a folded header': `GET /health HTTP/1.1\r\n${HOST}a: b\r\n c\r\n\r\n`,
    'a header with a NUL': `GET /health HTTP/1.1\r\n${HOST}a: b\0c\r\n\r\n`,
    'a space before the colon': `GET /health HTTP/1.1\r\n${HOST}content-length : 2\r\n\r\n`,
    'a chunk of no size': `POST /workspaces HTTP/1.1\r\n${HOST}transfer-encoding: chunked\r\n\r\nzz\r\n`,
    '100,000 headers': `GET /health HTTP/1.1\r\n${HOST}${'a: b\r\n'.repeat(100_000)}\r\n`,
    'one header of a megabyte': `GET /health HTTP/1.1\r\n${HOST}a: ${'b'.repeat(1_000_000)}\r\n\r\n`,
    'a path of a megabyte': `GET /${'x'.repeat(1_000_000)} HTTP/1.1\r\n${HOST}\r\n`,
  };
  for (const [what, bytes] of Object.entries(REFUSED)) {
    test(`is refused: ${what}`, async () => {
      const earlier = house.state();
      const status = await statusOf(bytes);
      // Whoever still sends may find the connection reset before it reads the answer.
      assert.ok((status >= 400 && status < 500) || status === 0, String(status));
      assert.deepEqual(house.state(), earlier);
      await stillServes();
    });
  }

  test('is served as far as it is one: unknown methods, upgrades, absolute targets', async () => {
    assert.equal(await statusOf(`PURGE /health HTTP/1.1\r\n${HOST}\r\n`), 405);
    assert.equal(await statusOf(`TRACE /health HTTP/1.1\r\n${HOST}\r\n`), 405);
    const upgrade = 'connection: upgrade\r\nupgrade: websocket\r\n';
    assert.equal(await statusOf(`GET /health HTTP/1.1\r\n${HOST}${upgrade}\r\n`), 200);
    assert.equal(await statusOf(`GET http://elsewhere/health HTTP/1.1\r\n${HOST}\r\n`), 404);
    assert.equal(await statusOf(`GET /health?${'a&'.repeat(2000)} HTTP/1.1\r\n${HOST}\r\n`), 200);
    assert.equal(await statusOf(`HEAD /health HTTP/1.1\r\n${HOST}\r\n`), 200);
  });

  test('under another name than loopback is refused where there are no keys', async () => {
    for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil', '10.0.0.1']) {
      assert.equal(await statusOf(`GET /workspaces HTTP/1.1\r\nhost: ${host}\r\n\r\n`), 403, host);
    }
    for (const header of ['origin: http://evil.example', 'sec-fetch-site: cross-site', 'origin: null']) {
      assert.equal(await statusOf(`GET /workspaces HTTP/1.1\r\n${HOST}${header}\r\n\r\n`), 403, header);
    }
  });
});

describe('a request that takes its time', () => {
  test('keeps nobody else waiting: 200 half requests stand open, and others are served', async () => {
    const halves = [
      'GET /health HT',
      `GET /health HTTP/1.1\r\n${HOST}a: b`,
      `POST /workspaces HTTP/1.1\r\n${HOST}content-type: application/json\r\ncontent-length: 1000\r\n\r\n{"name":`,
      `POST /workspaces HTTP/1.1\r\n${HOST}content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"nam`,
    ];
    const earlier = house.state();
    await Promise.all(Array.from({ length: 200 }, async (_, index) => opened(halves[index % 4] ?? '')));
    await stillServes();
    for (const socket of open.splice(0)) {
      socket.destroy();
    }
    await stillServes();
    assert.deepEqual(house.state(), earlier);
  });

  test('and sends its body byte by byte is answered when it is through', async () => {
    const body = '{"caller_id":"a","target_id":"a"}';
    const socket = await opened(
      `POST /registry/check-access HTTP/1.1\r\n${HOST}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`,
    );
    let heard = '';
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString();
    });
    for (const letter of body) {
      await new Promise<void>((resolve) => {
        socket.write(letter, () => resolve());
      });
    }
    await until('its answer', () => heard.includes('{"allowed":true}'));
  });

  test('and is refused before its body is through is hung up on', async () => {
    const heard = await rawExchange(
      house,
      `POST /registry/check-access HTTP/1.1\r\n${HOST}content-type: application/json\r\ncontent-length: 99999999\r\n\r\n{`,
    );
    assert.match(heard, /^HTTP\/1\.1 413 /u);
    assert.match(heard, /connection: close/iu);
    assert.match(heard, /"code":"too_large"/u);
  });

  test('and streams more than is taken is cut off at the bound, not at its end', async () => {
    const head = `POST /registry/check-access HTTP/1.1\r\n${HOST}content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`;
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    const heard = await rawExchange(house, head + chunk.repeat(40), (text) => text.includes('too_large'));
    assert.match(heard, /^HTTP\/1\.1 413 /u);
    await stillServes();
  });
});

describe('requests in one breath', () => {
  test('are answered in their order', async () => {
    const one = (path: string, close = ''): string => `GET ${path} HTTP/1.1\r\n${HOST}${close}\r\n`;
    const paths = Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? '/health' : '/nothing'));
    const bytes = paths.map((path) => one(path)).join('') + one('/health', 'connection: close\r\n');
    const heard = await rawExchange(house, bytes);
    const statuses = [...heard.matchAll(/HTTP\/1\.1 (\d{3})/gu)].map(([, status]) => status);
    assert.deepEqual(statuses, [...paths.map((path) => (path === '/health' ? '200' : '404')), '200']);
  });

  test('with a body too many do not swap their answers', async () => {
    const body = '{"caller_id":"a","target_id":"a"}';
    const post = `POST /registry/check-access HTTP/1.1\r\n${HOST}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const unasked = `GET /health HTTP/1.1\r\n${HOST}content-length: 5\r\n\r\nhello`;
    const last = `GET /nothing HTTP/1.1\r\n${HOST}connection: close\r\n\r\n`;
    const heard = await rawExchange(house, post + unasked + post + last);
    const statuses = [...heard.matchAll(/HTTP\/1\.1 (\d{3})/gu)].map(([, status]) => status);
    assert.deepEqual(statuses, ['200', '200', '200', '404']);
  });
});
