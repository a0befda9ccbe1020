/**
 * Text that is hard to keep comes back whole: NUL, U+FFFD, half surrogates, direction marks, all planes; with the hash
 * of its bytes, on every way in and out.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { openHouse, until, type House } from './support.ts';

const TEXTS: Record<string, string> = {
  'with NUL': 'a\u0000b\u0000\u0000c',
  'that begins with NUL': '\u0000after',
  'with U+FFFD': 'x\uFFFDy\uFFFD',
  'with a byte order mark': '\uFEFFx',
  'with controls, directions and tags': '\u0001\u001B[31m\u202Eabc\u2066\u{E0041}\u2028\u2029\u0085',
  'with emoji of many code points': '👩‍👩‍👧‍👦🇯🇵e\u0301'.repeat(50),
  'from all planes': '\u007F\u07FF\uFFFC\u{10000}\u{FFFFF}\u{10FFFF}',
  'of one character': ' ',
  'of lines': '\r\n\n\r\t  x  \n',
  'that looks like SQL': `'; DROP TABLE delegation; --`,
  'with half a surrogate pair': 'x\uD83Dy',
  'of 200,000 characters': 'é'.repeat(100_000),
};

let house: House;

before(async () => {
  house = await openHouse();
  const peer = await house.peer((arrival) => ({ do: 'answer', text: `>${arrival.text}<` }));
  await house.seat('lead');
  await house.seat('peer', { url: peer.url, capacity: 10 });
  await house.seat('puller', { pull: true, capacity: 100 });
});

after(async () => house.close());

function sha(text: string): string {
  return hash('sha256', text);
}

describe('a task and its result', () => {
  for (const [what, text] of Object.entries(TEXTS)) {
    test(`${what} come back whole, with their hash, or with U+FFFD for what has no bytes`, async () => {
      const kept = text.toWellFormed();
      const { delegation_id: id } = await house.delegate('lead', 'peer', { task: text, context: text });
      const ended = await house.ended('lead', id);
      assert.equal(ended['task'], kept);
      assert.equal(ended['context'], kept);
      const said = `>${kept}\nContext:\n${kept}<`;
      assert.equal(ended.result.text, said);
      assert.equal(ended.result.sha256, sha(said));
      assert.equal(ended.result.length, Buffer.byteLength(said));
      const path = `/workspaces/lead/delegations/${id}/result`;
      const plain = await house.call('GET', path, { headers: { accept: 'text/plain' } });
      assert.equal(plain.text, said);
      assert.equal(plain.headers.get('etag'), `"${sha(said)}"`);
      const again = await house.call('GET', path, { headers: { 'if-none-match': `"${sha(said)}"` } });
      assert.deepEqual([again.status, again.text], [304, '']);
    });

    test(`${what} comes back whole from an agent that fetches its work`, async () => {
      const { delegation_id: id } = await house.delegate('lead', 'puller', { task: text });
      const [assignment] = (await house.call('GET', '/workspaces/puller/assignments?max=1')).rows;
      assert.equal(assignment?.['task'], text.toWellFormed());
      const body = { epoch: assignment?.epoch, text };
      const done = await house.call('POST', `/workspaces/puller/assignments/${id}/complete`, { body });
      assert.deepEqual([done.status, done.body.status], [200, 'completed'], done.text);
      const { result } = (await house.call('GET', `/workspaces/lead/delegations/${id}`)).body;
      assert.deepEqual([result.text, result.sha256], [text.toWellFormed(), sha(text.toWellFormed())]);
      const row = (await house.call('GET', `/workspaces/lead/delegations?delegation_id=${id}`)).rows[0];
      assert.equal(row?.response_preview, text.toWellFormed().slice(0, row?.response_preview.length));
      assert.equal(row?.['response_truncated'], text.length > 16_000);
    });
  }

  test('in a range are cut between characters, and the ranges add up to the whole', async () => {
    const text = 'a👩‍👩‍👧‍👦\u0000é🇯🇵'.repeat(20);
    const { delegation_id: id } = await house.delegate('lead', 'peer', { task: text });
    await house.ended('lead', id);
    let whole = '';
    for (let offset = 0; ; offset += 7) {
      const path = `/workspaces/lead/delegations/${id}/result?offset=${offset}&limit=7`;
      const { body } = await house.call('GET', path);
      assert.ok(String(body['text']).isWellFormed());
      whole += String(body['text']);
      if (body['characters'] === 0) {
        break;
      }
    }
    assert.equal(whole, `>${text}<`);
  });

  test('is refused where it is too long, and says which bound', async () => {
    const answer = await house.call('POST', '/workspaces/lead/delegate', {
      body: { target_id: 'peer', task: '完'.repeat(90_000) },
    });
    assert.deepEqual([answer.status, answer.body.code], [413, 'too_large']);
    assert.match(answer.body.error, /task.*262144/u);
  });

  test('is never cut when it is larger than what is kept: it fails as result_too_large', async () => {
    const { delegation_id: id } = await house.delegate('lead', 'puller', {});
    const [assignment] = (await house.call('GET', '/workspaces/puller/assignments')).rows;
    const body = { epoch: assignment?.epoch, text: 'x'.repeat(8 * 1024 * 1024 + 1) };
    const done = await house.call('POST', `/workspaces/puller/assignments/${id}/complete`, { body });
    assert.equal(done.status, 200, done.text.slice(0, 200));
    const ended = await house.ended('lead', id);
    assert.deepEqual([ended.status, ended.reason], ['failed', 'result_too_large']);
  });
});

describe('other texts', () => {
  test('of a question, its answer, an error and a note survive too', async () => {
    const text = 'q\u0000\uFFFD\u202E👍';
    const { delegation_id: id } = await house.delegate('lead', 'puller', {});
    const work = `/workspaces/puller/assignments/${id}`;
    const [first] = (await house.call('GET', '/workspaces/puller/assignments')).rows;
    await house.call('POST', `${work}/ask`, { body: { epoch: first?.epoch, question: text } });
    const asked = await until('the question', async () =>
      (await house.call('GET', '/workspaces/lead/inbox')).rows.find(({ delegation_id }) => delegation_id === id),
    );
    assert.deepEqual([asked['kind'], asked['question']], ['asked', text]);
    await house.call('POST', `/workspaces/lead/delegations/${id}/answer`, { body: { text } });
    const [second] = (await house.call('GET', '/workspaces/puller/assignments')).rows;
    assert.equal(second?.['answer'], text);
    await house.call('POST', `${work}/fail`, { body: { epoch: second?.epoch, error: text } });
    assert.equal((await house.ended('lead', id)).error, text);
  });

  test('of names, labels, parts and reports come back as they were sent, or are refused', async () => {
    const odd = 'n\u0000\uFFFD👍';
    await house.seat('odd', { name: odd, role: odd, agent_card: { [odd]: odd } });
    const { body } = await house.call('GET', '/workspaces/odd');
    assert.deepEqual([body['name'], body['role'], body['agent_card']], [odd, odd, { [odd]: odd }]);
    const half = await house.call('POST', '/workspaces', { body: { name: 'x\uD800' } });
    assert.equal(half.status, 400, 'a name that has no bytes is refused');
    const parts = [{ kind: 'data', data: { [odd]: [odd, 1e300, null] } }];
    const labels = { [odd]: odd };
    const { delegation_id: id } = await house.delegate('lead', 'puller', { parts, labels, conversation_id: odd });
    const shown = (await house.call('GET', `/workspaces/lead/delegations/${id}`)).body;
    assert.deepEqual([shown['parts'], shown['labels'], shown['conversation_id']], [parts, labels, odd]);
    await house.call('POST', '/workspaces/lead/activity', { body: { activity_type: 'error', summary: odd } });
    const [event] = (await house.call('GET', '/workspaces/lead/activity?limit=1')).rows;
    assert.deepEqual(event?.['data'], { activity_type: 'error', summary: odd });
    assert.equal((await house.call('GET', '/workspaces/lead/audit?verify=1')).body['chain_valid'], true);
  });

  test('are found again by what they say', async () => {
    await house.delegate('lead', 'puller', { task: 'needle\u0000in the ÄÖÜ haystack' });
    for (const q of ['needle', 'NEEDLE', 'haystack']) {
      const { rows } = await house.call('GET', `/workspaces/lead/delegations?q=${encodeURIComponent(q)}`);
      assert.equal(rows.length, 1, q);
    }
  });
});
