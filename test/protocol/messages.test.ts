/**
 * The conversation between a person and an agent: what the agent says is kept, what the person writes is a task, and its
 * ending is the reply.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { assertTyped } from './route-table.ts';
import { openStream } from './sse-reader.ts';
import { openHouse, type Answer, type Fields, type House } from './support.ts';

let house: House;
let seats = 0;
const keys: Record<string, string> = {};

before(async () => {
  house = await openHouse({ open: false, environment: { ERRAND_FILE_BYTES_PER_CALL_MAX: '1000' } });
  for (const org of ['acme', 'zeta']) {
    const made = await house.call('POST', '/org/tokens', { body: { org } });
    keys[org] = String(made.body['auth_token']);
  }
  keys['z'] = (await house.seat('z', { org: 'zeta', pull: true })).token;
});

after(async () => house.close());

/** A workspace of its own for each test. */
async function agent(org = 'acme'): Promise<string> {
  seats += 1;
  const id = `agent-${seats}`;
  keys[id] = (await house.seat(id, { org, pull: true, capacity: 10 })).token;
  return id;
}

async function notify(id: string, body: object): Promise<Answer> {
  return house.call('POST', `/workspaces/${id}/notify`, { token: keys[id], body });
}

async function write(id: string, body: object, as = 'acme', headers: Record<string, string> = {}): Promise<Answer> {
  return house.call('POST', `/workspaces/${id}/messages`, { token: keys[as], body, headers });
}

async function read(id: string, query = '', as = 'acme'): Promise<Answer> {
  const answer = await house.call('GET', `/workspaces/${id}/messages${query}`, { token: keys[as] });
  assert.equal(answer.status, 200, answer.text);
  return answer;
}

async function assigned(id: string): Promise<Fields> {
  const [assignment] = (await house.call('GET', `/workspaces/${id}/assignments?wait=5`, { token: keys[id] })).rows;
  assert.ok(assignment !== undefined);
  return assignment;
}

async function work(id: string, verb: string, { delegation_id: did, epoch }: Fields, more: object): Promise<void> {
  const path = `/workspaces/${id}/assignments/${did}/${verb}`;
  const { status, text } = await house.call('POST', path, { token: keys[id], body: { epoch, ...more } });
  assert.equal(status, 200, text);
}

async function uploaded(id: string, bytes = 'bytes', name = 'notes.txt'): Promise<Fields & { uri: string }> {
  const { status, body, text } = await house.call('POST', `/workspaces/${id}/attachments?name=${name}`, {
    ...{ token: keys[id], raw: bytes },
    headers: { 'content-type': 'image/png' },
  });
  assert.equal(status, 201, text);
  return body as Fields & { uri: string };
}

