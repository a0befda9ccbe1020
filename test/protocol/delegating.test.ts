/**
 * Delegating over HTTP, with keys: keys of idempotency, bounds, times, priorities, batches, retries and cancels.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openHouse, until, type Fields, type House } from './support.ts';

let house: House;
let seats = 0;

before(async () => {
  house = await openHouse({
    open: false,
    environment: { ERRAND_QUEUE_PER_CALLEE_MAX: '3', ERRAND_CANCEL_GRACE_MS: '300' },
  });
});

after(async () => house.close());

interface Pair {
  lead: string;
  peer: string;
  token: string;
  peerToken: string;
}

/** A caller with its key, and a callee that fetches its work. */
async function pair(more: Record<string, unknown> = {}): Promise<Pair> {
  seats += 1;
  const [lead, peer] = [`lead-${seats}`, `peer-${seats}`];
  return {
    lead,
    peer,
    token: (await house.seat(lead)).token,
    peerToken: (await house.seat(peer, { pull: true, ...more })).token,
  };
}

async function delegate({ lead, peer, token }: Pair, more: object = {}, headers: Record<string, string> = {}) {
  const body = { target_id: peer, task: 'do it', ...more };
  return house.call('POST', `/workspaces/${lead}/delegate`, { token, body, headers });
}

async function fetchNext({ peer, peerToken }: Pair, query = ''): Promise<Fields[]> {
  return (await house.call('GET', `/workspaces/${peer}/assignments?max=10${query}`, { token: peerToken })).rows;
}

async function finish(parties: Pair, assignment: Fields | undefined, how: 'complete' | 'fail' = 'complete') {
  const path = `/workspaces/${parties.peer}/assignments/${assignment?.delegation_id}/${how}`;
  const body = { epoch: assignment?.epoch, ...(how === 'complete' ? { text: 'done' } : { error: 'broken' }) };
  return house.call('POST', path, { token: parties.peerToken, body });
}

async function read({ lead, token }: Pair, id: string, query = ''): Promise<Fields> {
  return (await house.call('GET', `/workspaces/${lead}/delegations/${id}${query}`, { token })).body;
}

describe('a key of idempotency', () => {
  test('finds the same delegation while it waits, while it runs, and after it ended or failed', async () => {
    for (const how of ['complete', 'fail'] as const) {
      const parties = await pair();
      const first = await delegate(parties, { idempotency_key: 'k' });
      assert.deepEqual([first.status, first.body.status], [202, 'delegated']);
      const again = async () => {
        const { status, body } = await delegate(parties, {}, { 'idempotency-key': 'k' });
        assert.deepEqual([status, body.delegation_id, body['idempotent_hit']], [200, first.body.delegation_id, true]);
        return body.status;
      };
      assert.equal(await again(), 'queued');
      const [assignment] = await fetchNext(parties);
      assert.equal(await again(), 'dispatched');
      await finish(parties, assignment, how);
      assert.equal(await again(), how === 'complete' ? 'completed' : 'failed');
    }
  });

  test('with another body is a conflict, for one task and for a batch', async () => {
    const parties = await pair();
    await delegate(parties, { idempotency_key: 'k' });
    for (const more of [{ task: 'other' }, { priority: 'critical' }, { context: 'c' }]) {
      const answer = await delegate(parties, { ...more, idempotency_key: 'k' });
      assert.deepEqual([answer.status, answer.body.code], [409, 'idempotency_conflict'], JSON.stringify(more));
    }
    const batch = { tasks: [{ target_id: parties.peer, task: 'do it' }], idempotency_key: 'k' };
    const path = `/workspaces/${parties.lead}/delegate/batch`;
    assert.equal((await house.call('POST', path, { token: parties.token, body: batch })).status, 409);
  });

  test('belongs to its caller: the same key of another is another delegation', async () => {
    const one = await pair();
    const other = await pair();
    const first = await delegate(one, { idempotency_key: 'k' });
    const second = await delegate({ ...other, peer: one.peer }, { idempotency_key: 'k' });
    assert.equal(second.status, 202);
    assert.notEqual(first.body.delegation_id, second.body.delegation_id);
  });

  test('sent a hundred times at once makes one delegation', async () => {
    const parties = await pair();
    const answers = await Promise.all(
      Array.from({ length: 100 }, async () => delegate(parties, { idempotency_key: 'k' })),
    );
    assert.equal(answers.filter(({ status }) => status === 202).length, 1);
    assert.equal(answers.filter(({ status }) => status === 200).length, 99);
    assert.equal(new Set(answers.map(({ body }) => body.delegation_id)).size, 1);
  });

  test('that is left out or empty is none: the same task may be delegated twice on purpose', async () => {
    const parties = await pair();
    const ids = [await delegate(parties), await delegate(parties, { idempotency_key: '' })];
    assert.deepEqual(
      ids.map(({ status }) => status),
      [202, 202],
    );
    assert.equal((await delegate(parties, {}, { 'idempotency-key': 'x'.repeat(201) })).status, 400);
  });
});

