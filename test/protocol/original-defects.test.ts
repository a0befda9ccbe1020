/**
 * What was broken in the original and shows at the HTTP surface, one test for each defect, named after it.
 *
 * D-12 to D-14 are shown as far as the platform has a part in them. Those of its incidents (D-06, D-32) and of what it
 * did not outlast (D-09, D-16, D-25, D-30) are in the files beside this one.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { OriginalRuntime } from './original-runtime.ts';
import { openHouse, until, type Fields, type House } from './support.ts';

let house: House;

before(async () => {
  house = await openHouse();
});

after(async () => house.close());

/** A caller with the original runtime, and a callee of its own. */
async function pair(name: string, behave: Parameters<House['peer']>[0], more: Record<string, unknown> = {}) {
  const peer = await house.peer(behave);
  const [lead, target] = [`${name}.lead`, `${name}.peer`];
  await house.seat(lead);
  await house.seat(target, { url: peer.url, ...more });
  return { peer, lead, target, runtime: new OriginalRuntime(house.url, lead) };
}

function gate(text = 'done') {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const behave = async () => {
    await opened;
    return { do: 'answer' as const, text };
  };
  return { open, behave };
}

async function rowsOf(lead: string, query = ''): Promise<Fields[]> {
  return (await house.call('GET', `/workspaces/${lead}/delegations${query}`)).rows;
}

function wholeOf(lead: string, id: string, query = '') {
  return house.call('GET', `/workspaces/${lead}/delegations/${id}${query}`);
}

