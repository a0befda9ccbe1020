/**
 * Agents that fetch their work and mean harm: what each attack comes to is bounded, refused or named, nothing is swallowed,
 * and what was delegated to others goes on.
 */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openHouse, until, type Answer, type Fields, type House } from './support.ts';

let house: House;
let log: DatabaseSync;
let seats = 0;
const LEASE_MS = 2000;
const NOBODY = { lead: 'nobody', id: 'nobody' };

before(async () => {
  house = await openHouse({
    open: false,
    environment: {
      ERRAND_LEASE_MS: String(LEASE_MS),
      ERRAND_ATTEMPTS_MAX: '2',
      ERRAND_STALL_MS: '3000',
      ERRAND_STALL_GRACE_MS: '500',
    },
  });
  log = new DatabaseSync(join(house.data, 'errand.db'), { readOnly: true });
});

after(async () => {
  log.close();
  await house.close();
});

interface Hostile {
  lead: string;
  id: string;
  token: string;
  delegate: (more?: Record<string, unknown>) => Promise<string>;
  fetch: (query?: string) => Promise<Fields[]>;
  say: (delegation: string, verb: string, body: object, token?: string) => Promise<Answer>;
  look: (delegation: string) => Promise<Fields>;
}

async function hostile(more: Record<string, unknown> = {}): Promise<Hostile> {
  seats += 1;
  const [lead, id] = [`lead-${seats}`, `hostile-${seats}`];
  await house.seat(lead, more['org'] === undefined ? {} : { org: more['org'] });
  const { token } = await house.seat(id, { pull: true, ...more });
  return {
    ...{ lead, id, token },
    delegate: async (fields) => (await house.delegate(lead, id, fields)).delegation_id,
    fetch: async (query = '') => (await house.call('GET', `/workspaces/${id}/assignments${query}`, { token })).rows,
    say: async (delegation, verb, body, by = token) =>
      house.call('POST', `/workspaces/${id}/assignments/${delegation}/${verb}`, { token: by, body }),
    look: async (delegation) => (await house.call('GET', `/workspaces/${lead}/delegations/${delegation}`)).body,
  };
}

async function given({ delegate, fetch }: Hostile, more?: Record<string, unknown>): Promise<[string, Fields]> {
  const id = await delegate(more);
  const [assignment] = await fetch();
  assert.equal(assignment?.delegation_id, id);
  return [id, assignment];
}

/** So many at a time, until all are through. */
async function flood(times: number, connections: number, one: (index: number) => Promise<unknown>): Promise<void> {
  let begun = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (begun < times) {
        begun += 1;
        await one(begun);
      }
    }),
  );
}

function events(delegation: string, type: string): number {
  const sql = 'SELECT count(*) AS n FROM event WHERE delegation_id = ? AND type = ?';
  return Number(log.prepare(sql).get(delegation, `delegation.${type}`)?.['n']);
}

/** Lines of the log about these seats and who delegates to them; what was left behind elsewhere may still run out. */
function linesAbout(...those: readonly Pick<Hostile, 'lead' | 'id'>[]): number {
  const sql = `SELECT 1 FROM event, json_each(?) WHERE value IN (workspace, peer) AND event.type <> 'access.denied'`;
  return log.prepare(sql).all(JSON.stringify(those.flatMap(({ lead, id }) => [lead, id]))).length;
}

/** Whoever is honest gets through beside it, and soon. */
async function othersGoOn(): Promise<void> {
  const honest = await hostile();
  const [id, { epoch }] = await given(honest);
  assert.equal((await honest.say(id, 'complete', { epoch, text: 'well' })).status, 200);
  assert.equal((await house.ended(honest.lead, id)).result.text, 'well');
}

