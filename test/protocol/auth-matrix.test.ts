/**
 * Who may do what: every route × every kind of caller, with an expectation for each; what belongs to another
 * organisation looks like what is not there.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertTyped, BODIES, nameOf, pathOf, table, type Ids, type TableRoute } from './route-table.ts';
import { openHouse, until, type Answer, type Fields, type House } from './support.ts';

/** `own` holds the key of the workspace in the path, `sibling` of one beside it, `foreign` of another organisation. */
const CALLERS = [
  ...['none', 'garbage', 'expired', 'revoked', 'stale'],
  ...['operator', 'org', 'own', 'sibling', 'foreign', 'foreignOrg', 'attempt'],
] as const;
type Caller = (typeof CALLERS)[number];
type Verdict = 'in' | 401 | 403 | 404;

const STRANGERS: ReadonlySet<Caller> = new Set(['none', 'garbage', 'expired', 'revoked', 'stale']);
const FOR_OPERATORS: Partial<Record<Caller, Verdict>> = { own: 403, sibling: 403, foreign: 403, attempt: 403 };
const STEERING: Partial<Record<Caller, Verdict>> = { ...FOR_OPERATORS, foreign: 404, foreignOrg: 404 };
const OUTSIDERS: Partial<Record<Caller, Verdict>> = { foreign: 404, foreignOrg: 404 };

const BY_ACCESS: Record<TableRoute['access'], Partial<Record<Caller, Verdict>>> = {
  anyone: {},
  known: {},
  own: { sibling: 403, ...OUTSIDERS },
};

/** Where it is not the path alone that decides. */
const BY_ROUTE: Record<string, Partial<Record<Caller, Verdict>>> = {
  'POST /workspaces': FOR_OPERATORS,
  'GET /workspaces': FOR_OPERATORS,
  'GET /events/stream': FOR_OPERATORS,
  'GET /org/tokens': FOR_OPERATORS,
  'DELETE /org/tokens/:key': FOR_OPERATORS,
  'POST /org/tokens': { ...FOR_OPERATORS, org: 403, foreignOrg: 403 },
  'GET /workspaces/:id/audit': { ...FOR_OPERATORS, foreignOrg: 404 },
  'GET /workspaces/:id': OUTSIDERS,
  'PATCH /workspaces/:id': STEERING,
  'DELETE /workspaces/:id': STEERING,
  'POST /workspaces/:id/pause': STEERING,
  'POST /workspaces/:id/resume': STEERING,
  'POST /workspaces/:id/drain': STEERING,
  'POST /workspaces/:id/a2a': OUTSIDERS,
  'GET /registry/discover/:target': OUTSIDERS,
  'POST /registry/register': { sibling: 403, foreign: 403, foreignOrg: 404, attempt: 403 },
  'POST /registry/heartbeat': { sibling: 403, ...OUTSIDERS, attempt: 403 },
  'POST /registry/update-card': { sibling: 403, ...OUTSIDERS, attempt: 403 },
  'POST /registry/check-access': {},
  'POST /workspaces/:id/messages': { own: 403, attempt: 403 },
  'POST /mcp': {},
  'GET /mcp': {},
  'DELETE /mcp': {},
  'GET /me': {},
  'GET /workspaces/:id/assignments': { attempt: 403 },
  'GET /workspaces/:id/tokens': { attempt: 403 },
  'POST /workspaces/:id/tokens': { attempt: 403 },
  'DELETE /workspaces/:id/tokens/:key': { attempt: 403 },
};

const LOOK_UP = { jsonrpc: '2.0', id: 1, method: 'tasks/get', params: { id: 'none' } };

let house: House;
let did: string;
let seats = 0;
const keys: Partial<Record<Caller, string>> = {};

async function assignmentOf(callee: string, token: string): Promise<Fields> {
  const [assignment] = (await house.call('GET', `/workspaces/${callee}/assignments`, { token })).rows;
  assert.ok(assignment !== undefined);
  return assignment;
}

before(async () => {
  house = await openHouse({ open: false, environment: { ERRAND_LEASE_MS: '600000' } });
  const seat = async (id: string, org: string) => (await house.seat(id, { org, pull: true, capacity: 50 })).token;
  keys.operator = house.platform.operatorKey ?? '';
  keys.own = await seat('a', 'acme');
  keys.sibling = await seat('b', 'acme');
  keys.foreign = await seat('z', 'zeta');
  keys.garbage = 'ek_ws_not-a-key';
  keys.org = String((await house.call('POST', '/org/tokens', { body: { org: 'acme' } })).body['auth_token']);
  keys.foreignOrg = String((await house.call('POST', '/org/tokens', { body: { org: 'zeta' } })).body['auth_token']);
  const issue = async (body: object) => (await house.call('POST', '/workspaces/a/tokens', { body })).body;
  keys.expired = String((await issue({ expires_in_ms: 1 }))['auth_token']);
  const revoked = await issue({});
  keys.revoked = String(revoked['auth_token']);
  assert.equal((await house.call('DELETE', `/workspaces/a/tokens/${revoked.id}`)).status, 200);
  did = (await house.delegate('a', 'b')).delegation_id;
  await house.delegate('b', 'a');
  const ending = await assignmentOf('a', keys.own);
  keys.stale = ending.attempt_token;
  const done = await house.call('POST', `/workspaces/a/assignments/${ending.delegation_id}/complete`, {
    body: { epoch: ending.epoch, text: 'x' },
  });
  assert.equal(done.status, 200);
  await house.delegate('b', 'a');
  keys.attempt = (await assignmentOf('a', keys.own)).attempt_token;
  await until('the key is over', async () => (await knock('/workspaces/a', keys.expired)).status === 401);
});

