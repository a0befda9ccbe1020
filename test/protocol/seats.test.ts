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