describe('an agent that does not end its work', () => {
  test('though it acknowledges and keeps its lease, is warned and ended as stalled; its slot goes on', async () => {
    const agent = await hostile();
    const [id, { epoch }] = await given(agent);
    const next = await agent.delegate();
    await agent.say(id, 'ack', { epoch });
    const failed = await until('it is stalled', async () => {
      await agent.say(id, 'renew', { epoch });
      const seen = await agent.look(id);
      return seen.status === 'failed' ? seen : undefined;
    });
    assert.equal(failed.reason, 'stalled');
    assert.equal((await agent.fetch('?wait=5'))[0]?.delegation_id, next);
  });

  test('though it shows progress without end, is ended by the deadline; its slot goes on', async () => {
    const agent = await hostile();
    const [id, { epoch }] = await given(agent, { deadline_ms: 2000 });
    const next = await agent.delegate();
    const failed = await until('the deadline', async () => {
      await agent.say(id, 'progress', { epoch, message: 'nearly there' });
      const seen = await agent.look(id);
      return seen.status === 'failed' ? seen : undefined;
    });
    assert.equal(failed.reason, 'deadline_exceeded');
    assert.equal((await agent.fetch('?wait=5'))[0]?.delegation_id, next);
    assert.equal((await agent.say(id, 'complete', { epoch, text: 'late' })).body.code, 'not_now');
  });

  test('and takes everything without a word, loses the leases, and is given up on after its attempts', async () => {
    const agent = await hostile({ capacity: 3 });
    const ids = await Promise.all([agent.delegate(), agent.delegate(), agent.delegate()]);
    await until('all have their endings', async () => {
      await agent.fetch('?max=100');
      const seen = await Promise.all(ids.map(agent.look));
      return seen.every(({ status, reason }) => status === 'failed' && reason === 'outcome_unknown');
    });
    const { body } = await house.call('GET', `/workspaces/${agent.id}`);
    assert.deepEqual([body['running'], body['queued']], [0, 0]);
  });
});