describe('what an agent says', () => {
  test('is kept, newest first, and as it was said', async () => {
    const id = await agent();
    const texts = ['first', 'second\u0000 漢字 🏳️‍🌈'];
    for (const message of texts) {
      const { status, body } = await notify(id, { message });
      assert.deepEqual([status, body.status], [200, 'sent']);
      assert.match(String(body['message_id']), /^msg_\w{31}$/u);
    }
    const { rows } = await read(id);
    assert.deepEqual(
      rows.map(({ from, text, attachments }) => ({ from, text, attachments })),
      texts.toReversed().map((text) => ({ from: 'agent', text, attachments: [] })),
    );
    assert.ok(!('delegation_id' in rows[0]!));
  });

  test('is taken as the original runtime says it, its report of an ending included', async () => {
    const id = await agent();
    const report = { type: 'delegation_complete', task_id: 't', delegation_id: 'd', status: 'completed' };
    const told = await notify(id, report);
    assert.deepEqual([told.status, told.body], [200, { status: 'sent' }]);
    assert.deepEqual((await read(id)).rows, []);
    const empty = await notify(id, {});
    assert.deepEqual([empty.status, empty.body.error], [400, 'message is required']);
    const nameless = await notify(id, { message: 'x', attachments: [{ uri: 'https://example.org/x' }] });
    assert.deepEqual([nameless.status, nameless.body.code], [400, 'invalid_request']);
    assert.match(nameless.body.error, /uri and name are required/u);
  });

  test('comes on the stream as message.sent, with how it begins and not with all of it', async () => {
    const id = await agent();
    const said = { token: keys['acme'] ?? '', after: 0 };
    const stream = await openStream(house, `/workspaces/${id}/events/stream`, said);
    const message = '👋🏽é'.repeat(40_000);
    const { body } = await notify(id, { message });
    const frames = await stream.take((all) => all.some(({ data }) => data['type'] === 'message.sent'));
    stream.close();
    const frame = frames.find(({ data }) => data['type'] === 'message.sent');
    const { excerpt, ...rest } = (frame?.data['data'] ?? {}) as Fields;
    assert.deepEqual(rest, {
      ...{ message_id: body['message_id'], from: 'agent', attachments: [] },
      ...{ length: Buffer.byteLength(message), sha256: hash('sha256', message) },
    });
    assert.ok(String(excerpt).isWellFormed() && message.startsWith(String(excerpt)));
    assert.equal([...String(excerpt)].length, 500);
    assert.ok(JSON.stringify(frame).length < 5000);
  });
});

describe('what a person writes', () => {
  test('is a task for the workspace, and its ending is the reply', async () => {
    const id = await agent();
    const { status, body } = await write(id, { text: 'Draw a map.', conversation_id: 'talk' });
    assert.equal(status, 202);
    assert.deepEqual([body.target_id, body['source_id']], [id, 'operator.acme']);
    const [waiting] = (await read(id)).rows;
    assert.deepEqual(
      [waiting?.id, waiting?.['from'], waiting?.['text'], waiting?.delegation_id, waiting?.['reply']],
      [body['message_id'], 'person', 'Draw a map.', body.delegation_id, undefined],
    );
    const assignment = await assigned(id);
    assert.deepEqual(
      [assignment.delegation_id, assignment['task'], assignment['conversation_id']],
      [body.delegation_id, 'Draw a map.', 'talk'],
    );
    await work(id, 'complete', assignment, { text: 'Here it is. 漢' });
    const [answered] = (await read(id)).rows;
    assert.equal(answered?.status, 'completed');
    const text = 'Here it is. 漢';
    const reply = { text, truncated: false, length: Buffer.byteLength(text), sha256: hash('sha256', text) };
    assert.deepEqual(answered['reply'], reply);
  });

  test('that ends badly, or leads to a question, says so; the question is answered as any other', async () => {
    const id = await agent();
    const asked = (await write(id, { text: 'Which?' })).body.delegation_id;
    await work(id, 'ask', await assigned(id), { question: 'Red or blue?' });
    const [question] = (await read(id)).rows;
    assert.deepEqual([question?.status, question?.['question']], ['input_required', 'Red or blue?']);
    const path = `/workspaces/operator.acme/delegations/${asked}/answer`;
    assert.equal((await house.call('POST', path, { token: keys['acme'], body: { text: 'Red.' } })).status, 200);
    await work(id, 'fail', await assigned(id), { error: 'no paint' });
    const [failed] = (await read(id)).rows;
    assert.deepEqual([failed?.status, failed?.reason, failed?.error], ['failed', 'callee_failed', 'no paint']);
  });

  test('twice with one key is one message and one task, and another text with it is a conflict', async () => {
    const id = await agent();
    const headers = { 'idempotency-key': 'once' };
    const first = await write(id, { text: 'once' }, 'acme', headers);
    const again = await write(id, { text: 'once' }, 'acme', headers);
    assert.deepEqual([first.status, again.status, again.body['idempotent_hit']], [202, 200, true]);
    assert.deepEqual(
      [again.body.delegation_id, again.body['message_id']],
      [first.body.delegation_id, first.body['message_id']],
    );
    const other = await write(id, { text: 'twice', idempotency_key: 'once' });
    assert.deepEqual([other.status, other.body.code], [409, 'idempotency_conflict']);
    assert.equal((await read(id)).rows.length, 1);
  });

  test('is written by persons only: an agent, and its attempt, are told where to speak', async () => {
    const [id, other] = [await agent(), await agent()];
    for (const [as, status] of Object.entries({ acme: 202, [id]: 403, [other]: 403, zeta: 404, z: 404 })) {
      const answer = await write(id, { text: 'hello' }, as);
      assert.equal(answer.status, status, as);
      if (status !== 202) {
        assertTyped(answer, as);
      }
    }
    assert.match((await write(id, { text: 'x' }, id)).body.error, /notify/u);
    keys['attempt'] = (await assigned(id)).attempt_token;
    assert.equal((await write(id, { text: 'x' }, 'attempt')).status, 403);
    const byOperator = await house.call('POST', `/workspaces/${id}/messages`, { body: { text: 'from above' } });
    assert.deepEqual([byOperator.status, byOperator.body['source_id']], [202, 'operator.acme']);
    assert.equal((await house.call('POST', '/workspaces/operator/messages', { body: { text: 'x' } })).status, 400);
  });

  test('needs no key where there are none', async () => {
    const open = await openHouse();
    await open.seat('a', { pull: true });
    const { status, body } = await open.call('POST', '/workspaces/a/messages', { body: { text: 'x' } });
    assert.deepEqual([status, body['source_id']], [202, 'operator']);
    await open.close();
  });
});

