/**
 * Several platforms on one PostgreSQL: whichever is asked, it is one line, one queue, one inbox.
 *
 * Each house is a platform with connections, clockwork and deliveries of its own; what one commits the others hear of.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { openServer, type TestServer } from '../support/postgres.ts';
import { openStream } from './sse-reader.ts';
import { openHouse, until, type House } from './support.ts';

let server: TestServer;
let url: string;
let one: House;
let two: House;
let count = 0;

/** Well under the second after which a platform would find out by itself. */
const SOON_MS = 700;

before(async () => {
  server = await openServer();
  url = await server.database();
  [one, two] = await Promise.all([house(), house()]);
  await one.seat('lead');
});

after(async () => {
  await Promise.all([one.close(), two.close()]);
  await server.close();
});

let name: string;

beforeEach(() => {
  count += 1;
  name = `peer-${count}`;
});

async function house(environment: Record<string, string> = {}): Promise<House> {
  return openHouse({ open: false, environment: { DATABASE_URL: url, ...environment } });
}

/** A peer that holds every message until it is let go. */
async function holding(at: House, capacity: number) {
  const held: (() => void)[] = [];
  let running = 0;
  let started = 0;
  let most = 0;
  const peer = await at.peer(async () => {
    running += 1;
    started += 1;
    most = Math.max(most, running);
    await new Promise<void>((resolve) => {
      held.push(resolve);
    });
    running -= 1;
    return { do: 'answer', text: 'ok' };
  });
  await at.seat(name, { url: peer.url, capacity });
  return {
    running: () => running,
    started: () => started,
    most: () => most,
    letGo() {
      for (const go of held.splice(0)) {
        go();
      }
    },
  };
}

async function statusAt(at: House, id: string): Promise<string> {
  return (await at.call('GET', `/workspaces/lead/delegations/${id}`)).body.status;
}