describe('an agent that floods', () => {
  test('D17: shows progress 2,000 times over 20 connections, and the log has a line for each second', async () => {
    const agent = await hostile();
    const [id, { epoch }] = await given(agent);
    const beganAt = performance.now();
    const statuses = new Set<number>();
    await flood(2000, 20, async (index) => {
      const said = await agent.say(id, 'progress', {
        epoch,
        message: `${index}${'x'.repeat(3900)}`,
        percent: index % 100,
      });
      statuses.add(said.status);
    });
    const seconds = (performance.now() - beganAt) / 1000;
    assert.deepEqual([...statuses], [200], 'it is told how it stands, and nothing is an error');
    // A lease that is half over is always kept, and this one is short.
    const most = 6 + seconds + seconds / (LEASE_MS / 2000);
    assert.ok(events(id, 'progressed') <= most, `${events(id, 'progressed')} in ${seconds} s`);
    assert.ok(events(id, 'progressed') >= Math.min(3, seconds));
    await othersGoOn();
    assert.equal((await agent.say(id, 'complete', { epoch, text: 'x' })).status, 200);
  });

  test('with words that are too long is refused, by the bound', async () => {
    const agent = await hostile();
    const [id, { epoch }] = await given(agent);
    for (const [verb, body] of Object.entries({
      progress: { message: 'x'.repeat(4001) },
      ask: { question: 'x'.repeat(64_001) },
      fail: { error: 'x'.repeat(64_001) },
    })) {
      const refused = await agent.say(id, verb, { epoch, ...body });
      assert.equal(refused.status, 400, verb);
      assert.ok(refused.text.length < 2000);
    }
    assert.equal((await agent.look(id)).status, 'dispatched');
  });

  test('D17: asks 2,000 questions, and its caller has one in its inbox and few in the log', async () => {
    const agent = await hostile();
    const [id, { epoch }] = await given(agent);
    const beganAt = performance.now();
    const answers = new Map<string, number>();
    await flood(2000, 20, async (index) => {
      const { status, body } = await agent.say(id, 'ask', { epoch, question: `Which of ${index}?` });
      const what = `${status} ${body.code ?? ''}`.trim();
      answers.set(what, (answers.get(what) ?? 0) + 1);
    });
    const seconds = (performance.now() - beganAt) / 1000;
    assert.deepEqual([...answers.keys()].toSorted(), ['200', '409 not_now']);
    assert.ok((answers.get('200') ?? 0) <= 6 + seconds, JSON.stringify([...answers]));
    assert.equal(events(id, 'asked'), answers.get('200'));
    const { rows } = await house.call('GET', `/workspaces/${agent.lead}/inbox?limit=100`);
    assert.equal(rows.length, 1);
  });

  test('asks and never takes the answer: its slot is free, and the deadline ends what it asked about', async () => {
    const agent = await hostile();
    const [id, { epoch }] = await given(agent, { deadline_ms: 1500 });
    await agent.say(id, 'ask', { epoch, question: 'Which?' });
    const answered = await house.call('POST', `/workspaces/${agent.lead}/delegations/${id}/answer`, {
      body: { text: 'This.' },
    });
    assert.equal(answered.status, 200);
    const other = await agent.delegate();
    const failed = await house.ended(agent.lead, id);
    assert.deepEqual([failed.status, failed.reason], ['failed', 'deadline_exceeded']);
    assert.equal((await agent.fetch())[0]?.delegation_id, other);
    const late = await agent.say(id, 'ask', { epoch, question: 'And which of these?' });
    assert.deepEqual([late.status, late.body.code], [409, 'not_now']);
  });

  test('fetches in a hot loop, for a hundred at once: it is given its capacity, and nothing is written', async () => {
    const agent = await hostile({ capacity: 1 });
    const ids = [await agent.delegate(), await agent.delegate()];
    assert.deepEqual(
      (await agent.fetch('?max=100')).map((one) => one.delegation_id),
      [ids[0]],
    );
    const before1 = house.state().seq;
    const written = () => Number(log.prepare('PRAGMA data_version').get()?.['data_version']);
    const version = written();
    await flood(300, 20, async () => {
      assert.deepEqual(await agent.fetch('?max=100'), []);
    });
    assert.ok(written() - version <= 3, 'but for what time brings');
    assert.equal(house.state().seq, before1);
    assert.equal(
      (await house.call('GET', `/workspaces/${agent.id}/assignments?max=1000`, { token: agent.token })).status,
      400,
    );
  });

  test('claims and hangs up without end: it is held off, and costs its task no attempt', async () => {
    const agent = await hostile();
    const id = await agent.delegate();
    for (let tries = 0; tries < 200; tries += 1) {
      const gone = new AbortController();
      const path = `/workspaces/${agent.id}/assignments?wait=1`;
      const asking = house.call('GET', path, { token: agent.token, signal: gone.signal });
      setImmediate(() => gone.abort());
      await asking.then(
        ({ status }) => assert.equal(status, 200),
        (error: unknown) => assert.equal((error as Error).name, 'AbortError'),
      );
    }
    assert.ok(events(id, 'dispatched') <= 100, String(events(id, 'dispatched')));
    assert.ok(['queued', 'dispatched', 'failed'].includes((await agent.look(id)).status));
  });
});

describe('an agent that answers more than once', () => {
  const ENDINGS: Record<string, [object, object]> = {
    'the same twice': [{ text: 'a' }, { text: 'a' }],
    'another text': [{ text: 'a' }, { text: 'b' }],
    'a failure after a result': [{ text: 'a' }, { error: 'no' }],
    'a result after a failure': [{ error: 'no' }, { text: 'a' }],
  };
  for (const [what, [first, second]] of Object.entries(ENDINGS)) {
    test(`D2: ${what}: there is one ending, and the second is kept as evidence at most`, async () => {
      const agent = await hostile();
      const [id, { epoch }] = await given(agent);
      const verb = (body: object) => ('error' in body ? 'fail' : 'complete');
      assert.equal((await agent.say(id, verb(first), { epoch, ...first })).status, 200);
      const again = await agent.say(id, verb(second), { epoch, ...second });
      assert.equal(again.status, what === 'the same twice' ? 200 : 409);
      assert.equal((await agent.look(id)).status, 'error' in first ? 'failed' : 'completed');
      assert.equal(events(id, 'settled'), 1);
    });
  }

  test('D2: on ten connections in the same moment: one ending, one notice, and bounded evidence', async () => {
    const agent = await hostile();
    const [id, { epoch }] = await given(agent);
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, index) =>
        index % 2 === 0
          ? agent.say(id, 'complete', { epoch, text: `result ${index}` })
          : agent.say(id, 'fail', { epoch, error: `error ${index}` }),
      ),
    );
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    assert.equal(answers.filter(({ status }) => status === 409).length, 39);
    assert.equal(events(id, 'settled'), 1);
    const ended = await house.ended(agent.lead, id);
    assert.equal((ended['late_results'] as unknown[]).length, 8);
    assert.equal((await house.call('GET', `/workspaces/${agent.lead}/inbox`)).rows.length, 1);
  });
});