describe('what is attached to a message', () => {
  test('is what was uploaded, whatever its sender says of it, and a task has it as a file', async () => {
    const id = await agent();
    const { uri, ...file } = await uploaded(id);
    const lies = { uri, name: 'lie.exe', mimeType: 'image/png', size: 1 };
    const { attachment, path } = { attachment: { uri, ...file }, path: new URL(uri).pathname };
    assert.equal((await notify(id, { message: 'look', attachments: [lies, { uri: path }] })).status, 200);
    assert.deepEqual((await read(id)).rows[0]?.['attachments'], [attachment, attachment]);
    const written = await write(id, { text: 'and you?', attachments: [lies] });
    assert.deepEqual(written.body['attachments'], [attachment]);
    const { parts, attempt_token: attempt } = await assigned(id);
    assert.deepEqual(parts, [{ kind: 'file', name: 'notes.txt', mimeType: 'text/plain', uri }]);
    const got = await house.call('GET', path, { token: attempt });
    assert.deepEqual([got.status, got.text], [200, 'bytes'], 'with no more than the token of its attempt');
  });

  test('from elsewhere is kept as it was said, and marked', async () => {
    const id = await agent();
    const external = { uri: 'https://example.org/a.pdf', name: '../a.pdf', mimeType: 'application/pdf', size: 9 };
    assert.equal((await notify(id, { message: 'look', attachments: [external] })).status, 200);
    const expected = { ...external, name: 'a.pdf', external: true };
    assert.deepEqual((await read(id)).rows[0]?.['attachments'], [expected]);
  });

  test('has to be there, and to belong there', async () => {
    const [id, other] = [await agent(), await agent()];
    const theirs = await uploaded(other);
    const foreign = await uploaded('z');
    const wrong = [
      ...[theirs.uri, foreign.uri, `${house.url}/workspaces/${id}/attachments/${theirs.id}`],
      ...[`${house.url}/workspaces/${id}/attachments/fil_none`, `${house.url}/`, '/', '/etc/passwd'],
      ...['javascript:alert(1)', 'file:///etc/passwd', 'data:text/html,x', 'nothing', '//x.org/a'],
    ];
    for (const uri of wrong) {
      for (const answer of [
        await notify(id, { message: 'x', attachments: [{ uri, name: 'x' }] }),
        await write(id, { text: 'x', attachments: [{ uri, name: 'x' }] }),
      ]) {
        assert.deepEqual([answer.status, answer.body.code], [400, 'invalid_request'], uri);
        assert.match(answer.body.error, /^attachments\.0/u);
      }
    }
    assert.deepEqual((await read(id)).rows, []);
  });

  test('may be named as the agents of the original name their own files', async () => {
    const id = await agent();
    const attachments = [{ uri: 'workspace:/report.md', name: 'report.md' }];
    assert.equal((await notify(id, { message: 'x', attachments })).status, 200);
    const [message] = (await read(id)).rows;
    assert.deepEqual(message?.['attachments'], [{ ...attachments[0], external: true }]);
  });

  test('is bounded for one call, and the same file counts once', async () => {
    const id = await agent();
    const [one, two] = [await uploaded(id, 'x'.repeat(600)), await uploaded(id, 'y'.repeat(600))];
    const both = await notify(id, { message: 'x', attachments: [{ uri: one.uri }, { uri: two.uri }] });
    assert.deepEqual([both.status, both.body.code], [413, 'too_large']);
    assert.equal((await notify(id, { message: 'x', attachments: [{ uri: one.uri }, { uri: one.uri }] })).status, 200);
  });
});