describe('a queue', () => {
  test('that is full refuses with 429, when to come back, and the name of its bound', async () => {
    const parties = await pair();
    await delegate(parties);
    const [running] = await fetchNext(parties);
    for (let index = 0; index < 3; index += 1) {
      const { status, body } = await delegate(parties);
      assert.deepEqual([status, body['position']], [202, index + 1]);
    }
    const refused = await delegate(parties);
    assert.deepEqual([refused.status, refused.body.code], [429, 'queue_full']);
    assert.match(refused.body.error, /queue_per_callee.*3/u);
    assert.ok(Number(refused.headers.get('retry-after')) >= 1);
    assert.equal(Number(refused.headers.get('retry-after')), refused.body['retry_after']);
    const tasks = [{ target_id: parties.peer, task: 'x' }];
    const path = `/workspaces/${parties.lead}/delegate/batch`;
    assert.equal((await house.call('POST', path, { token: parties.token, body: { tasks } })).status, 429);
    await finish(parties, running);
    await fetchNext(parties);
    assert.equal((await delegate(parties)).status, 202, 'a place in the queue is free again');
  });

  test('hands out by priority, and a changed priority counts', async () => {
    const parties = await pair({ capacity: 10 });
    const [info, task] = [await delegate(parties, { priority: 'info' }), await delegate(parties, { priority: 50 })];
    const critical = await delegate(parties, { priority: 'critical' });
    const path = `/workspaces/${parties.lead}/delegations/${info.body.delegation_id}/priority`;
    const changed = await house.call('POST', path, { token: parties.token, body: { priority: 100 } });
    assert.equal(changed.status, 200);
    assert.equal((await house.call('POST', path, { token: parties.token, body: { priority: 7 } })).status, 400);
    const order = (await fetchNext(parties)).map(({ delegation_id: id }) => id);
    assert.equal(order.at(-1), task.body.delegation_id);
    assert.ok(order.slice(0, 2).includes(critical.body.delegation_id));
  });

  test('of a callee that is paused waits, says so, and goes on when it is resumed', async () => {
    const parties = await pair();
    const steer = async (verb: string) => house.call('POST', `/workspaces/${parties.peer}/${verb}`);
    await steer('pause');
    const { body } = await delegate(parties);
    assert.deepEqual((body['waiting_for'] as Fields)['cause'], 'paused');
    assert.deepEqual(await fetchNext(parties), []);
    await steer('resume');
    assert.equal((await fetchNext(parties)).length, 1);
  });
});

describe('a time', () => {
  test('to start is waited for', async () => {
    const parties = await pair();
    const at = new Date(Date.now() + 400).toISOString();
    const { body } = await delegate(parties, { start_at: at });
    assert.deepEqual([body['state'], (body['waiting_for'] as Fields)['cause']], ['pending', 'start_time']);
    assert.deepEqual(await fetchNext(parties), []);
    const [assignment] = await fetchNext(parties, '&wait=5');
    assert.ok(assignment !== undefined && Date.now() >= Date.parse(at));
  });

  test('for which a task is worth waiting ends it as expired_in_queue, and its caller is told', async () => {
    const parties = await pair();
    const { body } = await delegate(parties, { valid_for_ms: 50 });
    const ended = await read(parties, body.delegation_id, '?wait=5&since=1');
    assert.deepEqual([ended.status, ended.reason], ['failed', 'expired_in_queue']);
    const told = await house.call('GET', `/workspaces/${parties.lead}/inbox?wait=5`, { token: parties.token });
    assert.deepEqual([told.rows[0]?.delegation_id, told.rows[0]?.reason], [body.delegation_id, 'expired_in_queue']);
  });

  test('at which it must be over settles it, running or not', async () => {
    const parties = await pair();
    const { body } = await delegate(parties, { deadline_ms: 100 });
    await fetchNext(parties);
    const ended = await house.ended(parties.lead, body.delegation_id);
    assert.deepEqual([ended.status, ended.reason], ['failed', 'deadline_exceeded']);
  });

  test('of a long poll is as short as the next change', async () => {
    const parties = await pair();
    const { body } = await delegate(parties);
    const seen = await read(parties, body.delegation_id);
    const polling = read(parties, body.delegation_id, `?wait=20&since=${seen.version}`);
    await fetchNext(parties);
    const next = await polling;
    assert.equal(next.status, 'dispatched');
    assert.ok(next.version > seen.version);
  });
});