describe('an agent that speaks of what is not its own', () => {
  test('is refused under any epoch but its own, and in no number that is none; nothing is written', async () => {
    const agent = await hostile();
    const [id, { epoch }] = await given(agent);
    const lines = linesAbout(agent);
    const tried = new Map<unknown, number>();
    for (const other of [epoch - 1, epoch + 1, 2 ** 31 - 1, 2 ** 31, 2 ** 53, -1, 1e308, 0.5, '1', null, true, [1]]) {
      for (const [verb, body] of Object.entries({ ack: {}, progress: {}, renew: {}, complete: { text: 'x' } })) {
        const refused = await agent.say(id, verb, { ...body, epoch: other });
        tried.set(other, refused.status);
        assert.ok([400, 409].includes(refused.status), `${String(other)} ${verb}: ${refused.text}`);
      }
    }
    assert.deepEqual([...tried.values()], [409, 409, 409, 400, 400, 400, 400, 400, 400, 400, 400, 400]);
    assert.deepEqual([linesAbout(agent), (await agent.look(id)).status], [lines, 'dispatched']);
  });

  test('D13: learns nothing of the work of another, in its organisation or in another', async () => {
    const [agent, peer, far] = [await hostile(), await hostile(), await hostile({ org: 'elsewhere' })];
    const absent = `dlg_${'0'.repeat(26)}aaaa`;
    const words = new Set<string>();
    for (const victim of [peer, far]) {
      const [id, { epoch }] = await given(victim);
      const lines = linesAbout(agent, peer, far);
      for (const [verb, body] of Object.entries({
        ack: {},
        renew: {},
        ask: { question: 'q' },
        complete: { text: 'x' },
      })) {
        const mine = await agent.say(id, verb, { ...body, epoch });
        const none = await agent.say(absent, verb, { ...body, epoch });
        assert.deepEqual([mine.status, mine.text], [404, none.text], verb);
        words.add(mine.text);
        const path = `/workspaces/${victim.id}/assignments/${id}/${verb}`;
        const theirs = await house.call('POST', path, { token: agent.token, body: { ...body, epoch } });
        assert.equal(theirs.status, victim === far ? 404 : 403, theirs.text);
      }
      const renewed = await house.call('POST', `/workspaces/${agent.id}/assignments/renew`, {
        token: agent.token,
        body: {
          assignments: [
            { delegation_id: id, epoch },
            { delegation_id: absent, epoch },
          ],
        },
      });
      assert.deepEqual(
        renewed.rows.map(({ code }) => code),
        ['not_found', 'not_found'],
      );
      assert.equal(
        (await house.call('GET', `/workspaces/${victim.id}/assignments`, { token: agent.token })).status,
        victim === far ? 404 : 403,
      );
      assert.equal(linesAbout(agent, peer, far), lines);
      assert.equal((await victim.look(id)).status, 'dispatched');
    }
    assert.equal(words.size, 1);
  });

  test('cannot take the seat of another, nor beat for it, nor change its card', async () => {
    const [agent, peer, far] = [await hostile(), await hostile(), await hostile({ org: 'elsewhere' })];
    const lines = linesAbout(agent, peer, far, NOBODY);
    for (const { id } of [peer, far, NOBODY]) {
      const url = 'http://127.0.0.1:9/';
      const register = await house.call('POST', '/registry/register', { token: agent.token, body: { id, url } });
      assert.equal(register.status, 403);
      for (const [path, body] of Object.entries({
        '/registry/heartbeat': { leaving: true },
        '/registry/update-card': { agent_card: { url: 'http://evil.example/' } },
      })) {
        const refused = await house.call('POST', path, { token: agent.token, body: { workspace_id: id, ...body } });
        assert.equal(refused.status, id === peer.id ? 403 : 404, `${path} ${id}: ${refused.text}`);
      }
    }
    assert.equal(linesAbout(agent, peer, far, NOBODY), lines);
    const card = { url: 'http://169.254.169.254/', name: 'Another', skills: [{ id: 'x', name: '\u001B[2J' }] };
    await house.call('POST', '/registry/update-card', {
      token: agent.token,
      body: { workspace_id: agent.id, agent_card: card },
    });
    const found = await house.call('GET', `/registry/discover/${agent.id}`, {
      headers: { 'x-workspace-id': agent.lead },
    });
    assert.ok(String(found.body['url']).startsWith(house.url), 'its card says nothing about where it is reached');
  });

  test('sends a card that is too large or too deep, and is refused', async () => {
    const agent = await hostile();
    const send = async (raw: string) => house.call('POST', '/registry/update-card', { token: agent.token, raw });
    const deep = `{"workspace_id":"${agent.id}","agent_card":{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}}`;
    assert.equal((await send(deep)).status, 400);
    const large = JSON.stringify({ workspace_id: agent.id, agent_card: { a: 'x'.repeat(1024 * 1024) } });
    assert.deepEqual([(await send(large)).status, (await send(large)).body.code], [413, 'too_large']);
    const wide = JSON.stringify({ workspace_id: agent.id, agent_card: { a: 'x'.repeat(256 * 1024) } });
    assert.equal((await send(wide)).status, 400);
    const named = { id: agent.id, agent_card: { name: `\u001B[2J${'x'.repeat(60_000)}` } };
    const { status } = await house.call('POST', '/registry/register', { token: agent.token, body: named });
    assert.equal(status, 200);
    const { body } = await house.call('GET', `/workspaces/${agent.id}`);
    assert.ok(String(body['name']).length <= 200);
    await othersGoOn();
  });

  test('says of its own state what no number can be, and is refused or shown as it is', async () => {
    const agent = await hostile();
    const beat = async (more: object) =>
      house.call('POST', '/registry/heartbeat', { token: agent.token, body: { workspace_id: agent.id, ...more } });
    for (const [field, value] of [
      ['active_tasks', 1e308],
      ['uptime_seconds', -1e308],
      ['error_rate', 1e308],
      ['current_task', '\u0000\u001B[2J\uD800'],
    ] as const) {
      const { status } = await beat({ [field]: value });
      assert.ok(status === 200 || status === 400, `${field}: ${status}`);
    }
    assert.equal((await beat({ current_task: 'x'.repeat(500_000) })).status, 200);
    const shown = await house.call('GET', `/workspaces/${agent.id}`);
    assert.ok(shown.text.length < 5000, 'a row that is read often stays small');
    assert.equal((await house.call('GET', `/workspaces/${agent.id}`)).status, 200);
    assert.equal((await house.call('GET', '/workspaces')).status, 200);
  });
});

