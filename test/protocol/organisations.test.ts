/**
 * Organisations share a platform and nothing else: no word of one is seen in another. And the log of each proves itself.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { nameOf, pathOf, table } from './route-table.ts';
import { openStream } from './sse-reader.ts';
import { openHouse, type House } from './support.ts';

const ORGS = ['acme', 'zeta'] as const;
type Org = (typeof ORGS)[number];

let house: House;
const keys: Record<string, string> = {};
const done: Record<string, string> = {};
const files: Record<string, string> = {};

/** A word of an organisation that stands in every text it ever sends, and nowhere else. */
function canary(org: Org): string {
  return { acme: 'CANARY-QUAIL', zeta: 'CANARY-FINCH' }[org];
}

function other(org: Org): Org {
  return org === 'acme' ? 'zeta' : 'acme';
}

/** Uses every text field there is. */
async function live(org: Org): Promise<void> {
  const word = canary(org);
  const say = async (method: string, path: string, body: unknown) => {
    const answer = await house.call(method, path, { token: keys[`${org}.org`], body });
    assert.ok(answer.status < 300, `${path}: ${answer.text}`);
    return answer.body;
  };
  const [lead, peer] = [`${org}.lead`, `${org}.peer`];
  for (const id of [lead, peer]) {
    const card = { name: word, url: word };
    const made = await say('POST', '/workspaces', {
      id,
      name: `${word} ${id}`,
      role: word,
      agent_card: card,
      pull: true,
    });
    keys[id] = made.token;
  }
  await say('POST', '/registry/heartbeat', { workspace_id: lead, current_task: word, sample_error: word });
  await say('POST', `/workspaces/${lead}/activity`, { activity_type: 'agent_log', summary: word, metadata: { word } });
  const named = `/workspaces/${peer}/attachments?name=${word}`;
  const file = await house.call('POST', named, { token: keys[`${org}.org`], raw: word });
  const attachments = [{ uri: String(file.body['uri']) }, { uri: `https://example.org/${word}`, name: word }];
  await say('POST', `/workspaces/${peer}/notify`, { message: word, attachments });
  files[org] = file.body.id;
  await say('POST', `/workspaces/${lead}/notify`, { message: word });
  await say('POST', `/workspaces/${lead}/tokens`, { name: word });
  for (const scope of ['LOCAL', 'TEAM', 'GLOBAL']) {
    await say('POST', `/workspaces/${lead}/memories`, { content: word, scope, namespace: word });
  }
  const task = { task: word, context: word, labels: { word }, conversation_id: word, idempotency_key: word };
  const sent = await say('POST', `/workspaces/${lead}/delegate`, { target_id: peer, ...task });
  const [assignment] = (await house.call('GET', `/workspaces/${peer}/assignments`, { token: keys[peer] })).rows;
  const path = `/workspaces/${peer}/assignments/${sent.delegation_id}`;
  await say('POST', `${path}/progress`, { epoch: assignment?.epoch, message: word });
  await say('POST', `${path}/complete`, { epoch: assignment?.epoch, text: word });
  done[org] = sent.delegation_id;
  await say('POST', `/workspaces/${lead}/delegate`, { target_id: peer, task: word });
  await say('POST', `/workspaces/${peer}/messages`, { text: word, attachments, conversation_id: `${word}-talk` });
}

before(async () => {
  house = await openHouse({ open: false });
  for (const org of ORGS) {
    const made = await house.call('POST', '/org/tokens', { body: { org, name: canary(org) } });
    keys[`${org}.org`] = String(made.body['auth_token']);
  }
});

after(async () => house.close());