describe('a delegation that changes its mind', () => {
  test('is replaced by one that supersedes it, as long as it has not started', async () => {
    const parties = await pair();
    const old = (await delegate(parties)).body.delegation_id;
    const next = await delegate(parties, { supersedes: old });
    assert.equal(next.status, 202);
    const ended = await read(parties, old);
    assert.deepEqual([ended.reason, ended['superseded_by']], ['superseded', next.body.delegation_id]);
    const [assignment] = await fetchNext(parties);
    assert.equal(assignment?.delegation_id, next.body.delegation_id);
    const late = await delegate(parties, { supersedes: next.body.delegation_id });
    assert.deepEqual([late.status, late.body.code], [409, 'not_now']);
  });

  test('is cancelled for certain before it starts', async () => {
    const parties = await pair();
    const id = (await delegate(parties)).body.delegation_id;
    const path = `/workspaces/${parties.lead}/delegations/${id}/cancel`;
    const { body } = await house.call('POST', path, { token: parties.token });
    assert.equal(body.status, 'cancelled');
    assert.deepEqual(await fetchNext(parties), []);
    const again = await house.call('POST', path, { token: parties.token });
    assert.deepEqual([again.status, again.body.status], [200, 'cancelled']);
    const byCallee = `/workspaces/${parties.peer}/delegations/${id}/cancel`;
    assert.equal((await house.call('POST', byCallee, { token: parties.peerToken })).status, 403);
  });

  test('is cancelled in flight with a receipt: the callee is told, confirms, or is given up on', async () => {
    for (const confirms of [true, false]) {
      const parties = await pair();
      const id = (await delegate(parties)).body.delegation_id;
      const [assignment] = await fetchNext(parties);
      const path = `/workspaces/${parties.lead}/delegations/${id}/cancel`;
      const asked = await house.call('POST', path, { token: parties.token, body: { reason: 'not needed' } });
      assert.deepEqual([asked.body.status, asked.body['cancel_requested']], ['dispatched', true]);
      const work = `/workspaces/${parties.peer}/assignments/${id}`;
      const said = { token: parties.peerToken, body: { epoch: assignment?.epoch } };
      assert.equal((await house.call('POST', `${work}/renew`, said)).body['cancel_requested'], true);
      if (confirms) {
        assert.equal((await house.call('POST', `${work}/cancelled`, said)).status, 200);
      }
      const ended = await house.ended(parties.lead, id);
      assert.deepEqual([ended.status, ended['callee_may_still_run']], ['cancelled', !confirms]);
    }
  });

  test('cannot be cancelled after its ending: that stands', async () => {
    const parties = await pair();
    const id = (await delegate(parties)).body.delegation_id;
    const [assignment] = await fetchNext(parties);
    await finish(parties, assignment);
    const path = `/workspaces/${parties.lead}/delegations/${id}/cancel`;
    const late = await house.call('POST', path, { token: parties.token });
    assert.deepEqual([late.status, late.body.status, late.body['cancel_requested']], [200, 'completed', false]);
  });

  test('is tried again as a new one, linked to the old, only when that has ended', async () => {
    const parties = await pair();
    const id = (await delegate(parties, { context: 'why', labels: { a: 'b' } })).body.delegation_id;
    const path = `/workspaces/${parties.lead}/delegations/${id}/retry`;
    assert.equal((await house.call('POST', path, { token: parties.token })).status, 409);
    const [assignment] = await fetchNext(parties);
    await finish(parties, assignment, 'fail');
    const again = await house.call('POST', path, { token: parties.token, body: { idempotency_key: 'r' } });
    assert.deepEqual([again.status, again.body['retry_of']], [202, id]);
    const same = await house.call('POST', path, { token: parties.token, body: { idempotency_key: 'r' } });
    assert.deepEqual([same.status, same.body.delegation_id], [200, again.body.delegation_id]);
    const next = await read(parties, again.body.delegation_id);
    assert.deepEqual([next['context'], next['retry_of'], next['labels']], ['why', id, { a: 'b' }]);
    assert.equal((await read(parties, id)).status, 'failed', 'the old one keeps its ending');
  });

  test('is tried again with as much time as it had', async () => {
    const parties = await pair();
    const given = { deadline_ms: 5 * 3_600_000, valid_for_ms: 50 };
    const id = (await delegate(parties, given)).body.delegation_id;
    assert.equal((await house.ended(parties.lead, id)).reason, 'expired_in_queue');
    const path = `/workspaces/${parties.lead}/delegations/${id}/retry`;
    const again = await house.call('POST', path, { token: parties.token });
    const ended = await house.ended(parties.lead, again.body.delegation_id);
    const [made, over] = [ended['created_at'], ended['deadline_at']].map((at) => Date.parse(String(at)));
    assert.deepEqual([ended.reason, (over ?? 0) - (made ?? 0)], ['expired_in_queue', given.deadline_ms]);
  });
});

