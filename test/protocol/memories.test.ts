/**
 * Memories over HTTP: who finds what, in which order, page by page, and what is never kept.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openHouse, type Answer, type House } from './support.ts';

let house: House;
const keys: Record<string, string | undefined> = {};

before(async () => {
  house = await openHouse({ open: false });
  const seats: [string, Record<string, unknown>][] = [
    ['root', {}],
    ['left', { parent_id: 'root' }],
    ['right', { parent_id: 'root' }],
    ['leaf', { parent_id: 'left' }],
    ['granted', { parent_id: 'right', grants: ['leaf'] }],
    ['reader', { parent_id: 'root', roles: ['read-only'] }],
    ['mute', { parent_id: 'root', roles: ['mute'], allowed_actions: { mute: ['delegate'] } }],
    ['stranger', { org: 'globex' }],
  ];
  for (const [id, more] of seats) {
    keys[id] = (await house.seat(id, more)).token;
  }
});

after(async () => house.close());

async function keep(id: string, scope: string, content: string, more: Record<string, unknown> = {}): Promise<Answer> {
  return house.call('POST', `/workspaces/${id}/memories`, { token: keys[id], body: { content, scope, ...more } });
}

async function kept(id: string, scope: string, content: string, more: Record<string, unknown> = {}) {
  const answer = await keep(id, scope, content, more);
  assert.equal(answer.status, 201, answer.text);
  return answer.body;
}

async function ask(id: string, query = ''): Promise<Answer> {
  const answer = await house.call('GET', `/workspaces/${id}/memories${query}`, { token: keys[id] });
  assert.equal(answer.status, 200, answer.text);
  return answer;
}

async function found(id: string, query = ''): Promise<unknown[]> {
  return (await ask(id, query)).rows.map((row) => row['content']);
}

function nextOf({ headers }: Answer): string | undefined {
  const url = /^<([^>]+)>; rel="next"$/u.exec(headers.get('link') ?? '')?.[1];
  return url === undefined ? undefined : new URL(url).search;
}

describe('a memory', () => {
  test('is read by whom its scope says, and by nobody else', async () => {
    for (const id of ['root', 'left', 'right', 'leaf', 'granted']) {
      await kept(id, 'LOCAL', `who: local of ${id}`);
      await kept(id, 'TEAM', `who: team of ${id}`);
    }
    await kept('root', 'GLOBAL', 'who: global of root');
    await kept('stranger', 'TEAM', 'who: team of stranger');
    await kept('stranger', 'GLOBAL', 'who: global of stranger');
    const all = {
      root: ['global of root', 'granted', 'leaf', 'right', 'left', 'team of root', 'local of root'],
      left: ['global of root', 'leaf', 'right', 'team of left', 'local of left', 'team of root'],
      leaf: ['global of root', 'team of leaf', 'local of leaf', 'left', 'team of root'],
      granted: ['global of root', 'team of granted', 'local of granted', 'team of leaf', 'right', 'team of root'],
      reader: ['global of root', 'right', 'left', 'team of root'],
      stranger: ['global of stranger', 'team of stranger'],
    };
    for (const [id, expected] of Object.entries(all)) {
      for (const query of ['', '?q=who']) {
        const texts = (await found(id, query)).map(String);
        assert.equal(texts.length, expected.length, `${id}: ${texts.join(', ')}`);
        assert.ok(
          texts.every((text, index) => text.endsWith(expected[index] ?? '?')),
          `${id}: ${texts.join(', ')}`,
        );
      }
    }
    assert.deepEqual(await found('leaf', '?scope=LOCAL'), ['who: local of leaf']);
    assert.deepEqual(await found('leaf', '?scope=GLOBAL'), ['who: global of root']);
    assert.equal((await found('leaf', '?scope=TEAM')).length, 3);
    const [row] = (await ask('leaf', '?scope=LOCAL')).rows;
    assert.deepEqual(Object.keys(row ?? {}), ['id', 'workspace_id', 'content', 'scope', 'namespace', 'created_at']);
    assert.deepEqual([row?.['workspace_id'], row?.['scope'], row?.['namespace']], ['leaf', 'LOCAL', 'general']);
    assert.ok(Date.parse(String(row?.['created_at'])) > 0);
  });

  test('for all is written from the top, and the refusal says what to do and is in the log', async () => {
    const refused = await keep('leaf', 'GLOBAL', 'for all');
    assert.deepEqual([refused.status, refused.body.code], [403, 'scope_forbids']);
    assert.match(refused.body.error, /as TEAM/u);
    const [line] = (await house.call('GET', '/workspaces/leaf/activity?limit=1')).rows;
    assert.equal(line?.['type'], 'access.denied');
    assert.match(JSON.stringify(line), /memory\.write.*scope_forbids/u);
    const person = await house.call('POST', '/workspaces/operator/memories', {
      body: { content: 'of the person', scope: 'GLOBAL', namespace: 'house' },
    });
    assert.equal(person.status, 201, person.text);
    assert.deepEqual(await found('leaf', '?namespace=house'), ['of the person']);
  });

  test('of no scope is refused, and never kept as LOCAL', async () => {
    for (const scope of ['local', 'EVERYBODY', '', null]) {
      const answer = await keep('left', scope as string, 'scopeless');
      assert.deepEqual([answer.status, answer.body.code], [400, 'invalid_request'], String(scope));
      assert.match(answer.body.error, /^scope: takes one of LOCAL, TEAM, GLOBAL/u);
    }
    assert.deepEqual(await found('left', '?q=scopeless'), []);
  });

  test('needs the role for it, to be kept, read or forgotten', async () => {
    const refusals = [
      await keep('reader', 'LOCAL', 'not mine to keep'),
      await keep('mute', 'TEAM', 'nor mine'),
      await house.call('GET', '/workspaces/mute/memories', { token: keys['mute'] }),
    ];
    for (const { status, body } of refusals) {
      assert.deepEqual([status, body.code], [403, 'role_forbids']);
    }
    const { id } = await kept('left', 'TEAM', 'kept while it might');
    await house.call('PATCH', '/workspaces/left', { body: { roles: ['read-only'] } });
    const held = await house.call('DELETE', `/workspaces/left/memories/${id}`, { token: keys['left'] });
    assert.deepEqual([held.status, held.body.code], [403, 'role_forbids']);
    await house.call('PATCH', '/workspaces/left', { body: { roles: [] } });
    const log = await house.call('GET', '/workspaces/mute/activity?type=access.denied');
    assert.deepEqual(
      log.rows.map((row) => JSON.stringify(row).includes('memory.read')),
      [true, false],
    );
  });

  test('is forgotten by its author once, and looks absent to everybody else', async () => {
    const { id } = await kept('right', 'TEAM', 'soon forgotten');
    const forget = async (who: string, which = id) =>
      (await house.call('DELETE', `/workspaces/${who}/memories/${which}`, { token: keys[who] })).status;
    assert.deepEqual([await forget('root'), await forget('stranger'), await forget('right', 'mem_1')], [404, 404, 404]);
    assert.deepEqual(await found('left', '?q=forgotten'), ['soon forgotten']);
    const gone = await house.call('DELETE', `/workspaces/right/memories/${id}`, { token: keys['right'] });
    assert.deepEqual([gone.status, gone.body.status], [200, 'deleted']);
    assert.equal(await forget('right'), 404);
    assert.deepEqual(await found('left', '?q=forgotten'), []);
  });

  test('is kept without its secrets, and nobody is told them again: not who reads, nor the log', async () => {
    const secret = `ghp_${'a1B2'.repeat(9)}`;
    const body = await kept('root', 'TEAM', `the key ${secret} and password=hunter2 and ${secret}`);
    assert.deepEqual(body['redacted'], [
      { kind: 'github_token', count: 2 },
      { kind: 'password', count: 1 },
    ]);
    const text = 'the key [redacted:github_token] and password=[redacted:password] and [redacted:github_token]';
    assert.deepEqual(await found('left', '?q=key'), [text]);
    assert.deepEqual(await found('left', '?q=hunter2'), []);
    const log = await house.call('GET', '/workspaces/root/audit?limit=5');
    assert.match(log.text, /memory\.committed.*github_token/u);
    assert.doesNotMatch(log.text, /a1B2|hunter2|the key/u);
    assert.ok(!('redacted' in (await kept('root', 'TEAM', 'nothing secret'))));
  });

  test('has a bound, in bytes', async () => {
    const most = 64 * 1024;
    assert.equal((await keep('root', 'LOCAL', 'x'.repeat(most))).status, 201);
    for (const content of ['x'.repeat(most + 1), 'é'.repeat(most / 2 + 1)]) {
      const refused = await keep('root', 'LOCAL', content);
      assert.deepEqual([refused.status, refused.body.code], [413, 'too_large']);
    }
  });

  test('is not read through the path of another workspace', async () => {
    for (const method of ['GET', 'POST'] as const) {
      const said = { token: keys['left'], ...(method === 'GET' ? {} : { body: { content: 'x', scope: 'LOCAL' } }) };
      assert.equal((await house.call(method, '/workspaces/right/memories', said)).status, 403);
      assert.equal((await house.call(method, '/workspaces/stranger/memories', said)).status, 404);
    }
  });
});

describe('a search', () => {
  test('has what has all of its words first, then what has some, newest first in each, page by page', async () => {
    const texts = ['alpha beta 1', 'alpha 2', 'beta 3', 'alphabet beta 4', 'alpha 5', 'gamma 6'];
    for (const content of texts) {
      await kept('granted', 'LOCAL', content, { namespace: 'order' });
    }
    const expected = ['alphabet beta 4', 'alpha beta 1', 'alpha 5', 'beta 3', 'alpha 2'];
    for (const limit of [1, 2, 3, 50]) {
      const pages: unknown[] = [];
      for (let query: string | undefined = `?q=alpha%20beta&namespace=order&limit=${limit}`; query !== undefined;) {
        const page = await ask('granted', query);
        assert.ok(page.rows.length <= limit);
        pages.push(...page.rows.map((row) => row['content']));
        query = nextOf(page);
      }
      assert.deepEqual(pages, expected, `pages of ${limit}`);
    }
  });

  test('without a question is a list, page by page', async () => {
    const pages: unknown[] = [];
    for (let query: string | undefined = '?namespace=order&limit=2'; query !== undefined;) {
      const page = await ask('granted', query);
      pages.push(...page.rows.map((row) => row['content']));
      query = nextOf(page);
    }
    assert.deepEqual(pages, ['gamma 6', 'alpha 5', 'alphabet beta 4', 'beta 3', 'alpha 2', 'alpha beta 1']);
  });

  test('finds what is written without spaces', async () => {
    await kept('leaf', 'TEAM', '本番環境のデプロイは金曜日にしない');
    for (const question of ['金', '金曜', '金曜日', 'デプロイ', '本番環境']) {
      const [text] = await found('left', `?q=${encodeURIComponent(question)}`);
      assert.equal(text, '本番環境のデプロイは金曜日にしない', question);
    }
    assert.deepEqual(await found('left', `?q=${encodeURIComponent('日曜')}`), []);
  });
});

describe('a workspace that is removed', () => {
  test('leaves what it kept for others to those who might have talked to it, and takes the rest along', async () => {
    keys['leaving'] = (await house.seat('leaving', { parent_id: 'left' })).token;
    const { id } = await kept('leaving', 'TEAM', 'legacy for the team');
    await kept('leaving', 'LOCAL', 'legacy for itself');
    assert.equal((await house.call('DELETE', '/workspaces/leaving')).status, 200);
    assert.deepEqual(await found('left', '?q=legacy'), ['legacy for the team']);
    assert.deepEqual(await found('right', '?q=legacy'), []);
    const taken = await house.call('DELETE', `/workspaces/leaving/memories/${id}`);
    assert.equal(taken.status, 200, 'the operator may take it away');
    assert.deepEqual(await found('left', '?q=legacy'), []);
  });
});