describe('the token of an attempt', () => {
  test('that is forged, cut, or of another is worth nothing', async () => {
    const agent = await hostile({ capacity: 2 });
    const [id, { epoch, attempt_token: token }] = await given(agent);
    const [other, { attempt_token: others }] = await given(agent);
    const [body = '', ...rest] = token.slice('att_'.length).split('.');
    const signature = others.split('.').at(-1) ?? '';
    const forged = [
      `att_${'x'.repeat(60)}`,
      'att_',
      'att_..',
      `att_..${'x'.repeat(32)}`,
      token.slice(0, -1),
      `${token}x`,
      `${token}.x`.replace('.x', ''.padEnd(32, 'A')),
      `att_${body}.${rest[0] ?? ''}.${signature}`,
      `att_${body}.${Number(rest[0]) + 1}.${rest[1] ?? ''}`,
      `att_${Buffer.from(other).toString('base64url')}.${rest[0] ?? ''}.${rest[1] ?? ''}`,
      `att_${Buffer.from(`${id}\u0000`).toString('base64url')}.${rest.join('.')}`,
      token.toUpperCase(),
    ];
    for (const one of forged) {
      const refused = await agent.say(id, 'ack', { epoch }, one);
      assert.deepEqual([refused.status, refused.body.code], [401, 'unauthenticated'], one);
    }
    assert.equal((await agent.say(other, 'ack', { epoch: 1 }, token)).status, 403, 'of another task');
    assert.equal((await agent.say(id, 'ack', { epoch }, token)).status, 200, 'and the real one is good');
  });

  test('opens nothing that outlives the attempt, and dies with it', async () => {
    const agent = await hostile({ capacity: 2 });
    const [id, { epoch, attempt_token: token }] = await given(agent);
    const call = async (method: string, path: string, body?: object) =>
      (await house.call(method, path, { token, ...(body === undefined ? {} : { body }) })).status;
    const own = `/workspaces/${agent.id}`;
    assert.equal(await call('GET', `${own}/assignments`), 403);
    assert.equal(await call('POST', `${own}/tokens`, { name: 'mine' }), 403);
    assert.equal(await call('GET', `${own}/tokens`), 403);
    assert.equal(await call('POST', '/registry/register', { id: agent.id }), 403);
    assert.equal(await call('GET', `/workspaces/${agent.lead}/inbox`), 403);
    assert.equal(await call('GET', `/workspaces/${agent.lead}/delegations/${id}`), 403);
    assert.ok([403, 404].includes(await call('GET', '/admin/delegations')));
    assert.equal((await agent.say(id, 'complete', { epoch, text: 'x' }, token)).status, 200);
    for (const verb of ['ack', 'renew', 'complete']) {
      assert.equal((await agent.say(id, verb, { epoch, text: 'y' }, token)).status, 401, 'after the ending');
    }
    assert.equal(await call('GET', `/workspaces/${agent.id}`), 401);
  });
});