after(async () => house.close());

async function knock(path: string, token: string | undefined): Promise<Answer> {
  return house.call('GET', path, { token });
}

async function idsFor(route: TableRoute): Promise<Ids> {
  if (nameOf(route) === 'DELETE /workspaces/:id') {
    seats += 1;
    await house.seat(`gone-${seats}`, { org: 'acme' });
    // The key in the path has to be the caller's own only where that matters: here it is refused in any case.
    return { id: `gone-${seats}` };
  }
  return { id: route.path.endsWith('/a2a') ? 'b' : 'a', did, key: 'none', target: 'b' };
}

function bodyOf(route: TableRoute): { body?: unknown } {
  const body = nameOf(route) === 'POST /workspaces/:id/a2a' ? LOOK_UP : BODIES[nameOf(route)];
  return body === undefined ? {} : { body };
}

/** A stream is left as soon as it has answered. */
async function statusOf(route: TableRoute, caller: Caller): Promise<Pick<Answer, 'status' | 'body' | 'text'>> {
  const path = pathOf(route, await idsFor(route));
  if (!path.endsWith('/stream')) {
    return house.call(route.method, path, { token: keys[caller], ...bodyOf(route) });
  }
  const token = keys[caller];
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${house.url}${path}`, { headers });
  if (response.status === 200) {
    await response.body?.cancel();
    return { status: 200, body: {} as Fields, text: '' };
  }
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text) as Fields, text };
}

function expected(route: TableRoute, caller: Caller): Verdict {
  if (route.access !== 'anyone' && STRANGERS.has(caller)) {
    return 401;
  }
  return BY_ROUTE[nameOf(route)]?.[caller] ?? BY_ACCESS[route.access][caller] ?? 'in';
}

describe('a caller', () => {
  test('has an expectation for every route that the path alone does not decide', () => {
    const undecided = table.filter(({ access }) => access === 'known').map(nameOf);
    assert.deepEqual(
      undecided.filter((name) => BY_ROUTE[name] === undefined),
      [],
    );
    assert.deepEqual(
      Object.keys(BY_ROUTE).filter((name) => !table.some((route) => nameOf(route) === name)),
      [],
    );
  });

  for (const route of table) {
    test(`gets in at ${nameOf(route)} only where it belongs`, async () => {
      for (const caller of CALLERS) {
        const wanted = expected(route, caller);
        const answer = await statusOf(route, caller);
        const what = `${nameOf(route)} as ${caller}: ${answer.status} ${answer.text.slice(0, 200)}`;
        if (wanted === 'in') {
          const isOut = answer.status === 401 || answer.status === 403 || answer.body.error === 'workspace not found';
          assert.ok(!isOut && answer.status < 500, what);
        } else {
          assert.equal(answer.status, wanted, what);
          assertTyped(answer as Answer, what);
        }
      }
    });
  }

  test('without a key is told how to come with one', async () => {
    const answer = await house.call('GET', '/workspaces/a', { token: undefined });
    assert.equal(answer.headers.get('www-authenticate'), 'Bearer realm="errand"');
    for (const authorization of ['Basic abc', 'Bearer', 'Bearer  ', `bearer ${keys.own} x`, keys.own ?? '']) {
      const other = await house.call('GET', '/workspaces/a', { token: undefined, headers: { authorization } });
      assert.equal(other.status, 401, authorization);
    }
    const lower = await house.call('GET', '/workspaces/a', {
      token: undefined,
      headers: { authorization: `bearer ${keys.own}` },
    });
    assert.equal(lower.status, 200);
  });
});

describe('what belongs to another organisation', () => {
  for (const route of table.filter(({ access }) => access !== 'anyone')) {
    test(`looks at ${nameOf(route)} like what is not there`, async () => {
      for (const caller of ['foreign', 'foreignOrg'] as const) {
        const ask = async (id: string, other: string) => {
          const said = JSON.stringify(bodyOf(route).body ?? null).replaceAll(/"([ab])"/gu, (_, name: string) =>
            JSON.stringify(name === 'a' ? id : other),
          );
          const path = pathOf(route, { id, did: id === 'a' ? did : 'dlg_none', key: 'none', target: other });
          const raw = said === 'null' ? {} : { raw: said };
          return house.call(route.method, path, { token: keys[caller], ...raw });
        };
        if (route.path.endsWith('/events/stream') || nameOf(route) === 'POST /registry/register') {
          // A stream without a workspace shows its own organisation; whoever registers a free id gets it.
          return;
        }
        const there = await ask('a', 'b');
        const nowhere = await ask('absent1', 'absent2');
        const shape = (answer: Answer) =>
          answer.text.replaceAll(
            /absent\d|"[ab]"|(?<= )[ab](?=[. ])|dlg_\w+|key_\w+|wks_\w+|ek_[\w-]+|\d{4}-[^"]+Z/gu,
            '#',
          );
        assert.equal(there.status, nowhere.status, `${nameOf(route)} as ${caller}: ${there.text} / ${nowhere.text}`);
        assert.equal(shape(there).length, shape(nowhere).length, `${there.text} / ${nowhere.text}`);
      }
    });
  }

  test('cannot be delegated to, awaited, superseded, or found by its batch', async () => {
    const body = { task: 'x' };
    const token = keys.foreign;
    const send = async (more: object) =>
      house.call('POST', '/workspaces/z/delegate', { token, body: { ...body, ...more } });
    const there = await send({ target_id: 'a' });
    const nowhere = await send({ target_id: 'q' });
    assert.deepEqual([there.status, nowhere.status], [404, 404]);
    assert.equal(there.text.replace('workspace a', 'workspace q'), nowhere.text);
    assert.equal((await send({ target_id: 'z2', supersedes: did })).status, 404);
    for (const path of [`/delegations/${did}`, `/delegations/${did}/result`]) {
      const answer = await house.call('GET', `/workspaces/z${path}`, { token });
      assert.deepEqual([answer.status, answer.body.error], [404, 'delegation not found']);
    }
    assert.deepEqual((await house.call('GET', `/workspaces/z/delegations?delegation_id=${did}`, { token })).rows, []);
  });
});

describe('identity comes from the key and from nothing else', () => {
  test('another X-Workspace-ID than the key has is refused on every route, the same one is not', async () => {
    for (const route of table.filter(({ access, path }) => access !== 'anyone' && !path.endsWith('/stream'))) {
      const path = pathOf(route, { id: 'a', did, key: 'none', target: 'b' });
      const said = { token: keys.own, ...bodyOf(route) };
      const answer = await house.call(route.method, path, { ...said, headers: { 'x-workspace-id': 'b' } });
      assert.deepEqual([answer.status, answer.body.code], [403, 'forbidden'], nameOf(route));
      const none = await house.call(route.method, path, {
        ...said,
        token: undefined,
        headers: { 'x-workspace-id': 'a' },
      });
      assert.equal(none.status, 401, nameOf(route));
    }
    const same = { token: keys.own, headers: { 'x-workspace-id': 'a' } };
    assert.equal((await house.call('GET', '/workspaces/a/delegations', same)).status, 200);
  });

  test('no other header, and no id in a body, makes anybody somebody else', async () => {
    const token = keys.own;
    const headers = {
      'x-user-id': 'operator',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-user': 'operator',
      'x-molecule-org-id': 'zeta',
      'x-http-method-override': 'DELETE',
      forwarded: 'for=127.0.0.1',
    };
    assert.equal((await house.call('GET', '/workspaces/b/delegations', { token, headers })).status, 403);
    assert.equal((await house.call('GET', '/workspaces', { token, headers })).status, 403);
    const beat = { workspace_id: 'b', error_rate: 0 };
    assert.equal((await house.call('POST', '/registry/heartbeat', { token, body: beat })).status, 403);
    const report = { activity_type: 'agent_log', source_id: 'b' };
    assert.equal((await house.call('POST', '/workspaces/a/activity', { token, body: report })).status, 403);
    const message = { role: 'user', messageId: 'spoof', parts: [{ kind: 'text', text: 'x' }] };
    const metadata = { source_workspace_id: 'b', parent_task_id: 'spoofed' };
    const body = { method: 'message/send', params: { message, metadata, configuration: { blocking: false } } };
    const sent = await house.call('POST', '/workspaces/b/a2a', { token, body });
    assert.equal(sent.status, 200, sent.text);
    const [row] = (await house.call('GET', '/workspaces/a/delegations?delegation_id=spoofed')).rows;
    assert.deepEqual([row?.['source_id'], row?.target_id], ['a', 'b']);
  });

  test('the seats of persons cannot be taken by anybody', async () => {
    for (const id of ['operator', 'operator.acme', 'operator.nobody-yet']) {
      const made = await house.call('POST', '/workspaces', { token: keys.foreignOrg, body: { id, name: 'me' } });
      assert.deepEqual([made.status, made.body.code], [409, 'already_exists'], id);
      const registered = await house.call('POST', '/registry/register', { token: keys.foreignOrg, body: { id } });
      assert.equal(registered.status, 409, id);
    }
  });
});
