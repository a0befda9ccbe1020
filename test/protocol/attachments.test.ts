/**
 * Files that are attached: they come back byte for byte, are what their bytes say, are bounded, leave nothing behind
 * when they do not arrive whole, and are there for nobody else.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { connect } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { PART_BYTES_MAX } from '../../src/core/ports/index.ts';
import { assertTyped } from './route-table.ts';
import { openHouse, until, type Answer, type Fields, type House } from './support.ts';

const MB = 1024 * 1024;

let house: House;
const keys: Record<string, string> = {};

before(async () => {
  house = await openHouse({ open: false, environment: { ERRAND_FILE_BYTES_PER_ORG_MAX: String(400 * MB) } });
  for (const org of ['acme', 'zeta']) {
    const made = await house.call('POST', '/org/tokens', { body: { org } });
    keys[org] = String(made.body['auth_token']);
  }
  for (const [id, org] of [
    ['a', 'acme'],
    ['b', 'acme'],
    ['z', 'zeta'],
  ] as const) {
    keys[id] = (await house.seat(id, { org, pull: true })).token;
  }
});

after(async () => house.close());

interface Uploading {
  as?: string;
  to?: string;
  name?: string;
  type?: string;
}

async function upload(bytes: Uint8Array | string, { as = 'a', to = 'a', name = 'x', type }: Uploading = {}) {
  return house.call('POST', `/workspaces/${to}/attachments?name=${encodeURIComponent(name)}`, {
    raw: bytes,
    token: keys[as],
    headers: { 'content-type': type ?? 'application/octet-stream' },
  });
}

async function kept(bytes: Uint8Array | string, more: Uploading = {}): Promise<Fields & { uri: string }> {
  const { status, body, text } = await upload(bytes, more);
  assert.equal(status, 201, text);
  return body as Fields & { uri: string };
}

async function download(uri: string, as = 'a', headers: Record<string, string> = {}, method = 'GET') {
  return fetch(uri, { method, headers: { authorization: `Bearer ${keys[as]}`, ...headers } });
}

function noise(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 7)) % 251);
}

/** What is there of all files, finished or not. */
function inStore(): { files: number; parts: number } {
  const db = new DatabaseSync(join(house.data, 'errand.db'), { readOnly: true });
  const count = (table: string) => Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']);
  const found = { files: count('file'), parts: count('file_part') };
  db.close();
  return found;
}

describe('a file that was uploaded', () => {
  for (const size of [0, 1, PART_BYTES_MAX - 1, PART_BYTES_MAX, PART_BYTES_MAX + 1, 3 * MB + 5]) {
    test(`of ${size} bytes comes back byte for byte (E32)`, async () => {
      const bytes = noise(size);
      const { uri, sha256, ...rest } = await kept(bytes, { name: 'report.bin' });
      assert.equal(rest['size'], size);
      assert.equal(sha256, hash('sha256', bytes));
      const answer = await download(uri);
      assert.equal(answer.status, 200);
      assert.ok(Buffer.from(await answer.arrayBuffer()).equals(bytes));
    });
  }

  test('in pieces, its length not said before, is the same', async () => {
    const bytes = noise(2 * MB + 5);
    const pieces = new ReadableStream({
      start(controller) {
        for (let at = 0; at < bytes.length; at += 70_001) {
          controller.enqueue(bytes.subarray(at, at + 70_001));
        }
        controller.close();
      },
    });
    const request = { method: 'POST', body: pieces, duplex: 'half', headers: { authorization: `Bearer ${keys['a']}` } };
    const answer = await fetch(`${house.url}/workspaces/a/attachments?name=x`, request as RequestInit);
    const { uri } = (await answer.json()) as { uri: string };
    assert.equal(answer.status, 201);
    assert.ok(Buffer.from(await (await download(uri)).arrayBuffer()).equals(bytes));
  });

  test('is handed out to be saved, and never to be shown', async () => {
    const { uri, sha256 } = await kept('<script>alert(1)</script>', { name: 'page.html', type: 'text/html' });
    const answer = await download(uri);
    const header = (name: string) => answer.headers.get(name);
    assert.equal(await answer.text(), '<script>alert(1)</script>');
    assert.equal(header('content-type'), 'text/plain; charset=utf-8');
    assert.equal(header('content-disposition'), `attachment; filename="page.html"; filename*=UTF-8''page.html`);
    assert.equal(header('x-content-type-options'), 'nosniff');
    assert.match(header('content-security-policy') ?? '', /^sandbox\b/u);
    assert.equal(header('etag'), `"${String(sha256)}"`);
    const again = await download(uri, 'a', { 'if-none-match': `"${String(sha256)}"` });
    assert.deepEqual([again.status, await again.text()], [304, '']);
    const head = await download(uri, 'a', {}, 'HEAD');
    assert.deepEqual([head.status, head.headers.get('content-length'), await head.text()], [200, '25', '']);
  });

  test('is there for its workspace, its organisation and the operator, and for nobody else', async () => {
    const { id, uri } = await kept('ours');
    keys['operator'] = house.platform.operatorKey ?? '';
    for (const [as, status] of Object.entries({ a: 200, acme: 200, operator: 200, b: 403, z: 404, zeta: 404 })) {
      const answer = await download(uri, as);
      assert.equal(answer.status, status, as);
      assert.equal((await answer.text()).includes('ours'), status === 200, as);
    }
    for (const [as, where] of [
      ['b', 'b'],
      ['acme', 'b'],
      ['z', 'z'],
      ['operator', 'z'],
    ] as const) {
      const answer = await download(`${house.url}/workspaces/${where}/attachments/${id}`, as);
      assert.equal(answer.status, 404, `${as} at ${where}`);
    }
    assert.equal((await upload('x', { as: 'b', to: 'a' })).status, 403);
    assert.equal((await upload('x', { as: 'zeta', to: 'a' })).status, 404);
  });
});

