/**
 * What went wrong in the original between two writes and in operation, as it would show at the HTTP surface: a drain
 * that overtakes the write of the row it ends (D-06), and the incidents that stopped or emptied everything (D-32).
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

/** A lead, and a target that works only once the gate is open. */
async function pair(name: string) {
  const { promise: opened, resolve } = Promise.withResolvers<undefined>();
  const peer = await house.peer(async () => {
    await opened;
    return { do: 'answer' };
  });
  const [lead, target] = [`${name}.lead`, `${name}.peer`];
  await house.seat(lead);
  await house.seat(target, { url: peer.url });
  return { peer, lead, target, open: () => resolve(undefined) };
}

async function rowsOf(lead: string): Promise<Fields[]> {
  return (await house.call('GET', `/workspaces/${lead}/delegations?limit=500`)).rows;
}

describe('D-06: a drain and the row that it ends', () => {
  test('the row is there whenever its callee looks, at once or out of the queue, and has the result', async () => {
    const seen: string[] = [];
    const peer = await house.peer(async ({ messageId }) => {
      const [row] = (await house.call('GET', `/workspaces/d06.lead/delegations?delegation_id=${messageId}`)).rows;
      seen.push(row?.status ?? 'there is no row');
      return { do: 'answer', text: `the result of ${messageId}` };
    });
    await house.seat('d06.lead');
    await house.seat('d06.peer', { url: peer.url, capacity: 2 });
    const sent = await Promise.all(Array.from({ length: 40 }, async () => house.delegate('d06.lead', 'd06.peer')));
    for (const { delegation_id: id } of sent) {
      const ended = await house.ended('d06.lead', id);
      assert.deepEqual([ended.status, ended.result.text], ['completed', `the result of ${id}`]);
      const types = (ended['events'] as { type: string }[]).map(({ type }) => type);
      assert.deepEqual([types[0], types.at(-1)], ['delegation.accepted', 'delegation.settled']);
    }
    assert.deepEqual(new Set(seen), new Set(['dispatched']));
    const told = (await house.call('GET', '/workspaces/d06.lead/inbox?limit=100')).rows;
    assert.deepEqual(
      told.map((notice) => notice.delegation_id).toSorted(),
      sent.map((one) => one.delegation_id).toSorted(),
    );
  });

  test('the work that overtakes its own record is one row, and the record finds the result', async () => {
    const peer = await house.peer({ do: 'answer', text: 'first' });
    await house.seat('d06b.lead');
    await house.seat('d06b.peer', { url: peer.url, capacity: 2 });
    const runtime = new OriginalRuntime(house.url, 'd06b.lead');
    const url = `${house.url}/workspaces/d06b.peer/a2a`;
    await runtime.message(url, 'd06-early', { attempt: 0, task: 'x' });
    await house.ended('d06b.lead', 'd06-early');
    assert.ok((await runtime.record('d06-early', 'd06b.peer', 'x')).status < 300);
    const ids = Array.from({ length: 20 }, (_, index) => `d06-race-${index}`);
    await Promise.all(
      ids.flatMap((id) => [runtime.message(url, id, { attempt: 0, task: 'x' }), runtime.record(id, 'd06b.peer', 'x')]),
    );
    for (const id of ['d06-early', ...ids]) {
      assert.deepEqual(await runtime.settled(id), { status: 'completed', result: 'first' });
      assert.equal(peer.ledger.arrivals(id), 1);
    }
    assert.equal((await rowsOf('d06b.lead')).length, ids.length + 1);
  });
});

const NONSENSE: readonly unknown[] = [
  { message: { role: 7, parts: [{ kind: 'text', text: 'x' }], messageId: 42 }, metadata: { parent_task_id: 7 } },
  { message: { parts: [{ kind: 'text', text: 'x' }], metadata: { delegation_id: { $ne: null } } } },
  { message: { parts: [{ kind: 'text', text: 'x' }, null, 3], metadata: [] }, metadata: 'none' },
  { message: { parts: [{ kind: 'data', data: { text: [] } }], contextId: 1, taskId: false } },
  { message: { parts: [{ kind: 'text', text: 9 }] } },
  { message: 'x' },
  null,
];

const ODD_RESULTS: readonly unknown[] = [
  { kind: 'task', id: 7, status: { state: 9 }, artifacts: [{ parts: [{ kind: 'text', text: 3 }] }] },
  { kind: 'message', parts: 'none', metadata: { delegation_id: 1 } },
  { artifacts: { parts: 1 }, status: 'queued', queue_id: 12 },
  { task: { id: null, status: null, history: 4 } },
  [[]],
];