describe('no result and no work is lost', () => {
  test('D-01: a peer that answers busy again and again keeps its place in the queue and is delivered to', async () => {
    const busy = { do: 'busy', how: '202' } as const;
    const { lead, target, peer } = await pair('d01', ({ times }) => (times <= 3 ? busy : { do: 'answer' }));
    const { delegation_id: id } = await house.delegate(lead, target);
    const ended = await house.ended(lead, id);
    assert.equal(ended.status, 'completed');
    assert.equal(peer.ledger.arrivals(id), 4, 'the same message each time');
  });

  test('D-02: a result of any characters is kept, and no cut of it falls inside one', async () => {
    const text = '绻👩‍👩‍👧‍👦é'.repeat(3000);
    const { lead, target } = await pair('d02', { do: 'answer', text });
    const { delegation_id: id } = await house.delegate(lead, target, { task: text });
    assert.equal((await house.ended(lead, id)).result.text, text);
    const [row] = await rowsOf(lead);
    const preview = row?.response_preview ?? '';
    assert.ok(preview.length > 15_900 && preview.isWellFormed() && text.startsWith(preview));
    assert.match(preview, /(?:é|绻|👦)$/u, 'it ends with a whole character');
    assert.ok(String(row?.['summary']).isWellFormed() && row?.['response_truncated'] === true);
  });

  test('D-03: the whole result is one call away, and the preview says that it is one', async () => {
    const text = 'x'.repeat(16_001);
    const { lead, target, runtime } = await pair('d03', { do: 'answer', text });
    const { delegation_id: id } = await house.delegate(lead, target);
    await house.ended(lead, id);
    const [row] = await rowsOf(lead);
    assert.deepEqual([row?.response_preview.length, row?.['response_truncated']], [16_000, true]);
    assert.equal((await wholeOf(lead, id)).body.result.length, 16_001);
    await runtime.update(id, 'completed', '', 'a preview of mine');
    assert.equal((await wholeOf(lead, id)).body.result.text, text, 'no preview ever becomes the result');
  });

  test('D-04, D-15, D-15b: whatever was delegated on whatever way is in the one list, and in its row', async () => {
    const { lead, target, runtime } = await pair('d04', { do: 'answer', text: 'ok' }, { capacity: 10 });
    const { delegation_id: id } = await house.delegate(lead, target);
    await runtime.record('d04-recorded', target, 'x');
    const sent = runtime.delegate(target, 'x');
    await sent.background;
    await house.ended(lead, id);
    const rows = await rowsOf(lead);
    assert.deepEqual(new Set(rows.map((row) => row.delegation_id)), new Set([id, 'd04-recorded', sent.id]));
    for (let index = 0; index < 120; index += 1) {
      await runtime.record(`d04-${index}`, target, 'x');
    }
    assert.equal((await wholeOf(lead, id)).body.result.text, 'ok', 'nothing is forgotten for the number of others');
  });

  test('D-05: a delegation that the runtime saw queued resolves, and its report of it is taken', async () => {
    const held = gate('at last');
    const { runtime, target, peer } = await pair('d05', held.behave);
    const first = runtime.delegate(target, 'x');
    await until('the slot is taken', () => peer.ledger.arrivalsAll > 0);
    const second = runtime.delegate(target, 'y');
    assert.equal((await second.background).status, 'queued');
    assert.equal(runtime.said('update')[0]?.status, 200);
    held.open();
    await first.background;
    assert.deepEqual(await runtime.settled(second.id), { status: 'completed', result: 'at last' });
  });

  test('D-07: what waits too long ends, says why, and gives its key back', async () => {
    const { lead, target } = await pair('d07', { do: 'answer' });
    await house.call('POST', `/workspaces/${target}/pause`);
    const { delegation_id: id } = await house.delegate(lead, target, { valid_for_ms: 30, idempotency_key: 'd07' });
    const ended = await house.ended(lead, id);
    assert.deepEqual([ended.status, ended.reason, ended.error.length > 0], ['failed', 'expired_in_queue', true]);
    const again = await house.call('POST', `/workspaces/${lead}/delegations/${id}/retry`);
    assert.equal(again.status, 202);
  });

  test('D-08: a platform that is started again has everything, and goes on with it', async () => {
    const data = mkdtempSync(join(tmpdir(), 'errand-d08-'));
    const first = await openHouse({ data });
    await first.seat('lead');
    await first.seat('peer', { pull: true });
    const { delegation_id: id } = await first.delegate('lead', 'peer', { idempotency_key: 'k' });
    await first.close();
    const second = await openHouse({ data });
    assert.equal((await second.delegate('lead', 'peer', { idempotency_key: 'k' })).delegation_id, id);
    const [assignment] = (await second.call('GET', '/workspaces/peer/assignments')).rows;
    const body = { epoch: assignment?.epoch, text: 'survived' };
    await second.call('POST', `/workspaces/peer/assignments/${id}/complete`, { body });
    assert.equal((await second.ended('lead', id)).result.text, 'survived');
    await second.close();
    rmSync(data, { recursive: true, force: true });
  });

  test('D-10, D-13: a failure is a row like any other: with its id, its reason and its words', async () => {
    const { lead, target, runtime } = await pair('d10', { do: 'error', code: 1, message: 'out of paper' });
    const { delegation_id: id } = await house.delegate(lead, target);
    await house.ended(lead, id);
    await runtime.record('d10-own', target, 'x');
    await runtime.update('d10-own', 'failed', 'I gave up', '');
    const rows = await rowsOf(lead);
    assert.deepEqual(
      rows.map((row) => [row.delegation_id, row.status, row.reason, row.target_id]),
      [
        ['d10-own', 'failed', 'callee_failed', target],
        [id, 'failed', 'callee_failed', target],
      ],
    );
    assert.deepEqual(
      rows.map(({ error }) => /I gave up|out of paper/u.test(error)),
      [true, true],
    );
  });

  test('D-11, D-12: the ending waits in the inbox until it is acknowledged, and the notify of the runtime is taken', async () => {
    const { lead, target, runtime } = await pair('d11', { do: 'answer', text: 'ok' });
    const entry = runtime.delegate(target, 'x');
    await entry.background;
    assert.deepEqual(
      runtime.said('notify').map(({ status }) => status),
      [200],
    );
    const [notice] = (await house.call('GET', `/workspaces/${lead}/inbox?wait=5`)).rows;
    assert.deepEqual([notice?.delegation_id, notice?.status, notice?.result.text], [entry.id, 'completed', 'ok']);
    const body = { ids: [notice?.id] };
    const acknowledged = await house.call('POST', `/workspaces/${lead}/inbox/ack`, { body });
    assert.equal(acknowledged.body['acknowledged'], 1);
  });

  test('D-14: the same text without a key is two delegations, with a key one, with another body a conflict', async () => {
    const { lead, target } = await pair('d14', { do: 'answer' }, { capacity: 5 });
    const ids = [await house.delegate(lead, target), await house.delegate(lead, target)];
    assert.notEqual(ids[0]?.delegation_id, ids[1]?.delegation_id);
    const keyed = async (task: string) =>
      house.call('POST', `/workspaces/${lead}/delegate`, { body: { target_id: target, task, idempotency_key: 'k' } });
    assert.deepEqual(
      [(await keyed('a')).status, (await keyed('a')).status, (await keyed('b')).status],
      [202, 200, 409],
    );
  });

  for (const [title, body] of Object.entries({
    'null as its result': '{"jsonrpc":"2.0","result":null}',
    'a text as its error': '{"jsonrpc":"2.0","error":"tired"}',
    'a text part without a text': '{"jsonrpc":"2.0","result":{"kind":"message","parts":[{"kind":"text"}]}}',
    'neither result nor error': '{"jsonrpc":"2.0"}',
    'a list': '[]',
  })) {
    test(`D-15c: a peer that answers with ${title} brings it to one named ending, and is asked once`, async () => {
      const name = `d15c-${title.replaceAll(/\W/gu, '')}`;
      const { lead, target, peer } = await pair(name, { do: 'reply', status: 200, body });
      const { delegation_id: id } = await house.delegate(lead, target);
      const ended = await house.ended(lead, id);
      assert.ok(ended.status === 'completed' || ended.reason.length > 0, JSON.stringify(ended).slice(0, 300));
      assert.equal(peer.ledger.arrivals(id), 1);
    });
  }

  test('D-17: a request that is too large is 413 and names the bound, and a large result is whole or too large', async () => {
    const { lead, target } = await pair('d17', { do: 'answer', text: 'y'.repeat(2 * 1024 * 1024) });
    const body = { target_id: target, task: 'x'.repeat(256 * 1024 + 1) };
    const refused = await house.call('POST', `/workspaces/${lead}/delegate`, { body });
    assert.equal(refused.status, 413);
    assert.match(refused.body.error, /262144/u);
    const { delegation_id: id } = await house.delegate(lead, target);
    await house.ended(lead, id);
    const plain = await house.call('GET', `/workspaces/${lead}/delegations/${id}/result`);
    assert.equal(String(plain.body['text']).length, 2 * 1024 * 1024);
  });
});