describe('what a file is', () => {
  const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex');
  const EXE = Buffer.concat([Buffer.from('MZ'), Buffer.alloc(58), Buffer.from([64, 0, 0, 0]), Buffer.from('PE\0\0')]);
  const CASES: [what: string, bytes: Uint8Array | string, claimed: string, found: string][] = [
    ['a program that says it is a picture', EXE, 'image/png', 'application/x-msdownload'],
    ['a picture that says it is a page', PNG, 'text/html', 'image/png'],
    ['a page that says it is a picture', '<!doctype html><script>', 'image/png', 'text/plain'],
    ['text in many scripts', 'ünï 漢字 🏳️‍🌈\r\n', 'application/x-msdownload', 'text/plain'],
    ['half a character', Uint8Array.from([0x61, 0xf0, 0x9f]), 'text/plain', 'application/octet-stream'],
    ['text with a zero byte', 'a\u0000b', 'text/plain', 'application/octet-stream'],
    ['nothing anybody knows', noise(500), 'image/png', 'application/octet-stream'],
    ['the beginning of an archive and no more', Buffer.from('504b0304', 'hex'), 'x/y', 'application/zip'],
  ];

  for (const [what, bytes, claimed, found] of CASES) {
    test(`is found out from its bytes: ${what}`, async () => {
      const { mimeType } = await kept(bytes, { type: claimed, name: 'picture.png' });
      assert.equal(mimeType, found);
    });
  }

  test('is text only if a character that two parts share is whole', async () => {
    const text = `${'x'.repeat(PART_BYTES_MAX - 1)}漢${'y'.repeat(10)}`;
    assert.equal((await kept(text))['mimeType'], 'text/plain');
    const broken = Buffer.from(text);
    broken[PART_BYTES_MAX] = 0x28;
    assert.equal((await kept(broken))['mimeType'], 'application/octet-stream');
  });

  const NAMES: Record<string, string> = {
    'report.pdf': 'report.pdf',
    '../../etc/passwd': 'etcpasswd',
    'C:\\temp\\x.exe': 'Ctempx.exe',
    'a\u0000b\r\nc\t.txt': 'abc.txt',
    'invoice\u202Efdp.exe': 'invoicefdp.exe',
    '...': 'file',
    '/': 'file',
    '"; filename="evil.exe': '; filename=evil.exe',
    'Übersicht 漢字.pdf': 'Übersicht 漢字.pdf',
    '100%.txt': '100%.txt',
  };

  for (const [given, name] of Object.entries(NAMES)) {
    test(`says nothing that its name may not say: ${JSON.stringify(given)}`, async () => {
      const file = await kept('x', { name: given });
      assert.equal(file['name'], name);
      const disposition = (await download(file.uri)).headers.get('content-disposition') ?? '';
      const parts = /^attachment; filename="(?<plain>[\w. ()-]+)"; filename\*=UTF-8''(?<encoded>[\w.!~%&+-]+)$/u;
      const { encoded } = parts.exec(disposition)?.groups ?? {};
      assert.equal(decodeURIComponent(encoded ?? ''), name, disposition);
    });
  }

  test('has a name, and one that is long is cut', async () => {
    assertTyped(await house.call('POST', '/workspaces/a/attachments', { raw: 'x', token: keys['a'] }), 'no name');
    const { name } = await kept('x', { name: `${'漢'.repeat(199)}👋👋` });
    assert.ok(String(name).length <= 200 && String(name).isWellFormed());
  });
});

