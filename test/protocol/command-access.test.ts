/**
 * A program runs on the platform's machine: its operator alone says what it is, and nobody else is shown how it is
 * started, wherever they look.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { nobodyLeft } from '../unit/carriers/command/outside.ts';
import { nameOf, pathOf, table } from './route-table.ts';
import { openHouse, until, type House } from './support.ts';

const CANARY = 'CANARY-HERON';
const COMMAND = { run: ['/bin/sh', '-c', 'echo "$ERRAND_TOKEN" >&2; while :; do sleep 0.05; done', CANARY] };

let house: House;
const keys: Record<string, string> = {};
let did: string;

before(async () => {
  house = await openHouse({ open: false });
  const org = await house.call('POST', '/org/tokens', { body: { name: 'org' } });
  keys['org'] = String(org.body['auth_token']);
  const other = await house.call('POST', '/org/tokens', { body: { name: 'other', org: 'other' } });
  keys['other organisation'] = String(other.body['auth_token']);
  keys['peer'] = (await house.seat('peer')).token;
  keys['program'] = (await house.seat('program', { command: COMMAND, role: 'waits' })).token;
  const sent = await house.call('POST', '/workspaces/peer/delegate', {
    ...{ token: keys['peer'], body: { target_id: 'program', task: 'x' } },
  });
  did = sent.body.delegation_id;
  keys['attempt'] = await until('its token', async () => {
    const { body } = await house.call('GET', `/workspaces/peer/delegations/${did}`);
    return (body['progress'] as { message?: string } | undefined)?.message;
  });
});

after(async () => {
  await house.call('POST', `/workspaces/peer/delegations/${did}/cancel`);
  await house.close();
  await nobodyLeft();
});

describe('a program', () => {
  test('is registered and shown by the operator of the platform', async () => {
    const { body } = await house.call('GET', '/workspaces/program');
    assert.deepEqual((body['command'] as { run: string[] }).run, COMMAND.run);
  });

  test('is registered and changed by nobody else', async () => {
    for (const [who, token] of Object.entries(keys)) {
      const made = await house.call('POST', '/workspaces', { token, body: { name: 'x', command: '/bin/true' } });
      assert.equal(made.status, 403, `${who}: ${made.text}`);
      for (const command of ['/bin/true', COMMAND]) {
        const changed = await house.call('PATCH', '/workspaces/program', { token, body: { command } });
        assert.ok([403, 404].includes(changed.status), `${who}: ${changed.text}`);
      }
      const body = { id: 'peer', name: 'peer', url: null, agent_card: {}, command: '/bin/true' };
      const said = await house.call('POST', '/registry/register', { token, body });
      assert.ok(!said.text.includes('/bin/true'), who);
    }
    const { body } = await house.call('GET', '/workspaces/peer');
    assert.equal(body['command'], undefined);
  });

  test('keeps its name in the hands of its organisation, which is not shown the line', async () => {
    const changed = await house.call('PATCH', '/workspaces/program', { token: keys['org'], body: { role: 'helps' } });
    assert.equal(changed.status, 200, changed.text);
    assert.ok(!changed.text.includes(CANARY) && changed.body['command'] === undefined, changed.text);
    const { body } = await house.call('GET', '/workspaces/program');
    assert.deepEqual((body['command'] as { run: string[] }).run, COMMAND.run);
  });

  test('runs as often at once as those say who run the platform, and nobody else', async () => {
    const changed = await house.call('PATCH', '/workspaces/program', { token: keys['org'], body: { capacity: 9000 } });
    assert.equal(changed.status, 403, changed.text);
    const body = { id: 'program', capacity: 9000 };
    assert.equal((await house.call('POST', '/registry/register', { token: keys['org'], body })).status, 200);
    const seat = await house.call('GET', '/workspaces/program');
    assert.notEqual(seat.body['capacity'], 9000);
    assert.equal((await house.call('PATCH', '/workspaces/program', { body: { capacity: 2 } })).status, 200);
  });

  test('is seen by no other, in whatever can be read', { timeout: 100_000 }, async () => {
    const reads = table.filter(({ method, path }) => method === 'GET' && !path.includes('stream'));
    assert.ok(reads.length > 15);
    for (const [who, token] of Object.entries(keys)) {
      for (const route of reads) {
        for (const id of ['program', 'peer']) {
          const path = pathOf(route, { id, did, target: 'program' });
          const answer = await house.call('GET', path, { token, signal: AbortSignal.timeout(5000) });
          assert.ok(!answer.text.includes(CANARY), `${who}: ${nameOf(route)}`);
        }
      }
    }
  });
});
