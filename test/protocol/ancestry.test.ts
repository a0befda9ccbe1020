/**
 * The chain of delegations is kept by the platform, from the token of the attempt that delegates on: no cycle, no excess
 * depth or fan-out, and a token that is worth one attempt and no more. And who may talk to whom.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openHouse, type Fields, type House } from './support.ts';

let house: House;
const keys = new Map<string, string>();

before(async () => {
  house = await openHouse({
    open: false,
    environment: { ERRAND_DEPTH_MAX: '3', ERRAND_FAN_OUT_PARENT_MAX: '4', ERRAND_FAN_OUT_ROOT_MAX: '5' },
  });
});

after(async () => house.close());

async function seat(id: string, more: Record<string, unknown> = {}): Promise<string> {
  keys.set(id, (await house.seat(id, { pull: true, capacity: 100, ...more })).token);
  return id;
}

async function send(from: string, to: string, token = keys.get(from), more: object = {}) {
  return house.call('POST', `/workspaces/${from}/delegate`, { token, body: { target_id: to, task: 'x', ...more } });
}

/** Delegates and has it fetched; answers with the assignment, and its token. */
async function handOver(from: string, to: string, token?: string): Promise<Fields> {
  const sent = await send(from, to, token);
  assert.equal(sent.status, 202, sent.text);
  const fetched = await house.call('GET', `/workspaces/${to}/assignments?max=100`, { token: keys.get(to) });
  const assignment = fetched.rows.find(({ delegation_id: id }) => id === sent.body.delegation_id);
  assert.ok(assignment !== undefined);
  return assignment;
}

async function lastDenial(workspace: string): Promise<Fields | undefined> {
  const { rows } = await house.call('GET', `/workspaces/${workspace}/activity?limit=5`, { token: keys.get(workspace) });
  return rows.find((event) => event['type'] === 'access.denied')?.['data'] as Fields | undefined;
}

describe('a chain of delegations', () => {
  test('cannot come back to who waits for it, and no claim in the body shortens it', async () => {
    await Promise.all(['c1', 'c2', 'c3'].map(async (id) => seat(id)));
    const one = await handOver('c1', 'c2');
    const two = await handOver('c2', 'c3', one.attempt_token);
    for (const [target, code] of Object.entries({ c1: 'cycle', c2: 'cycle', c3: 'self_delegation' })) {
      const forged = { parent: null, parent_id: null, root: null, depth: 1, attempt_token: '' };
      const answer = await send('c3', target, two.attempt_token, forged);
      assert.equal(answer.body.code, code, `${target}: ${answer.text}`);
    }
    assert.equal((await lastDenial('c3'))?.code, 'cycle');
    const shown = await house.call('GET', `/workspaces/c3/delegations/${two.delegation_id}`, { token: keys.get('c3') });
    assert.deepEqual([shown.body['parent_id'], shown.body['depth']], [one.delegation_id, 2]);
  });

  test('is at most so deep', async () => {
    await Promise.all(['d1', 'd2', 'd3', 'd4', 'd5'].map(async (id) => seat(id)));
    let token = keys.get('d1');
    for (const [from, to] of [
      ['d1', 'd2'],
      ['d2', 'd3'],
      ['d3', 'd4'],
    ] as const) {
      token = (await handOver(from, to, token)).attempt_token;
    }
    const answer = await send('d4', 'd5', token);
    assert.deepEqual([answer.status, answer.body.code], [403, 'depth_exceeded']);
    assert.equal((await send('d4', 'd5')).status, 202, 'with its own key it begins a chain of its own');
  });

  test('is at most so wide under one, and under all of it', async () => {
    await Promise.all(['f1', 'f2', 'f3', 'f4'].map(async (id) => seat(id)));
    const root = await handOver('f1', 'f2');
    for (let index = 0; index < 4; index += 1) {
      assert.equal((await send('f2', 'f3', root.attempt_token)).status, 202);
    }
    const wide = await send('f2', 'f3', root.attempt_token);
    assert.deepEqual([wide.status, wide.body.code], [429, 'fan_out_exceeded']);
    assert.ok(Number(wide.headers.get('retry-after')) >= 1);
    const [child] = (await house.call('GET', '/workspaces/f3/assignments', { token: keys.get('f3') })).rows;
    assert.equal((await send('f3', 'f4', child?.attempt_token)).status, 202, 'the fifth under the root');
    const all = await send('f3', 'f4', child?.attempt_token);
    assert.equal(all.body.code, 'fan_out_exceeded', all.text);
    const body = { tasks: Array.from({ length: 2 }, () => ({ target_id: 'f4', task: 'x' })) };
    const said = { token: child?.attempt_token, body };
    assert.equal((await house.call('POST', '/workspaces/f3/delegate/batch', said)).status, 429);
  });

  test('goes down with the one that is cancelled', async () => {
    await Promise.all(['g1', 'g2', 'g3'].map(async (id) => seat(id)));
    const parent = await handOver('g1', 'g2');
    const child = await send('g2', 'g3', parent.attempt_token);
    const path = `/workspaces/g1/delegations/${parent.delegation_id}`;
    await house.call('POST', `${path}/cancel`, { token: keys.get('g1') });
    const said = { token: keys.get('g2'), body: { epoch: parent.epoch } };
    await house.call('POST', `/workspaces/g2/assignments/${parent.delegation_id}/cancelled`, said);
    assert.equal((await house.ended('g2', child.body.delegation_id)).status, 'cancelled');
  });
});