describe('the conversation', () => {
  test('comes in pages that say where the next one is', async () => {
    const id = await agent();
    for (let index = 0; index < 5; index += 1) {
      await notify(id, { message: `m${index}` });
    }
    const seen: unknown[] = [];
    let path: string | undefined = `/workspaces/${id}/messages?limit=2`;
    while (path !== undefined) {
      const { rows, headers } = await house.call('GET', path, { token: keys[id] });
      seen.push(...rows.map(({ text }) => text));
      const next = /^<(?<url>[^>]+)>; rel="next"$/u.exec(headers.get('link') ?? '')?.groups?.['url'];
      path = next?.slice(house.url.length);
    }
    assert.deepEqual(seen, ['m4', 'm3', 'm2', 'm1', 'm0']);
  });

  test('ends a page before it is too much, and goes on behind it', async () => {
    const id = await agent();
    for (let index = 0; index < 5; index += 1) {
      await notify(id, { message: `${index}`.repeat(250_000) });
    }
    const first = await read(id);
    assert.equal(first.rows.length, 4);
    const url = /<(?<url>[^>]+)>/u.exec(first.headers.get('link') ?? '')?.groups?.['url'] ?? '';
    const rest = await house.call('GET', url.slice(house.url.length), { token: keys[id] });
    assert.deepEqual([rest.rows.length, rest.headers.get('link')], [1, null]);
  });

  test('is awaited until anything in it is another, and not when nothing is', async () => {
    const id = await agent();
    await write(id, { text: 'go' });
    const assignment = await assigned(id);
    const since = async () => ((await read(id)).headers.get('etag') ?? '').replaceAll('"', '');
    const ending = read(id, `?wait=30&since=${await since()}`);
    await work(id, 'complete', assignment, { text: 'gone' });
    assert.equal((await ending).rows[0]?.status, 'completed');
    const saying = read(id, `?wait=30&since=${await since()}`);
    await notify(id, { message: 'and more' });
    assert.equal((await saying).rows[0]?.['text'], 'and more');
    assert.equal((await read(id, `?wait=30&since=what-was-seen-long-ago`)).rows.length, 2);
    assert.equal((await read(id, `?wait=1&since=${await since()}`)).rows.length, 2);
  });

  test('is seen by its workspace and its organisation, and by nobody else', async () => {
    const [id, other] = [await agent(), await agent()];
    await notify(id, { message: 'between us' });
    for (const [as, status] of Object.entries({ [id]: 200, acme: 200, [other]: 403, zeta: 404, z: 404 })) {
      const answer = await house.call('GET', `/workspaces/${id}/messages`, { token: keys[as] });
      assert.equal(answer.status, status, as);
      assert.equal(answer.text.includes('between us'), status === 200, as);
    }
  });
});