describe('an agent that returns too much', () => {
  test('has its body refused while it is read, and nobody holds it in memory', async () => {
    const agent = await hostile();
    const [id, { epoch }] = await given(agent);
    const residentBefore = process.memoryUsage().rss;
    const piece = Buffer.alloc(1024 * 1024, 'x');
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        sent += 1;
        controller.enqueue(sent === 1 ? Buffer.from(`{"epoch":${epoch},"text":"`) : piece);
        if (sent > 1024) {
          controller.close();
        }
      },
    });
    const path = `${house.url}/workspaces/${agent.id}/assignments/${id}/complete`;
    const headers = { authorization: `Bearer ${agent.token}`, 'content-type': 'application/json' };
    const answer = await fetch(path, { method: 'POST', headers, body, duplex: 'half' } as RequestInit).then(
      (response) => response.status,
      () => 0,
    );
    assert.ok(answer === 413 || answer === 0, String(answer));
    assert.ok(sent < 200, `it was let send ${sent} MB`);
    assert.ok(process.memoryUsage().rss - residentBefore < 300 * 1024 * 1024);
    assert.equal((await agent.look(id)).status, 'dispatched');
    await othersGoOn();
    const tooLarge = await agent.say(id, 'complete', { epoch, text: 'x'.repeat(9 * 1024 * 1024) });
    assert.equal(tooLarge.status, 200);
    const ended = await house.ended(agent.lead, id);
    assert.deepEqual([ended.status, ended.reason], ['failed', 'result_too_large']);
  });
});