describe('an organisation', () => {
  test('sees no word of another on any route, in any error, in any stream (D13)', async () => {
    await live('acme');
    const streams = await Promise.all(
      ORGS.map(async (org) => openStream(house, '/events/stream', { token: keys[`${org}.org`] ?? '', after: 0 })),
    );
    const seq = house.state().seq;
    await live('zeta');
    await streams[1]?.take((frames) => (frames.at(-1)?.id ?? 0) >= house.state().seq);
    assert.ok(house.state().seq > seq);
    for (const [index, org] of ORGS.entries()) {
      const seen = JSON.stringify(streams[index]?.frames);
      assert.ok(seen.includes(canary(org)) && !seen.includes(canary(other(org))), org);
      streams[index]?.close();
      for (const caller of [`${org}.org`, `${org}.lead`, `${org}.peer`]) {
        await sweep(org, caller);
      }
    }
  });

  /** Every reading route, with the ids of both organisations. */
  async function sweep(org: Org, caller: string): Promise<void> {
    let own = 0;
    for (const route of table.filter(({ method, path }) => method === 'GET' && !path.endsWith('/stream'))) {
      for (const whose of ORGS) {
        for (const seat of ['lead', 'peer', 'peer?q=CANARY']) {
          const [name = '', query] = seat.split('?');
          const ids = {
            id: `${whose}.${name}`,
            did: done[whose] ?? '',
            target: `${whose}.${name}`,
            key: 'x',
            aid: files[whose] ?? '',
          };
          const path = `${pathOf(route, ids)}${query === undefined ? '' : `?${query}`}`;
          const answer = await house.call('GET', path, { token: keys[caller] });
          const what = `${nameOf(route)} of ${whose} as ${caller}: ${answer.text.slice(0, 300)}`;
          assert.ok(!answer.text.includes(canary(other(org))), what);
          assert.ok(answer.status < 500, what);
          own += Number(answer.text.includes(canary(org)));
        }
      }
    }
    assert.ok(own > 5, `${caller} sees its own`);
  }

  test('has keys that only it, and the operator who names it, can list and revoke', async () => {
    const listed = await house.call('GET', '/org/tokens?org=acme');
    assert.equal((listed.body['tokens'] as unknown[]).length, 1);
    const foreign = await house.call('GET', '/org/tokens?org=acme', { token: keys['zeta.org'] });
    assert.ok(!foreign.text.includes(canary('acme')));
    const spare = await house.call('POST', '/org/tokens', { body: { org: 'acme' } });
    const path = `/org/tokens/${spare.body.id}`;
    assert.equal((await house.call('DELETE', `${path}?org=acme`, { token: keys['zeta.org'] })).status, 404);
    assert.equal((await house.call('DELETE', path)).status, 404, 'the operator says whose it is');
    assert.equal((await house.call('DELETE', `${path}?org=acme`)).status, 200);
  });

  test('never shows a secret again, nor its hash', async () => {
    const secret = keys['acme.lead'] ?? '';
    assert.match(secret, /^ek_ws_[\w-]{43}$/u);
    for (const path of [
      '/workspaces/acme.lead/tokens',
      '/workspaces/acme.lead/activity',
      '/workspaces/acme.lead/audit',
    ]) {
      const answer = await house.call('GET', path);
      assert.equal(answer.status, 200);
      assert.ok(!answer.text.includes(secret) && !answer.text.includes(secret.slice(13)), path);
    }
  });
});

describe('the log', () => {
  const verify = async (org: Org) =>
    (await house.call('GET', `/workspaces/${org}.lead/audit?verify=1&limit=1`, { token: keys[`${org}.org`] })).body;

  test('verifies, says so only when it is asked, and names the line that was tampered with (D12)', async () => {
    const whole = await verify('acme');
    assert.deepEqual([whole['chain_valid'], whole['broken_at']], [true, null]);
    assert.ok(Number(whole['checked']) > 10);
    for (const query of ['', '?verify=0', '?verify=false']) {
      const { body } = await house.call('GET', `/workspaces/acme.lead/audit${query}`);
      assert.ok(!('chain_valid' in body), query);
    }
    const db = new DatabaseSync(join(house.data, 'errand.db'));
    const rows = db.prepare(`SELECT seq, data, actor FROM event WHERE org = 'acme' ORDER BY seq`).all();
    const row = rows[Math.floor(rows.length / 2)];
    const seq = Number(row?.['seq']);
    const change = (sql: string, ...values: (string | number)[]) => {
      db.prepare(sql).run(...values, seq);
    };
    change('UPDATE event SET data = ? WHERE seq = ?', '{"forged":true}');
    assert.deepEqual([(await verify('acme'))['chain_valid'], (await verify('acme'))['broken_at']], [false, seq]);
    change('UPDATE event SET data = ? WHERE seq = ?', String(row?.['data']));
    assert.equal((await verify('acme'))['chain_valid'], true);
    change('UPDATE event SET actor = ? WHERE seq = ?', 'somebody else');
    assert.equal((await verify('acme'))['broken_at'], seq);
    change('UPDATE event SET actor = ? WHERE seq = ?', String(row?.['actor']));
    assert.equal((await verify('zeta'))['chain_valid'], true);
    db.exec('PRAGMA foreign_keys = OFF');
    change('DELETE FROM event WHERE seq = ?');
    db.close();
    assert.equal((await verify('acme'))['chain_valid'], false, 'a line that is missing shows');
  });
});
