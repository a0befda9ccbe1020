/**
 * The seats of a platform over HTTP: listed page by page, changed, removed, and what their log shows.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openHouse, type House } from './support.ts';

let house: House;

before(async () => {
  house = await openHouse({ open: false });
});

after(async () => house.close());

async function get(path: string) {
  const answer = await house.call('GET', path);
  assert.equal(answer.status, 200, answer.text);
  return answer;
}

function nextOf({ headers }: { headers: Headers }): string | undefined {
  const url = /^<([^>]+)>; rel="next"$/u.exec(headers.get('link') ?? '')?.[1];
  return url?.slice(house.url.length);
}

describe('the log of a seat', () => {
  test('shows of one kind as many as were asked for, however much else happened since', async () => {
    await house.seat('lead');
    await house.seat('peer', { pull: true });
    for (let made = 0; made < 5; made += 1) {
      await house.delegate('lead', 'peer');
    }
    const enrolled = await get('/workspaces/lead/activity?type=workspace.enrolled&limit=1');
    assert.equal(enrolled.rows.length, 1);
    const first = await get('/workspaces/lead/activity?type=delegation.accepted&limit=3');
    const second = await get(nextOf(first) ?? '');
    assert.deepEqual([first.rows.length, second.rows.length, nextOf(second)], [3, 2, undefined]);
    assert.equal(new Set([...first.rows, ...second.rows].map(({ id }) => id)).size, 5);
  });
});

describe('a seat', () => {
  test('of the person stays: without it nobody could act for them', async () => {
    for (const [method, path] of [
      ['DELETE', '/workspaces/operator'],
      ['POST', '/workspaces/operator/drain'],
      ['POST', '/workspaces/operator/pause'],
    ] as const) {
      const refused = await house.call(method, path);
      assert.deepEqual([refused.status, refused.body.code], [400, 'invalid_request'], path);
    }
    assert.equal((await get('/workspaces/operator')).body['state'], 'active');
  });

  test('that loses its address is not called any more, and may fetch from then on', async () => {
    await house.seat('moved', { url: 'http://127.0.0.1:9/' });
    await house.call('POST', '/workspaces/moved/pause');
    await house.delegate('lead', 'moved');
    const changed = await house.call('PATCH', '/workspaces/moved', { body: { url: null } });
    assert.deepEqual([changed.body['carrier'], changed.body['agent_url']], ['none', null]);
    await house.call('POST', '/workspaces/moved/resume');
    assert.equal((await get('/workspaces/moved/assignments')).rows.length, 1);
    const again = await house.call('PATCH', '/workspaces/moved', { body: { url: null, capacity: 2 } });
    assert.equal(again.body['carrier'], 'pull', 'one that has no address has none to lose');
  });
});

describe('the list of seats', () => {
  test('names its next page', async () => {
    const found: string[] = [];
    for (let path: string | undefined = '/workspaces?limit=2'; path !== undefined;) {
      const page = await get(path);
      found.push(...page.rows.map(({ id }) => id));
      path = nextOf(page);
    }
    assert.deepEqual(
      found,
      (await get('/workspaces?limit=1000')).rows.map(({ id }) => id),
    );
  });
});