describe('the token of an attempt', () => {
  test('is worth nothing once the attempt is over, nor with a letter changed', async () => {
    await Promise.all(['t1', 't2', 't3'].map(async (id) => seat(id)));
    const attempt = await handOver('t1', 't2');
    const token = attempt.attempt_token;
    assert.equal((await send('t2', 't3', token)).status, 202);
    for (const forged of [
      token.slice(0, -1),
      `${token}x`,
      token.replace('.1.', '.2.'),
      'att_',
      'att_..',
      'att_a.b.c',
    ]) {
      assert.equal((await send('t2', 't3', forged)).status, 401, forged);
    }
    const body = { epoch: attempt.epoch, text: 'x' };
    const done = await house.call('POST', `/workspaces/t2/assignments/${attempt.delegation_id}/complete`, {
      token,
      body,
    });
    assert.equal(done.status, 200, 'with it the attempt is ended');
    assert.equal((await send('t2', 't3', token)).status, 401);
  });

  test('settles its own attempt and no other, and opens nothing that outlives it', async () => {
    await Promise.all(['o1', 'o2'].map(async (id) => seat(id)));
    const mine = await handOver('o1', 'o2');
    const other = await handOver('o1', 'o2');
    const token = mine.attempt_token;
    const body = { epoch: other.epoch, text: 'forged' };
    const path = `/workspaces/o2/assignments/${other.delegation_id}/complete`;
    assert.equal((await house.call('POST', path, { token, body })).status, 403);
    for (const [method, route, sent] of [
      ['POST', '/workspaces/o2/tokens', {}],
      ['GET', '/workspaces/o2/tokens', undefined],
      ['GET', '/workspaces/o2/assignments', undefined],
      ['POST', '/registry/register', { id: 'o2', url: 'http://127.0.0.1:1/' }],
      ['POST', '/registry/update-card', { workspace_id: 'o2', agent_card: {} }],
      ['GET', '/workspaces/o1/delegations', undefined],
    ] as const) {
      const answer = await house.call(method, route, { token, ...(sent === undefined ? {} : { body: sent }) });
      assert.deepEqual([answer.status, answer.body.code], [403, 'forbidden'], `${method} ${route}`);
    }
  });
});

