/**
 * What the original did not outlast: its own time limits (D-09), its retention (D-16), an agent that sleeps (D-25),
 * and a turn that is slower than a sign of life (D-30). One test or two for each, at the HTTP surface.
 *
 * The whole platform runs, and its half hours pass because the clock and the timers of this process are moved by hand.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, mock, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { OriginalRuntime } from './original-runtime.ts';
import { openStream, type Frame } from './sse-reader.ts';
import { openHouse, until, type House } from './support.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

let data: string;
let house: House;

// Once for all: a timer of the hand-moved clock that outlives a `reset` is cleared in the wrong place later.
before(() => mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.now() }));

after(() => mock.timers.reset());

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'errand-outlasting-'));
  house = await begin();
});

afterEach(async () => {
  await passing(house.close());
  rmSync(data, { recursive: true, force: true });
});

/** No delivery gives up before the moment that a test is about. */
async function begin(more: Record<string, string> = {}): Promise<House> {
  const environment = { DELEGATION_TIMEOUT: '86400', ERRAND_STALL_MS: String(24 * 60 * MINUTE), ...more };
  return openHouse({ data, environment });
}

/** Second by second, so that what one brings about is done before the next; `each` happens every thirty of them. */
async function pass(ms: number, each: () => Promise<unknown> = async () => {}): Promise<void> {
  for (let passed = 0; passed < ms; passed += SECOND) {
    mock.timers.tick(SECOND);
    await turn();
    await turn();
    if (passed % (30 * SECOND) === 0) {
      await each();
    }
  }
}

/** Time goes on until this is done. */
async function passing<T>(awaited: Promise<T>): Promise<T> {
  const state = { isOver: false };
  const over = awaited.finally(() => {
    state.isOver = true;
  });
  while (!state.isOver) {
    mock.timers.tick(10);
    await turn();
  }
  return over;
}

async function statusOf(id: string): Promise<string> {
  return (await house.call('GET', `/workspaces/${id}`)).body.status;
}

describe('D-09: the ending that a time limit brings', () => {
  test('is written, streamed and told after the limit is over, and the slot goes to the next', async () => {
    const peer = await house.peer(({ text }) => (text === 'endless' ? { do: 'hang' } : { do: 'answer' }));
    await house.seat('lead');
    await house.seat('peer', { url: peer.url });
    const stream = await openStream(house, '/workspaces/lead/events/stream');
    const deadline = { task: 'endless', deadline_ms: 30 * MINUTE };
    const { delegation_id: id } = await house.delegate('lead', 'peer', deadline);
    const { delegation_id: next } = await house.delegate('lead', 'peer');
    await until('it is under way', () => peer.ledger.arrivals(id) > 0);
    await pass(30 * MINUTE - 2 * SECOND);
    assert.equal((await house.call('GET', `/workspaces/lead/delegations/${id}`)).body.status, 'dispatched');
    await pass(4 * SECOND);
    const ended = await house.ended('lead', id);
    assert.deepEqual([ended.status, ended.reason, ended.error.length > 0], ['failed', 'deadline_exceeded', true]);
    const settled = ({ data: { type } }: Frame): boolean => type === 'delegation.settled';
    const frame = (await stream.take((frames) => frames.some(settled))).find(settled);
    stream.close();
    assert.equal(frame?.data['delegation_id'], id);
    assert.equal((await house.ended('lead', next)).status, 'completed');
    const told = (await house.call('GET', '/workspaces/lead/inbox')).rows;
    assert.deepEqual(
      told.map((notice) => [notice.delegation_id, notice.status]),
      [
        [id, 'failed'],
        [next, 'completed'],
      ],
    );
  });

  test('is written at the next start if the platform was down when it came', async () => {
    const peer = await house.peer({ do: 'hang' });
    await house.seat('lead');
    await house.seat('peer', { url: peer.url });
    const { delegation_id: id } = await house.delegate('lead', 'peer', { deadline_ms: 30 * MINUTE });
    await until('it is under way', () => peer.ledger.arrivals(id) > 0);
    await passing(house.close());
    await pass(31 * MINUTE);
    house = await begin();
    await pass(2 * SECOND);
    const ended = await house.ended('lead', id);
    assert.deepEqual([ended.status, ended.reason], ['failed', 'deadline_exceeded']);
    const [notice] = (await house.call('GET', '/workspaces/lead/inbox')).rows;
    assert.equal(notice?.delegation_id, id);
  });
});