describe('platforms on one database', () => {
  test('take the same keys, and any of them serves any request', async () => {
    assert.equal(one.platform.operatorKey, two.platform.operatorKey);
    const peer = await two.peer({ do: 'answer', text: 'ok' });
    const { token } = await two.seat(name, { url: peer.url });
    const { delegation_id: id } = await one.delegate('lead', name);
    const seen = await two.ended('lead', id);
    assert.equal(seen.status, 'completed');
    assert.equal(seen.result.text, 'ok');
    const own = await one.call('GET', `/workspaces/${name}`, { token });
    assert.equal(own.status, 200, own.text);
    const log = await two.call('GET', '/workspaces/lead/audit?verify=1&limit=1');
    assert.equal((log.body as Record<string, unknown>)['chain_valid'], true);
  });

  test('D16: what was accepted at one is handed over by the other, whose commit freed the slot', async () => {
    const peer = await holding(one, 1);
    const first = await one.delegate('lead', name);
    await until('the first runs', () => peer.running() === 1);
    const second = await two.delegate('lead', name);
    assert.equal(await statusAt(one, second.delegation_id), 'queued');
    peer.letGo();
    await until('the second runs', () => peer.started() === 2);
    assert.equal(await statusAt(two, first.delegation_id), 'completed');
    peer.letGo();
    assert.equal((await two.ended('lead', second.delegation_id)).status, 'completed');
  });

  test('D9: capacity holds across all of them, whoever asks', async () => {
    const peer = await holding(one, 3);
    const made = await Promise.all(
      Array.from({ length: 24 }, async (_, index) => (index % 2 === 0 ? one : two).delegate('lead', name)),
    );
    const ended = Promise.all(made.map(async ({ delegation_id: id }) => two.ended('lead', id)));
    let isOver = false;
    void ended.finally(() => {
      isOver = true;
    });
    await until('all have ended', () => {
      peer.letGo();
      return isOver;
    });
    assert.deepEqual(new Set((await ended).map(({ status }) => status)), new Set(['completed']));
    assert.equal(peer.most(), 3);
  });

  test('D9: the bound of a queue holds across all of them', async () => {
    const three = await house({ ERRAND_QUEUE_PER_CALLEE_MAX: '5' });
    const four = await house({ ERRAND_QUEUE_PER_CALLEE_MAX: '5' });
    const peer = await holding(three, 1);
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, index) =>
        (index % 2 === 0 ? three : four).call('POST', '/workspaces/lead/delegate', {
          body: { target_id: name, task: 'do it' },
        }),
      ),
    );
    const accepted = answers.filter(({ status }) => status === 202);
    const refused = answers.filter(({ status }) => status === 429);
    assert.deepEqual([accepted.length, refused.length], [6, 14]);
    assert.ok(refused.every(({ headers }) => headers.get('retry-after') !== null));
    await Promise.all(
      accepted.map(async ({ body }) =>
        one.call('POST', `/workspaces/lead/delegations/${body.delegation_id}/cancel`, { body: {} }),
      ),
    );
    peer.letGo();
    await Promise.all(accepted.map(async ({ body }) => one.ended('lead', body.delegation_id)));
    await three.close();
    await four.close();
  });

  test('D7: who waits at one is woken by an ending at the other: by poll, by inbox, by stream', async () => {
    const peer = await holding(one, 4);
    const stream = await openStream(two, '/workspaces/lead/events/stream');
    const { delegation_id: id } = await one.delegate('lead', name);
    await until('it runs', () => peer.running() === 1);
    const { version } = (await two.call('GET', `/workspaces/lead/delegations/${id}`)).body;
    const inbox = async (): Promise<boolean> => {
      const { rows } = await two.call('GET', '/workspaces/lead/inbox?wait=10&limit=50');
      await two.call('POST', '/workspaces/lead/inbox/ack', { body: { ids: rows.map((row) => row.id) } });
      return rows.some((row) => row.delegation_id === id) || inbox();
    };
    await two.call('POST', '/workspaces/lead/inbox/ack', {
      body: { ids: (await two.call('GET', '/workspaces/lead/inbox?limit=100')).rows.map((row) => row.id) },
    });
    const polled = two.call('GET', `/workspaces/lead/delegations/${id}?wait=10&since=${version}`);
    const told = inbox();
    const streamed = stream.take((frames) =>
      frames.some(({ data }) => data['delegation_id'] === id && data['type'] === 'delegation.settled'),
    );
    const from = performance.now();
    peer.letGo();
    assert.equal((await polled).body.status, 'completed');
    assert.equal(await told, true);
    const seqs = (await streamed).map(({ id: seq }) => seq ?? 0);
    const tookMs = performance.now() - from;
    assert.ok(tookMs < SOON_MS, `it took ${Math.round(tookMs)} ms`);
    assert.deepEqual(
      seqs,
      seqs.toSorted((left, right) => left - right),
      'D14: a stream never goes back',
    );
    stream.close();
  });

  test('D10: a cancel at one stops what runs at the other', async () => {
    const peer = await one.peer({ do: 'task', steps: [{ state: 'working' }], stepMs: 60_000 });
    await one.seat(name, { url: peer.url });
    const { delegation_id: id } = await one.delegate('lead', name);
    await until('it is under way', async () => (await statusAt(two, id)) === 'in_progress');
    const from = performance.now();
    await two.call('POST', `/workspaces/lead/delegations/${id}/cancel`, { body: {} });
    assert.equal((await two.ended('lead', id)).status, 'cancelled');
    const tookMs = performance.now() - from;
    assert.ok(tookMs < SOON_MS, `it took ${Math.round(tookMs)} ms`);
  });

  test('hand over what they run when they stop, and the others go on with it at once', async () => {
    const three = await house();
    const peer = await holding(one, 1);
    const { delegation_id: id } = await three.delegate('lead', name);
    await until('it runs', () => peer.running() === 1);
    await three.close();
    await until('it runs again', () => peer.started() === 2);
    peer.letGo();
    assert.equal((await two.ended('lead', id)).status, 'completed');
  });
});

describe('a database that goes away', () => {
  test('E1: is 503 with Retry-After meanwhile and never a wrong answer, and then everything goes on', async (t) => {
    if (server.restart === undefined) {
      t.skip('TEST_DATABASE_URL names a server that is not ours to stop');
      return;
    }
    const peer = await holding(one, 2);
    const { delegation_id: id } = await one.delegate('lead', name);
    await until('it runs', () => peer.running() === 1);
    const back = server.restart(1000);
    const answers = await until('it is away', async () => {
      const said = { body: { target_id: name, task: 'while it is away' } };
      const tried = await Promise.all([
        one.call('POST', '/workspaces/lead/delegate', said),
        two.call('GET', `/workspaces/lead/delegations/${id}`),
      ]);
      return tried.every(({ status }) => status === 503) && tried;
    });
    for (const { headers, body } of answers) {
      assert.equal(body.code, 'unavailable');
      assert.ok(Number(headers.get('retry-after')) >= 1);
      assert.doesNotMatch(body.error, /127\.0\.0\.1|ECONN/u, 'nothing of the inside is told');
    }
    // What the callee brings while nobody can write it is kept until somebody can.
    peer.letGo();
    await back;
    const seen = await until('it answers again', async () => {
      const answer = await two.call('GET', `/workspaces/lead/delegations/${id}`);
      return answer.status === 200 && answer.body.status === 'completed' && answer.body;
    });
    assert.equal(seen.result.text, 'ok');
    await until('it takes work again', async () => {
      const answer = await one.call('POST', '/workspaces/lead/delegate', { body: { target_id: name, task: 'again' } });
      peer.letGo();
      return answer.status === 202;
    });
    peer.letGo();
  });
});