describe('nothing runs twice, waits without end, or takes more than there is', () => {
  test('D-18, D-19: an answer that was lost is asked for again under the same message id, and done once', async () => {
    const lost = { do: 'drop', when: 'after' } as const;
    const { lead, target, peer } = await pair('d18', ({ times }) => (times === 1 ? lost : { do: 'answer' }));
    const { delegation_id: id } = await house.delegate(lead, target);
    assert.equal((await house.ended(lead, id)).status, 'completed');
    assert.deepEqual(
      peer.ledger.executions.map(({ messageId, runs }) => [messageId, runs]),
      [[id, 1]],
    );
  });

  test('D-19: with at_most_once it is never sent again, and the ending says that the outcome is unknown', async () => {
    const { lead, target, peer } = await pair('d19', { do: 'drop', when: 'after' });
    const { delegation_id: id } = await house.delegate(lead, target, { delivery: 'at_most_once' });
    const ended = await house.ended(lead, id);
    assert.deepEqual([ended.reason, peer.ledger.arrivals(id)], ['outcome_unknown', 1]);
  });

  test('D-20, D-23: a busy callee answers 202 within milliseconds, whatever it says of itself', async () => {
    const held = gate();
    const { runtime, target, peer } = await pair('d20', held.behave);
    const callee = new OriginalRuntime(house.url, target);
    const first = runtime.delegate(target, 'x');
    await until('the slot is taken', () => peer.ledger.arrivalsAll > 0);
    const took: number[] = [];
    for (let index = 0; index < 10; index += 1) {
      await callee.heartbeat({ active_tasks: 0, current_task: 'idle, it says' });
      await runtime.record(`d20-${index}`, target, 'y');
      const beganAt = performance.now();
      const answer = await runtime.message(`${house.url}/workspaces/${target}/a2a`, `d20-${index}`, {
        attempt: 0,
        task: 'y',
      });
      took.push(performance.now() - beganAt);
      assert.deepEqual([answer.status, answer.body['queued'], answer.body['position']], [202, true, index + 1]);
      assert.equal(answer.body['queue_id'], `d20-${index}`);
      assert.match(String(answer.body['next_action']), /do not do it yourself/u);
    }
    assert.ok(took.toSorted((a, b) => a - b)[5]! < 100, `${took.map(Math.round).join(' ')} ms`);
    held.open();
    await first.background;
  });

  test('D-21, D-31: a deadline bounds a callee that works without end, and progress does not lift it', async () => {
    const { lead, target } = await pair('d21', { do: 'task', steps: [{ state: 'working' }], stepMs: 10 });
    const { delegation_id: id } = await house.delegate(lead, target, { deadline_ms: 200 });
    const ended = await house.ended(lead, id);
    assert.deepEqual([ended.status, ended.reason], ['failed', 'deadline_exceeded']);
  });

  test('D-22, D-26: never more than its capacity runs at a callee, and as much as that does', async () => {
    const { lead, target, peer } = await pair('d22', { do: 'answer', afterMs: 20 }, { capacity: 3 });
    const ids = await Promise.all(Array.from({ length: 20 }, async () => house.delegate(lead, target)));
    await Promise.all(ids.map(async ({ delegation_id: id }) => house.ended(lead, id)));
    assert.equal(peer.ledger.peak, 3);
  });

  test('D-24: a peer that is busy with 503 or 429 is waited for, and it costs no attempt', async () => {
    for (const how of ['503', '429'] as const) {
      const busy = { do: 'busy', how, retryAfter: 0 } as const;
      const { lead, target } = await pair(`d24-${how}`, ({ times }) => (times <= 8 ? busy : { do: 'answer' }));
      const { delegation_id: id } = await house.delegate(lead, target);
      assert.equal((await house.ended(lead, id)).status, 'completed', how);
    }
  });

  test('D-27: two that delegate to each other both come to their ending', async () => {
    await house.seat('d27.a', { pull: true });
    await house.seat('d27.b', { pull: true });
    const there = await house.delegate('d27.a', 'd27.b');
    const [one] = (await house.call('GET', '/workspaces/d27.b/assignments')).rows;
    const body = { target_id: 'd27.a', task: 'x' };
    const back = await house.call('POST', '/workspaces/d27.b/delegate', { token: one?.attempt_token, body });
    assert.deepEqual([back.status, back.body.code], [403, 'cycle']);
    const own = await house.call('POST', '/workspaces/d27.a/delegate', { body });
    assert.deepEqual([own.status, own.body.error], [400, 'self-delegation not permitted']);
    const path = `/workspaces/d27.b/assignments/${there.delegation_id}/complete`;
    assert.equal((await house.call('POST', path, { body: { epoch: one?.epoch, text: 'x' } })).status, 200);
  });

  test('D-28: what waits says to wait, and never to do the work oneself', async () => {
    const { lead, target } = await pair('d28', { do: 'answer' });
    await house.call('POST', `/workspaces/${target}/pause`);
    const receipt = await house.delegate(lead, target);
    const shown = (await wholeOf(lead, receipt.delegation_id)).body;
    const [row] = await rowsOf(lead);
    for (const said of [receipt, shown, row]) {
      assert.match(String(said?.['next_action']), /^wait; do not delegate it again; do not do it yourself/u);
    }
  });

  for (const parts of ['kind', 'type', 'member'] as const) {
    test(`D-29: all parts of an answer are read, marked by ${parts}`, async () => {
      const { lead, target } = await pair(`d29-${parts}`, { do: 'artifacts', texts: ['one', 'two', 'three'], parts });
      const { delegation_id: id } = await house.delegate(lead, target);
      assert.equal((await house.ended(lead, id)).result.text, 'one\ntwo\nthree');
    });
  }

  test('D-33: there is cancel, retry, priority, deadline, batch, filter and cursor, and one row each', async () => {
    const { lead, target } = await pair('d33', { do: 'answer', text: 'ok' }, { capacity: 4 });
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      ids.push((await house.delegate(lead, target, { task: `number ${index}` })).delegation_id);
    }
    await Promise.all(ids.map(async (id) => house.ended(lead, id)));
    const seen: string[] = [];
    let path: string | undefined = `/workspaces/${lead}/delegations?limit=2&status=completed`;
    while (path !== undefined) {
      const page = await house.call('GET', path);
      seen.push(...page.rows.map((row) => row.delegation_id));
      const next = /<([^>]+)>; rel="next"/u.exec(page.headers.get('link') ?? '')?.[1];
      path = next === undefined ? undefined : next.slice(house.url.length);
    }
    assert.deepEqual(seen, ids.toReversed());
    assert.equal((await rowsOf(lead, '?q=number%203')).length, 1);
    assert.equal((await rowsOf(lead, '?status=failed')).length, 0);
    assert.equal((await rowsOf(lead, `?target_id=${target}`)).length, 5);
    assert.equal((await rowsOf(target, '?direction=in')).length, 5);
    assert.equal((await rowsOf(lead, '?since=2100-01-01T00:00:00Z')).length, 0);
  });
});