describe('a file that does not arrive', () => {
  test('because it is too large is refused, and leaves nothing, whether its length was said or not', async () => {
    const earlier = inStore();
    const said = await upload(new Uint8Array(25 * MB + 1));
    assert.deepEqual([said.status, said.body.code], [413, 'too_large']);
    assertTyped(said, 'too large');
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sent += 1;
        if (sent > 26 * 4) {
          controller.close();
        } else {
          controller.enqueue(new Uint8Array(MB / 4));
        }
      },
    });
    const headers = { authorization: `Bearer ${keys['a']}` };
    const request = { method: 'POST', body: endless, duplex: 'half', headers };
    const answer = await fetch(`${house.url}/workspaces/a/attachments?name=x`, request as RequestInit);
    assert.deepEqual([answer.status, ((await answer.json()) as Answer['body']).code], [413, 'too_large']);
    assert.deepEqual(inStore(), earlier);
    assert.equal((await kept(new Uint8Array(25 * MB)))['size'], 25 * MB, 'the bound itself is taken');
  });

  test('because its sender has gone leaves nothing', async () => {
    const earlier = inStore();
    const socket = connect(Number(new URL(house.url).port), '127.0.0.1');
    const head = [
      'POST /workspaces/a/attachments?name=x HTTP/1.1',
      'host: 127.0.0.1',
      `authorization: Bearer ${keys['a']}`,
      `content-length: ${3 * MB}`,
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    socket.write(new Uint8Array(2 * PART_BYTES_MAX + 100));
    await until('two parts are there', () => inStore().parts === earlier.parts + 2);
    socket.destroy();
    await until('nothing is left', () => inStore().parts === earlier.parts && inStore().files === earlier.files);
  });

  test('because it is sent in another form than its own is refused', async () => {
    const said = { raw: 'x', token: keys['a'], headers: { 'content-encoding': 'gzip' } };
    const answer = await house.call('POST', '/workspaces/a/attachments?name=x', said);
    assert.deepEqual([answer.status, answer.body.code], [415, 'unsupported_media_type']);
  });

  test('in time for its message is not counted on, and can be sent again', async () => {
    const short = await openHouse({ environment: { ERRAND_FILE_UNUSED_MS: '1' } });
    await short.seat('a');
    const { body } = await short.call('POST', '/workspaces/a/attachments?name=x', { raw: 'x' });
    const said = { message: 'x', attachments: [{ uri: body['uri'] }] };
    const late = await short.call('POST', '/workspaces/a/notify', { body: said });
    assert.deepEqual([late.status, late.body.code], [400, 'invalid_request']);
    assert.match(late.body.error, /too long ago/u);
    await short.close();
  });

  test('because its organisation has no room is refused, and others have theirs (E33)', async () => {
    const full = await openHouse({ environment: { ERRAND_FILE_BYTES_PER_ORG_MAX: '200000' } });
    await full.seat('a', { org: 'acme' });
    await full.seat('z', { org: 'zeta' });
    const send = async (to: string, size: number) =>
      full.call('POST', `/workspaces/${to}/attachments?name=x`, { raw: noise(size) });
    assert.equal((await send('a', 150_000)).status, 201);
    const refused = await send('a', 60_000);
    assert.deepEqual([refused.status, refused.body.code], [429, 'file_limit']);
    assertTyped(refused, 'no room');
    assert.equal((await send('z', 150_000)).status, 201);
    await full.close();
  });
});
