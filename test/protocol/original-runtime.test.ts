/**
 * The original runtime works against this platform unchanged: its whole life of a delegation, replayed call by call.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { OriginalRuntime } from './original-runtime.ts';
import { openHouse, until, type House } from './support.ts';

const EMOJI = '完成 👩‍👩‍👧‍👦 café 🇯🇵 ';

let house: House;

before(async () => {
  house = await openHouse();
});

after(async () => house.close());

/** A caller and a callee of their own, so that tests do not meet in a queue. */
async function pair(name: string, behave: Parameters<House['peer']>[0], more: Record<string, unknown> = {}) {
  const peer = await house.peer(behave);
  await house.seat(`${name}.lead`);
  await house.seat(`${name}.peer`, { url: peer.url, ...more });
  return { peer, runtime: new OriginalRuntime(house.url, `${name}.lead`), target: `${name}.peer` };
}

/** A behaviour that answers when it is told to. */
function gate(text: string) {
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

async function rowsOf(workspace: string) {
  return (await house.call('GET', `/workspaces/${workspace}/delegations?direction=all`)).rows;
}

describe('the original runtime delegates', () => {
  test('to a free peer: it records, discovers, sends, and has the whole text in the answer', async () => {
    const text = EMOJI.repeat(900);
    const { runtime, target, peer } = await pair('free', { do: 'answer', text });
    const { id, background } = runtime.delegate(target, 'write it');
    assert.deepEqual(await background, { status: 'completed', result: text });
    assert.deepEqual(
      runtime.heard.map(({ what, answer }) => `${what} ${answer.status}`),
      ['record 202', 'discover 200', 'message 200', 'notify 200', 'update 200'],
    );
    const rows = await rowsOf(runtime.workspace);
    assert.equal(rows.length, 1, 'one row');
    assert.equal(rows[0]?.delegation_id, id);
    assert.equal(rows[0]?.status, 'completed');
    assert.deepEqual(
      peer.ledger.executions.map(({ messageId, runs }) => [messageId, runs]),
      [[id, 1]],
      'the peer saw one message, under the id of the delegation',
    );
  });

  test('to a busy peer: 202 and queued, polled until it is done, whole, and told once', async () => {
    const held = gate(EMOJI.repeat(500));
    const { runtime, target, peer } = await pair('busy', held.behave);
    const first = runtime.delegate(target, 'first');
    await until('the first one is under way', () => peer.ledger.arrivalsAll > 0);
    const second = runtime.delegate(target, 'second');
    assert.equal((await second.background).status, 'queued');
    const [report] = runtime.said('update');
    assert.deepEqual([report?.status, report?.body.status], [200, 'queued'], 'its report of `queued` is taken');
    assert.equal((await runtime.refresh(second.id)).status, 'queued');
    held.open();
    assert.equal((await first.background).status, 'completed');
    assert.deepEqual(await runtime.settled(second.id), { status: 'completed', result: EMOJI.repeat(500) });
    const whole = await house.call('GET', `/workspaces/${runtime.workspace}/delegations/${second.id}/result`);
    assert.equal(whole.body['text'], EMOJI.repeat(500));
    const late = await runtime.update(second.id, 'failed', 'too late', 'x');
    assert.deepEqual([late.status, late.body.status], [200, 'completed'], 'its report afterwards changes nothing');
    const rows = await rowsOf(runtime.workspace);
    assert.equal(rows.length, 2, 'one row each');
    const { body } = await house.call('GET', `/workspaces/${runtime.workspace}/delegations/${second.id}`);
    const events = body['events'] as { type: string }[];
    assert.equal(events.filter(({ type }) => type === 'delegation.settled').length, 1, 'one ending');
  });

  test('and its next attempt, with another message id, is the same delegation', async () => {
    const held = gate('done');
    const { runtime, target, peer } = await pair('again', held.behave);
    await runtime.record('again-1', target, 'once');
    const url = String((await runtime.discover(target)).body['url']);
    const attempts = [0, 1, 2].map(async (attempt) => runtime.message(url, 'again-1', { attempt, task: 'once' }));
    await until('it is under way', () => peer.ledger.arrivalsAll > 0);
    held.open();
    for (const answer of await Promise.all(attempts)) {
      assert.equal(answer.status, 200, answer.text);
    }
    assert.equal(peer.ledger.executions.length, 1);
    assert.equal((await rowsOf(runtime.workspace)).length, 1);
  });

  test('with `type` parts, without an envelope, without having recorded it', async () => {
    const { runtime, target } = await pair('loose', { do: 'answer', text: 'ok' });
    const url = String((await runtime.discover(target)).body['url']);
    const typed = await runtime.message(url, 'loose-1', { attempt: 0, task: 'x', kind: 'type' });
    assert.equal(typed.status, 200, typed.text);
    const bare = {
      method: 'message/send',
      params: { message: { role: 'user', parts: [{ type: 'text', text: 'x' }] } },
    };
    const headers = { 'X-Workspace-ID': runtime.workspace };
    const answer = await house.call('POST', `/workspaces/${target}/a2a`, { body: bare, headers });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body['jsonrpc'], '2.0');
    assert.equal((await rowsOf(runtime.workspace)).length, 2);
  });

  test('with its synchronous tool, which reads only the first part of a message', async () => {
    const { runtime, target, peer } = await pair('sync', { do: 'artifacts', texts: ['one', 'two'] });
    const url = String((await runtime.discover(target)).body['url']);
    assert.equal(await runtime.sync(url, 'x'), 'one\ntwo');
    peer.behave({ do: 'error', code: -32_000, message: 'no tokens left' });
    assert.match(await runtime.sync(url, 'x'), /^\[A2A_ERROR\] .*no tokens left/u);
  });

  test('through the platform, and sends the same again: 200, and the same delegation', async () => {
    const { runtime, target } = await pair('async', { do: 'answer', text: 'ok' });
    const body = { target_id: target, task: 'nightly report', idempotency_key: 'a'.repeat(32) };
    const first = await house.call('POST', `/workspaces/${runtime.workspace}/delegate`, { body });
    assert.deepEqual([first.status, first.body.status], [202, 'delegated']);
    await house.ended(runtime.workspace, first.body.delegation_id);
    const again = await house.call('POST', `/workspaces/${runtime.workspace}/delegate`, { body });
    assert.deepEqual(
      [again.status, again.body.delegation_id, again.body['idempotent_hit'], again.body.status],
      [200, first.body.delegation_id, true, 'completed'],
    );
  });
});