describe('D-32: the incidents of the queue', () => {
  test('nonsense in the queue, or for an answer, stops nobody: all that was taken ends, and the rest goes on', async () => {
    const { lead, target, peer, open } = await pair('d32');
    const first = await house.delegate(lead, target);
    await until('the slot is taken', () => peer.ledger.arrivalsAll > 0);
    for (const [index, params] of NONSENSE.entries()) {
      const rpc = { jsonrpc: '2.0', id: index, method: 'message/send', params };
      const said = { body: rpc, headers: { 'X-Workspace-ID': lead } };
      const { status, text } = await house.call('POST', `/workspaces/${target}/a2a`, said);
      assert.ok(status < 500, `${JSON.stringify(params)}: ${status} ${text}`);
    }
    const last = await house.delegate(lead, target);
    const waiting = await rowsOf(lead);
    assert.ok(waiting.length > 2, 'some of the nonsense was taken');
    open();
    for (const { delegation_id: id } of [first, last, ...waiting]) {
      assert.equal((await house.ended(lead, id)).status, 'completed');
    }
    for (const [index, result] of ODD_RESULTS.entries()) {
      const odd = await house.peer(({ text }) => (text === 'odd' ? { do: 'result', result } : { do: 'answer' }));
      await house.seat(`d32.odd.${index}`, { url: odd.url });
      const { delegation_id: bad } = await house.delegate(lead, `d32.odd.${index}`, { task: 'odd' });
      const { delegation_id: good } = await house.delegate(lead, `d32.odd.${index}`);
      const ended = await house.ended(lead, bad);
      assert.ok(ended.status === 'completed' || ended.reason.length > 0, JSON.stringify(ended).slice(0, 300));
      assert.equal((await house.ended(lead, good)).status, 'completed', JSON.stringify(result));
    }
    assert.equal((await house.call('GET', '/ready')).status, 200);
  });

  test('what is no longer worth doing after an outage is not done, and says so; what still is, is', async (t) => {
    const data = mkdtempSync(join(tmpdir(), 'errand-d32-'));
    t.after(() => rmSync(data, { recursive: true, force: true }));
    const first = await openHouse({ data });
    await first.seat('lead');
    await first.seat('peer', { pull: true, capacity: 10 });
    const { delegation_id: stale } = await first.delegate('lead', 'peer', { valid_for_ms: 1 });
    const { delegation_id: fresh } = await first.delegate('lead', 'peer');
    await first.close();
    const second = await openHouse({ data });
    t.after(async () => second.close());
    const handed = (await second.call('GET', '/workspaces/peer/assignments?max=10')).rows;
    assert.deepEqual(
      handed.map((assignment) => assignment.delegation_id),
      [fresh],
    );
    const ended = await second.ended('lead', stale);
    assert.deepEqual([ended.status, ended.reason], ['failed', 'expired_in_queue']);
  });

  test('the number of a place in the queue is looked up, and cancelled, by itself', async () => {
    const { lead, target, peer, open } = await pair('d32-place');
    const first = await house.delegate(lead, target);
    await until('the slot is taken', () => peer.ledger.arrivalsAll > 0);
    const runtime = new OriginalRuntime(house.url, lead);
    const said = { attempt: 0, task: 'x' };
    const { status, body } = await runtime.message(`${house.url}/workspaces/${target}/a2a`, 'd32-queued', said);
    assert.equal(status, 202);
    const place = `/workspaces/${lead}/delegations/${String(body['queue_id'])}`;
    const found = await house.call('GET', place);
    assert.deepEqual([found.status, found.body.status, found.body['position']], [200, 'queued', 1]);
    assert.equal((await house.call('POST', `${place}/cancel`)).body.status, 'cancelled');
    open();
    await house.ended(lead, first.delegation_id);
    const { delegation_id: next } = await house.delegate(lead, target);
    await house.ended(lead, next);
    assert.equal(peer.ledger.arrivals(String(body['queue_id'])), 0, 'its place was passed over');
  });

  test('a platform as it comes, with keys and no switch thrown, has all of it in its one ledger', async (t) => {
    const plain = await openHouse({ open: false });
    t.after(async () => plain.close());
    const peer = await plain.peer({ do: 'answer', text: 'ok' });
    const { token } = await plain.seat('lead');
    await plain.seat('peer', { url: peer.url });
    const { body: receipt } = await plain.call('POST', '/workspaces/lead/delegate', {
      token,
      body: { target_id: 'peer', task: 'x' },
    });
    await plain.ended('lead', receipt.delegation_id);
    const message = { role: 'user', messageId: 'm', parts: [{ kind: 'text', text: 'y' }] };
    const rpc = { jsonrpc: '2.0', id: 1, method: 'message/send', params: { message } };
    const answered = await plain.call('POST', '/workspaces/peer/a2a', { token, body: rpc });
    assert.equal(answered.status, 200, answered.text);
    const { rows } = await plain.call('GET', '/workspaces/lead/delegations', { token });
    assert.deepEqual(
      rows.map(({ status, response_preview: result }) => [status, result]),
      [
        ['completed', 'ok'],
        ['completed', 'ok'],
      ],
    );
    const state = plain.state();
    assert.deepEqual([state.delegations, state.unexpected.includes('delegation.settled')], [2, true]);
  });
});