describe('who may talk to whom', () => {
  before(async () => {
    await seat('boss');
    await seat('left', { parent_id: 'boss' });
    await seat('right', { parent_id: 'boss' });
    await seat('leaf', { parent_id: 'left' });
    await seat('cousin', { parent_id: 'right' });
    await seat('granted', { parent_id: 'right', grants: ['leaf'] });
    await seat('denied', { parent_id: 'left', denials: ['leaf'] });
    await seat('elsewhere', { org: 'other' });
  });

  const ALLOWED = [
    ['left', 'right'],
    ['boss', 'left'],
    ['left', 'boss'],
    ['boss', 'leaf'],
    ['leaf', 'boss'],
    ['granted', 'leaf'],
  ] as const;
  const REFUSED = [
    ['left', 'cousin', 403],
    ['leaf', 'cousin', 403],
    ['leaf', 'granted', 403],
    ['denied', 'leaf', 403],
    ['leaf', 'denied', 403],
    ['boss', 'elsewhere', 404],
    ['elsewhere', 'boss', 404],
    ['boss', 'operator', 403],
  ] as const;

  test('siblings, parents, children, ancestors, and whoever was granted it', async () => {
    for (const [from, to] of ALLOWED) {
      assert.equal((await send(from, to)).status, 202, `${from} to ${to}`);
      const body = { caller_id: from, target_id: to };
      const asked = await house.call('POST', '/registry/check-access', { token: keys.get(from), body });
      assert.equal(asked.body['allowed'], true, `${from} to ${to}`);
      const seen = await house.call('GET', `/workspaces/${to}`, { token: keys.get(from) });
      assert.equal(seen.status, 200);
    }
  });

  test('and nobody else, on no way in', async () => {
    for (const [from, to, status] of REFUSED) {
      const what = `${from} to ${to}`;
      const token = keys.get(from);
      assert.equal((await send(from, to)).status, status, what);
      const record = { target_id: to, task: 'x', delegation_id: `rec-${from}-${to}` };
      const recorded = await house.call('POST', `/workspaces/${from}/delegations/record`, { token, body: record });
      assert.equal(recorded.status, status, what);
      const tasks = { tasks: [{ target_id: to, task: 'x' }] };
      const batch = await house.call('POST', `/workspaces/${from}/delegate/batch`, { token, body: tasks });
      assert.equal(batch.status, status, what);
      const params = { message: { role: 'user', messageId: 'm', parts: [{ kind: 'text', text: 'x' }] } };
      const sent = await house.call('POST', `/workspaces/${to}/a2a`, {
        token,
        body: { method: 'message/send', params },
      });
      assert.equal(sent.status, status, `${what}: ${sent.text}`);
      if (to !== 'operator') {
        assert.equal((await house.call('GET', `/registry/discover/${to}`, { token })).status, status, what);
        const body = { caller_id: from, target_id: to };
        assert.equal(
          (await house.call('POST', '/registry/check-access', { token, body })).body['allowed'],
          false,
          what,
        );
      }
      const { rows } = await house.call('GET', `/registry/${from}/peers`, { token });
      assert.ok(!rows.some(({ id }) => id === to), what);
    }
  });

  test('a role that forbids delegating forbids it everywhere, and the refusal is in the log', async () => {
    await seat('mute', { roles: ['no-delegation'] });
    await seat('reader', { roles: ['read-only', 'operator'] });
    await seat('custom', { roles: ['writer'], allowed_actions: { writer: ['delegate'] } });
    await seat('stripped', { roles: ['operator'], allowed_actions: { operator: [] } });
    await seat('mistyped', { roles: ['opreator'] });
    for (const id of ['mute', 'reader', 'stripped', 'mistyped']) {
      const answer = await send(id, 'boss');
      assert.deepEqual([answer.status, answer.body.code], [403, 'role_forbids'], id);
      assert.match(answer.body.error, /^RBAC: /u);
      assert.equal((await lastDenial(id))?.code, 'role_forbids');
    }
    assert.equal((await send('custom', 'boss')).status, 202);
  });
});