describe('the original runtime meets trouble', () => {
  test('a peer that answers with a JSON-RPC error: its words, and no second try', async () => {
    const { runtime, target, peer } = await pair('sick', { do: 'error', code: -32_603, message: 'model overloaded' });
    const { id, background } = runtime.delegate(target, 'x');
    const entry = await background;
    assert.equal(entry.status, 'failed');
    assert.match(entry.error ?? '', /model overloaded/u);
    assert.equal(peer.ledger.arrivals(id), 1);
    const row = (await rowsOf(runtime.workspace))[0];
    assert.deepEqual([row?.status, row?.reason, row?.delegation_id], ['failed', 'callee_failed', id]);
    assert.match(row?.error ?? '', /model overloaded/u);
  });

  test('a peer that is down: it waits in the queue, and in the end it failed because it was refused', async () => {
    const { runtime, target, peer } = await pair('down', { do: 'answer' });
    await peer.close();
    const { id, background } = runtime.delegate(target, 'x');
    const entry = await background;
    const last = entry.status === 'failed' ? entry : await runtime.settled(id);
    assert.equal(last.status, 'failed');
    assert.match(last.error ?? '', /refused/iu);
    const row = (await rowsOf(runtime.workspace))[0];
    assert.deepEqual([row?.status, row?.reason], ['failed', 'unreachable']);
  });

  for (const [title, reply] of Object.entries({
    'says 202 and nothing else': { status: 202, body: '' },
    'answers 200 with a page': { status: 200, body: '<html>hello</html>', headers: { 'content-type': 'text/html' } },
    'answers 204': { status: 204 },
    'answers 200 with neither result nor error': { status: 200, body: '{"jsonrpc":"2.0"}' },
    'answers 500': { status: 500, body: 'boom' },
    'answers with a result that is a text': { status: 200, body: '{"jsonrpc":"2.0","result":"ok"}' },
    'answers with an error that is a text': { status: 200, body: '{"jsonrpc":"2.0","error":"no"}' },
  })) {
    test(`a peer that ${title}: failed, with a reason and words`, async () => {
      const { runtime, target } = await pair(`odd-${title.replaceAll(/\W+/gu, '-')}`, { do: 'reply', ...reply });
      const { id, background } = runtime.delegate(target, 'x');
      const entry = await background;
      const last = entry.status === 'failed' ? entry : await runtime.settled(id);
      assert.equal(last.status, 'failed', JSON.stringify(last));
      assert.ok((last.error ?? '').length > 1, 'it says why');
      assert.doesNotMatch(last.error ?? '', /^None$/u);
    });
  }

  test('discovery of whom it may not talk to is 403, of nobody 404, of one that is not there 503', async () => {
    const { runtime } = await pair('lost', { do: 'answer' });
    await house.seat('lost.boss', { parent_id: 'lost.lead' });
    await house.seat('lost.stranger', { parent_id: 'lost.boss', denials: ['lost.lead'] });
    assert.equal((await runtime.discover('lost.stranger')).status, 403);
    assert.equal((await runtime.discover('nobody')).status, 404);
    const silent = await runtime.discover('lost.boss');
    assert.deepEqual([silent.status, silent.body.status], [503, 'awaiting_agent']);
    const { background } = runtime.delegate('nobody', 'x');
    assert.deepEqual(await background, { status: 'failed', error: 'Discovery failed: HTTP 404' });
    const unknown = new OriginalRuntime(house.url, 'who-am-i');
    assert.equal((await unknown.discover('lost.peer')).status, 403);
    assert.equal((await house.call('GET', '/registry/discover/lost.peer')).status, 400, 'the header is required');
  });

  test('a report about what was never recorded is 404', async () => {
    const { runtime } = await pair('ghost', { do: 'answer' });
    const answer = await runtime.update('no-such-id', 'completed', '', 'x');
    assert.deepEqual([answer.status, answer.body.code], [404, 'not_found']);
  });

  test('recording twice is recording once', async () => {
    const { runtime, target } = await pair('twice', { do: 'answer' });
    const answers = [await runtime.record('twice-1', target, 'x'), await runtime.record('twice-1', target, 'x')];
    assert.deepEqual(
      answers.map(({ status, body }) => [status, body.status]),
      [
        [202, 'recorded'],
        [202, 'recorded'],
      ],
    );
    assert.equal((await rowsOf(runtime.workspace)).length, 1);
  });
});