describe('D-16: retention', () => {
  test('takes what is over, told and old, and never what lives or was not told, however old', async () => {
    await passing(house.close());
    house = await begin({ ERRAND_SETTLED_KEPT_MS: String(MINUTE), ERRAND_DEADLINE_MS: String(24 * 60 * MINUTE) });
    const peer = await house.peer({ do: 'answer', text: 'ok' });
    await house.seat('lead');
    await house.seat('peer', { url: peer.url, capacity: 5 });
    await house.seat('asleep', { pull: true });
    const over = [await house.delegate('lead', 'peer'), await house.delegate('lead', 'peer')];
    for (const { delegation_id: id } of over) {
      await house.ended('lead', id);
      await house.call('GET', `/workspaces/lead/delegations/${id}/result`);
    }
    const { delegation_id: untold } = await house.delegate('lead', 'peer');
    await house.ended('lead', untold);
    const { delegation_id: live } = await house.delegate('lead', 'asleep');
    await pass(62 * MINUTE);
    const { rows } = await house.call('GET', '/workspaces/lead/delegations');
    assert.deepEqual(
      rows.map(({ delegation_id: id, status }) => [id, status]),
      [
        [live, 'queued'],
        [untold, 'completed'],
      ],
    );
    for (const { delegation_id: id } of over) {
      assert.equal((await house.call('GET', `/workspaces/lead/delegations/${id}`)).status, 404);
    }
    const [assignment] = (await house.call('GET', '/workspaces/asleep/assignments')).rows;
    assert.equal(assignment?.delegation_id, live, 'it is worked on still');
  });

  test('comes to what is old even where no platform is ever up for an hour', async () => {
    await passing(house.close());
    const kept = { ERRAND_SETTLED_KEPT_MS: String(MINUTE) };
    house = await begin(kept);
    const peer = await house.peer({ do: 'answer', text: 'ok' });
    await house.seat('lead');
    await house.seat('peer', { url: peer.url });
    const { delegation_id: id } = await house.delegate('lead', 'peer');
    await house.ended('lead', id);
    await house.call('GET', `/workspaces/lead/delegations/${id}/result`);
    for (let days = 0; days < 3; days += 1) {
      await passing(house.close());
      house = await begin(kept);
      await pass(10 * MINUTE);
    }
    assert.equal((await house.call('GET', `/workspaces/lead/delegations/${id}`)).status, 404);
  });
});