describe('a question', () => {
  test('is told once, answered by the caller, and the answer reaches the callee', async () => {
    const parties = await pair();
    const id = (await delegate(parties)).body.delegation_id;
    const [first] = await fetchNext(parties);
    const work = `/workspaces/${parties.peer}/assignments/${id}`;
    const ask = { epoch: first?.epoch, question: 'which?' };
    await house.call('POST', `${work}/ask`, { token: parties.peerToken, body: ask });
    const asked = await read(parties, id);
    assert.deepEqual(
      [asked.status, asked['question'], asked['next_action']],
      ['input_required', 'which?', 'answer, or cancel'],
    );
    const path = `/workspaces/${parties.lead}/delegations/${id}/answer`;
    const answered = await house.call('POST', path, { token: parties.token, body: { text: 'that one' } });
    assert.deepEqual([answered.status, answered.body.status], [200, 'queued']);
    const twice = await house.call('POST', path, { token: parties.token, body: { text: 'no, this one' } });
    assert.deepEqual([twice.status, twice.body.code], [409, 'not_now']);
    const [second] = await fetchNext(parties);
    assert.deepEqual([second?.['answer'], second?.delegation_id], ['that one', id]);
    await finish(parties, second);
    const inbox = await house.call('GET', `/workspaces/${parties.lead}/inbox`, { token: parties.token });
    assert.deepEqual(
      inbox.rows.map((notice) => notice['kind']),
      ['settled'],
      'a question that was answered is not told any more',
    );
  });
});

describe('a batch', () => {
  test('comes back as one notice with every outcome in the order of the request', async () => {
    const parties = await pair({ capacity: 10 });
    const tasks = ['one', 'two', 'three'].map((task) => ({ target_id: parties.peer, task }));
    const path = `/workspaces/${parties.lead}/delegate/batch`;
    const made = await house.call('POST', path, { token: parties.token, body: { tasks, idempotency_key: 'b' } });
    assert.equal(made.status, 202, made.text);
    const same = await house.call('POST', path, { token: parties.token, body: { tasks, idempotency_key: 'b' } });
    assert.deepEqual([same.status, same.body['batch_id']], [200, made.body['batch_id']]);
    const ids = (made.body['delegations'] as Fields[]).map(({ delegation_id: id }) => id);
    const assignments = await fetchNext(parties);
    const inbox = async (wait: number) =>
      (await house.call('GET', `/workspaces/${parties.lead}/inbox?wait=${wait}`, { token: parties.token })).rows;
    await finish(parties, assignments[2]);
    await finish(parties, assignments[0], 'fail');
    assert.deepEqual(await inbox(0), [], 'not before the last one');
    await finish(parties, assignments[1]);
    const [notice, ...more] = await inbox(5);
    assert.equal(more.length, 0);
    assert.deepEqual([notice?.['kind'], notice?.status], ['batch', 'partial']);
    const results = notice?.['results'] as Fields[];
    assert.deepEqual(
      results.map(({ delegation_id: id }) => id),
      ids,
    );
    assert.deepEqual(
      results.map(({ status }) => status),
      ['failed', 'completed', 'completed'],
    );
  });

  test('is taken whole or not at all, and an empty one is refused', async () => {
    const parties = await pair();
    const path = `/workspaces/${parties.lead}/delegate/batch`;
    const earlier = house.state();
    for (const tasks of [
      [],
      [
        { target_id: parties.peer, task: 'x' },
        { target_id: 'nobody', task: 'x' },
      ],
      [
        { target_id: parties.peer, task: 'x' },
        { target_id: parties.lead, task: 'x' },
      ],
      Array.from({ length: 4 }, () => ({ target_id: parties.peer, task: 'x' })),
      Array.from({ length: 101 }, () => ({ target_id: parties.peer, task: 'x' })),
    ]) {
      const answer = await house.call('POST', path, { token: parties.token, body: { tasks } });
      assert.ok(answer.status >= 400 && answer.status < 500, answer.text);
    }
    assert.deepEqual(house.state(), earlier);
    await until('nothing is queued', async () => (await fetchNext(parties)).length === 0);
  });
});