describe('the other calls of the original runtime', () => {
  test('register, update-card, heartbeat, peers, check-access, activity and notify take its bodies', async () => {
    const { runtime, target } = await pair('calls', { do: 'answer' });
    const own = runtime.workspace;
    const card = { name: 'Lead', skills: [{ name: 'lead' }] };
    const registered = await house.call('POST', '/registry/register', {
      body: { id: own, url: 'http://127.0.0.1:9999', agent_card: card },
    });
    assert.deepEqual([registered.status, registered.body.status], [200, 'registered']);
    const updated = await house.call('POST', '/registry/update-card', {
      body: { workspace_id: own, agent_card: card },
    });
    assert.deepEqual([updated.status, updated.body.status], [200, 'updated']);
    const meta = { capabilities: { heartbeat: true, session: true }, idle_timeout_seconds: 900 };
    const beat = await runtime.heartbeat({ runtime_state: 'wedged', sample_error: 'stuck', runtime_metadata: meta });
    assert.deepEqual([beat.status, beat.body.status], [200, 'ok']);
    for (const type of ['a2a_send', 'a2a_receive', 'task_update', 'agent_log', 'skill_promotion', 'memory_write']) {
      const logged = await runtime.reportActivity(type, type === 'agent_log' ? {} : { target, summary: 'working' });
      assert.deepEqual([logged.status, logged.body.status], [200, 'logged'], logged.text);
    }
    const long = await runtime.reportActivity('error', { target, error: 'e'.repeat(20_000) });
    assert.equal(long.status, 200, long.text);
    const headers = { 'X-Workspace-ID': own };
    const peers = await house.call('GET', `/registry/${own}/peers?q=calls.peer`, { headers });
    assert.deepEqual(
      peers.rows.map(({ id, name, status }) => [id, name, status]),
      [[target, target, 'online']],
    );
    const access = await house.call('POST', '/registry/check-access', { body: { caller_id: own, target_id: target } });
    assert.deepEqual(access.body, { allowed: true } as unknown);
    const told = await house.call('POST', `/workspaces/${own}/notify`, { body: { message: 'hello' } });
    assert.deepEqual([told.status, told.body.status], [200, 'sent']);
    assert.equal((await house.call('POST', `/workspaces/${own}/notify`, { body: {} })).status, 400);
    const info = await house.call('GET', `/workspaces/${own}`);
    assert.deepEqual([info.body.id, info.body['current_task']], [own, '']);
  });

  test('what it says of how busy it is never takes a slot away', async () => {
    const { runtime, target } = await pair('phantom', { do: 'answer', text: 'ok' });
    const callee = new OriginalRuntime(house.url, target);
    await callee.heartbeat({ active_tasks: 7, current_task: 'pretending' });
    assert.equal((await runtime.delegate(target, 'x').background).status, 'completed');
  });

  test('a system caller cannot be forged in a header', async () => {
    const { target } = await pair('forged', { do: 'answer' });
    const body = {
      method: 'message/send',
      params: { message: { role: 'user', parts: [{ kind: 'text', text: 'x' }] } },
    };
    for (const name of ['system:cron', 'webhook:x', 'test:x', 'channel:x']) {
      const answer = await house.call('POST', `/workspaces/${target}/a2a`, {
        body,
        headers: { 'X-Workspace-ID': name },
      });
      assert.equal(answer.status, 403, answer.text);
    }
  });
});