describe('D-25: an agent that sleeps', () => {
  test('is sent to, spends no attempt, and has it as soon as it wakes at a new address', async () => {
    const old = await house.peer({ do: 'answer' });
    await house.seat('lead');
    await house.seat('peer', { url: old.url });
    const [lead, callee] = [new OriginalRuntime(house.url, 'lead'), new OriginalRuntime(house.url, 'peer')];
    await callee.heartbeat();
    await old.close();
    await pass(4 * MINUTE);
    assert.equal(await statusOf('peer'), 'offline');
    const { delegation_id: id } = await house.delegate('lead', 'peer');
    const sent = await lead.message(`${house.url}/workspaces/peer/a2a`, 'd25', { attempt: 0, task: 'x' });
    assert.deepEqual([sent.status, sent.body['queued']], [202, true]);
    await pass(20 * MINUTE);
    const { body: waiting } = await house.call('GET', `/workspaces/lead/delegations/${id}`);
    assert.deepEqual([waiting.status, waiting['attempts']], ['queued', 0]);
    assert.equal((waiting['waiting_for'] as { cause: string }).cause, 'callee_offline');
    const young = await house.peer({ do: 'answer', text: 'awake' });
    await house.call('POST', '/registry/register', { body: { id: 'peer', url: young.url } });
    assert.equal((await house.ended('lead', id)).result.text, 'awake');
    assert.deepEqual(await lead.settled('d25'), { status: 'completed', result: 'awake' });
  });

  for (const [word, status] of Object.entries({ pause: 'paused', drain: 'draining', silence: 'offline' })) {
    test(`is kept ${status} by a real store, over a restart, with all that was sent to it`, async () => {
      await house.seat('lead');
      await house.seat('peer', { url: (await house.peer({ do: 'answer' })).url });
      const heartbeat = { body: { workspace_id: 'peer' } };
      await house.call('POST', '/registry/heartbeat', heartbeat);
      await (word === 'silence' ? pass(4 * MINUTE) : house.call('POST', `/workspaces/peer/${word}`));
      const { delegation_id: id } = await house.delegate('lead', 'peer');
      await passing(house.close());
      house = await begin();
      assert.equal(await statusOf('peer'), status);
      const peer = await house.peer({ do: 'answer', text: 'awake' });
      await house.call('PATCH', '/workspaces/peer', { body: { url: peer.url } });
      await pass(10 * SECOND);
      assert.equal(peer.ledger.arrivalsAll, 0, 'it sleeps');
      await house.call('POST', '/registry/heartbeat', heartbeat);
      await house.call('POST', '/workspaces/peer/resume');
      assert.equal((await house.ended('lead', id)).result.text, 'awake');
    });
  }
});

describe('D-30: a turn that is slower than a sign of life', () => {
  test('keeps no heartbeat waiting: whoever waits on two calls at once beats, and stays online', async () => {
    const slow = await house.peer({ do: 'answer', text: 'at last', afterMs: 3.5 * MINUTE });
    await house.seat('lead');
    await house.seat('peer', { url: slow.url });
    const lead = new OriginalRuntime(house.url, 'lead');
    const turnOfIts = lead.message(`${house.url}/workspaces/peer/a2a`, 'd30', { attempt: 0, task: 'x' });
    const poll = house.call('GET', '/workspaces/lead/inbox?wait=60');
    await until('it is under way', () => slow.ledger.arrivalsAll > 0);
    await pass(3.4 * MINUTE, async () => {
      assert.equal((await lead.heartbeat({ error_rate: 0.25, current_task: 'waits' })).status, 200);
      assert.equal(await statusOf('lead'), 'online');
    });
    assert.equal((await poll).status, 200);
    const { body: seat } = await house.call('GET', '/workspaces/lead');
    assert.deepEqual(
      [seat['last_error_rate'], seat['current_task']],
      [0.25, 'waits'],
      'what it says of itself is kept',
    );
    assert.equal((await passing(turnOfIts)).status, 200);
  });

  test('takes no work from a callee that beats no more for it: no second start, and its answer counts', async () => {
    const slow = await house.peer({ do: 'answer', text: 'at last', afterMs: 10 * MINUTE });
    await house.seat('lead');
    await house.seat('peer', { url: slow.url });
    await new OriginalRuntime(house.url, 'peer').heartbeat();
    const { delegation_id: id } = await house.delegate('lead', 'peer');
    const { delegation_id: next } = await house.delegate('lead', 'peer');
    await until('it is under way', () => slow.ledger.arrivalsAll > 0);
    await pass(9 * MINUTE);
    assert.equal(await statusOf('peer'), 'offline', 'it was silent for longer than a live one is');
    await pass(2 * MINUTE);
    const ended = await house.ended('lead', id);
    assert.deepEqual([ended.status, ended.result.text, ended['attempts']], ['completed', 'at last', 1]);
    assert.equal(slow.ledger.arrivals(id), 1);
    await new OriginalRuntime(house.url, 'peer').heartbeat();
    await until('the next is under way', () => slow.ledger.arrivals(next) > 0);
    await pass(11 * MINUTE);
    assert.equal((await house.ended('lead', next)).status, 'completed');
  });
});
