/**
 * An agent at its platform: it connects, delegates, waits, asks and answers, looks for peers, remembers.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { connect, DeskError, type Standing } from '../../src/runtime/index.ts';
import { openScene, type Scene } from './runtime-scene.ts';
import { until } from './support.ts';

let scene: Scene;

before(async () => {
  scene = await openScene({ open: false });
});

after(async () => scene.close());

async function told(kind: string): Promise<unknown[]> {
  return (await scene.unread()).filter((notice) => notice['kind'] === kind);
}

describe('connecting', () => {
  test('learns from the key whose desk it is, and asks nothing where that is said', async () => {
    const { url } = scene.relay;
    const asked = scene.relay.asked.length;
    const said = await connect({ url: `${url}/`, token: scene.token, workspace: 'lead' });
    assert.deepEqual([said.workspace, said.url, scene.relay.asked.length], ['lead', url, asked]);
    const learned = await connect({ url, token: scene.token });
    assert.deepEqual([learned.workspace, scene.relay.asked.length], ['lead', asked + 1]);
    await Promise.all([said.close(), learned.close()]);
  });

  test('says what is missing, or wrong, at once', async () => {
    const { url } = scene.relay;
    const refused = async (code: string, at: Parameters<typeof connect>[0], words: RegExp) =>
      assert.rejects(connect(at), (error: unknown) => {
        assert.ok(error instanceof DeskError);
        assert.equal(error.code, code);
        assert.match(error.message, words);
        assert.ok((error.fix ?? '').length > 0, 'it says what to do');
        return true;
      });
    await refused('invalid_request', { url }, /not said who calls/u);
    await refused('invalid_request', { url: 'localhost:4310' }, /not the address/u);
    await refused('invalid_request', { url, token: scene.house.platform.operatorKey! }, /key of the operator/u);
    await refused('unauthenticated', { url, token: 'ek_ws_nobody' }, /token/u);
    await refused('unreachable', { url: 'http://127.0.0.1:9', token: scene.token }, /cannot be reached/u);
  });

  test('is told by the platform who it is, with whatever key it calls', async () => {
    const { house } = scene;
    const me = async (token?: string) => (await house.call('GET', '/me', { token })).body;
    assert.deepEqual(await me(house.platform.operatorKey), { kind: 'operator', actor: 'operator' });
    const own = await me(scene.token);
    assert.deepEqual([own['kind'], own['workspace_id'], own['org']], ['workspace', 'lead', 'default']);
    const { id } = await scene.lead.delegate({ to: 'helper', task: 'who am I' });
    const { attempt_token: token } = await scene.fetch(id);
    assert.deepEqual(await me(token), {
      kind: 'workspace',
      workspace_id: 'helper',
      org: 'default',
      actor: 'helper',
      delegation_id: id,
    });
    await scene.end(id, 'the helper');
  });
});

describe('delegating', () => {
  test('hands over all that was said', async () => {
    const startAt = new Date(Date.now() + 3_600_000);
    const parts = [
      { kind: 'text' as const, text: 'do it' },
      { kind: 'data' as const, data: { a: [1] } },
    ];
    const { id, status } = await scene.lead.delegate({
      ...{ to: 'helper', task: 'do it', context: 'because', parts, conversation: 'talk', priority: 'critical' },
      ...{ deadlineMs: 60_000, validForMs: 30_000, startAt, delivery: 'at_most_once', labels: { a: 'b' } },
    });
    assert.equal(status, 'pending');
    const kept = (await scene.house.call('GET', `/workspaces/lead/delegations/${id}`)).body;
    const { task, context, conversation_id, priority, delivery, labels, deadline_at } = kept;
    assert.deepEqual(
      { task, context, parts: kept['parts'], conversation_id, priority, delivery, labels },
      {
        ...{ task: 'do it', context: 'because', parts, conversation_id: 'talk', priority: 'critical' },
        ...{ delivery: 'at_most_once', labels: { a: 'b' } },
      },
    );
    assert.equal(Date.parse(String(deadline_at)), startAt.getTime() + 60_000);
    const newer = await scene.lead.delegate({ to: 'helper', task: 'do that', supersedes: id });
    assert.equal((await scene.lead.handle(id).done).reason, 'superseded');
    await newer.cancel();
  });

  test('is refused at once, with a code and with what to do', async () => {
    await assert.rejects(scene.lead.delegate({ to: 'nobody', task: 'x' }), { name: 'DeskError', code: 'not_found' });
    await assert.rejects(scene.lead.delegate({ to: 'lead', task: 'x' }), (error: unknown) => {
      assert.ok(error instanceof DeskError);
      assert.equal(error.code, 'self_delegation');
      assert.match(error.fix ?? '', /another workspace/u);
      return true;
    });
    await assert.rejects(scene.lead.delegate({ to: 'helper', task: 'x'.repeat(300_000) }), { code: 'too_large' });
  });

  test('under one key is one delegation, and under none each call is another', async () => {
    const options = { idempotencyKey: 'the same' };
    const [one, two] = [
      await scene.lead.delegate({ to: 'helper', task: 'once' }, options),
      await scene.lead.delegate({ to: 'helper', task: 'once' }, options),
    ];
    assert.equal(one.id, two.id);
    const other = await scene.lead.delegate({ to: 'helper', task: 'once' });
    assert.notEqual(other.id, one.id);
    await Promise.all([one.cancel(), other.cancel()]);
  });
});

describe('an ending', () => {
  test('D5: is there whole, however long, with its parts and what it cost', async () => {
    const handle = await scene.lead.delegate({ to: 'helper', task: 'at length' });
    const text = 'die Länge, “quoted”\n\u0001'.repeat(60_000);
    const parts = [
      { kind: 'text' as const, text },
      { kind: 'data' as const, data: { pages: 3 } },
    ];
    const { epoch } = await scene.fetch(handle.id);
    const body = { epoch, text, parts, usage: { input_tokens: 7, cost_usd: 0.5 } };
    const path = `/workspaces/helper/assignments/${handle.id}/complete`;
    const said = await scene.house.call('POST', path, { body });
    assert.equal(said.status, 200, said.text.slice(0, 200));
    const ending = await handle.done;
    assert.equal(ending.text, text);
    assert.equal(ending.sha256, createHash('sha256').update(text).digest('hex'));
    assert.deepEqual(ending.parts, parts);
    assert.deepEqual(ending.usage, { inputTokens: 7, costUsd: 0.5 });
  });

  test('is a value where it is a failure, with what there was of a result', async () => {
    const handle = await scene.lead.delegate({ to: 'helper', task: 'in vain' });
    const { epoch } = await scene.fetch(handle.id);
    const body = { epoch, error: 'no paper', text: 'half a page' };
    await scene.house.call('POST', `/workspaces/helper/assignments/${handle.id}/fail`, { body });
    const { status, reason, error, text } = await handle.done;
    assert.deepEqual([status, reason, error, text], ['failed', 'callee_failed', 'no paper', 'half a page']);
  });

  test('is the same for everybody who waits for it, and for whoever asks later', async () => {
    const handle = await scene.lead.delegate({ to: 'helper', task: 'for all' });
    const elsewhere = await scene.again();
    const kept = JSON.stringify(handle);
    const same = elsewhere.handle(JSON.parse(kept) as Standing);
    assert.deepEqual([same.id, same.to, same.status], [handle.id, 'helper', handle.status]);
    const endings = Promise.all([handle.done, handle.done, same.done, handle.wait(), same.wait({ timeoutMs: 60_000 })]);
    await scene.end(handle.id, 'seen by all');
    assert.deepEqual(
      (await endings).map((ending) => ending?.text),
      Array.from({ length: 5 }, () => 'seen by all'),
    );
    const later = elsewhere.handle(handle.id);
    assert.deepEqual([later.to, later.status], ['', 'pending']);
    assert.equal(await later.refresh(), 'completed');
    assert.equal((await later.wait())?.text, 'seen by all');
    assert.equal(later.to, 'helper');
  });

  test('of what is not there, or may not be seen, is unknown, and says why', async () => {
    const { status, reason, error } = await scene.lead.handle('dlg_nowhere').done;
    assert.deepEqual([status, reason], ['failed', 'outcome_unknown']);
    assert.match(error ?? '', /not found/u);
    await assert.rejects(scene.lead.handle('dlg_nowhere').refresh(), { code: 'not_found' });
  });
});

describe('waiting for a while', () => {
  test('ends without an ending when the time is over, and asks for nothing more', async () => {
    const handle = await scene.lead.delegate({ to: 'helper', task: 'slowly' });
    assert.equal(await handle.wait({ timeoutMs: 20 }), undefined);
    await until('nobody listens', () => scene.relay.open('events/stream') === 0);
    const stop = new AbortController();
    const waited = handle.wait({ signal: stop.signal });
    stop.abort(new Error('enough'));
    await assert.rejects(waited, { message: 'enough' });
    assert.equal(await handle.cancel('too slow'), 'cancelled');
    assert.equal((await handle.wait({ timeoutMs: 60_000 }))?.status, 'cancelled');
  });

  test('ends at a question, which is answered, and then goes on', async () => {
    const handle = await scene.lead.delegate({ to: 'helper', task: 'with a question' });
    const waited = handle.wait({ timeoutMs: 60_000 });
    await scene.ask(handle.id, 'which one?');
    assert.equal(await waited, undefined);
    assert.equal(handle.status, 'input_required');
    assert.equal(await handle.wait({ timeoutMs: 60_000 }), undefined, 'it still asks');
    assert.equal((await told('asked')).length, 1);
    assert.equal(await handle.question(), 'which one?');
    assert.deepEqual(await told('asked'), [], 'who was shown the question is not told of it');
    assert.equal(await handle.answer('the blue one'), 'queued');
    assert.equal(await handle.question(), undefined);
    const ending = handle.wait({ timeoutMs: 60_000 });
    await scene.end(handle.id, 'blue');
    assert.equal((await ending)?.text, 'blue');
    await assert.rejects(handle.answer('too late'), { code: 'not_now' });
  });
});

describe('a batch', () => {
  test('is waited for as one, in its order, and told as one', async () => {
    const batch = await scene.lead.delegateBatch([1, 2, 3].map((one) => ({ to: 'helper', task: `part ${one}` })));
    const done = batch.done;
    for (const { id } of batch.handles.toReversed()) {
      await scene.end(id, `of ${id}`);
    }
    assert.deepEqual(
      (await done).map(({ text }) => text),
      batch.handles.map(({ id }) => `of ${id}`),
    );
    assert.deepEqual(await told('batch'), []);
  });
});

describe('around it', () => {
  test('there are peers, and memories', async () => {
    assert.deepEqual(
      (await scene.lead.peers()).map(({ id }) => id),
      ['helper'],
    );
    assert.deepEqual(await scene.lead.peers('nobody of that name'), []);
    const { id, scope } = await scene.lead.memory.commit('Deploys go out on Tuesdays.');
    assert.deepEqual([id.slice(0, 4), scope], ['mem_', 'LOCAL']);
    const [found] = await scene.lead.memory.recall('tuesdays', { scope: 'LOCAL', limit: 1 });
    assert.equal(found?.content, 'Deploys go out on Tuesdays.');
    await assert.rejects(scene.lead.memory.commit('x'.repeat(70_000)), { code: 'too_large' });
  });

  test('there are the tools for a model, and the desk for those who make them', async () => {
    const tool = scene.lead.tools.find(({ name }) => name === 'list_peers');
    assert.ok(tool !== undefined);
    const { text, isError } = await tool.call({});
    assert.notEqual(isError, true, text);
    assert.match(text, /helper/u);
    assert.equal(scene.lead.desk.workspace, 'lead');
  });
});
