/**
 * Whatever is sent to a route, it is taken or refused with a typed error; nothing breaks, and a refusal writes nothing.
 *
 * Generated from the table of routes, so that a new route is tested as soon as it is there.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { assertTyped, BODIES, nameOf, pathOf, table, type Ids, type TableRoute } from './route-table.ts';
import { openHouse, type Answer, type House, type Said } from './support.ts';

let house: House;
let out: string;
let assigned: string;

before(async () => {
  house = await openHouse();
  await house.seat('a');
  await house.seat('b', { url: 'http://127.0.0.1:9/', capacity: 1 });
  await house.seat('p', { pull: true, capacity: 1000 });
  assert.equal((await house.call('POST', '/workspaces/b/pause')).status, 200);
  out = (await house.delegate('a', 'b')).delegation_id;
  assigned = (await house.delegate('a', 'p')).delegation_id;
  assert.equal((await house.call('GET', '/workspaces/p/assignments')).rows.length, 1);
});

after(async () => house.close());

function idsFor({ path }: TableRoute): Ids {
  if (path.includes('/assignments')) {
    return { id: 'p', did: assigned };
  }
  return { id: path.endsWith('/a2a') ? 'b' : 'a', did: out, key: 'none', target: 'b' };
}

/** Sends it; what is refused is typed, and nothing was written. Answers how it went. */
async function attempt(route: TableRoute, path: string, said: Said & { what: string }): Promise<Answer> {
  const what = `${route.method} ${path.slice(0, 120)} with ${said.what.slice(0, 120)}`;
  const earlier = house.state();
  const answer = await house.call(route.method, path, { ...said, headers: { 'x-workspace-id': 'a', ...said.headers } });
  if (answer.status >= 400) {
    assertTyped(answer, what);
    assert.deepEqual(house.state(), earlier, `${what}: something was written`);
  } else {
    assert.ok(answer.status < 300, `${what}: ${answer.status}`);
  }
  return answer;
}

function deep(levels: number): string {
  return `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
}

/** What no route takes for a body, and with which status it is refused. */
const BROKEN: { what: string; raw: string | Uint8Array; status: number[]; headers?: Record<string, string> }[] = [
  { what: 'half an object', raw: '{"a":', status: [400] },
  { what: 'no JSON', raw: 'hello', status: [400] },
  { what: 'bytes that are not UTF-8', raw: new Uint8Array([0x22, 0xff, 0xfe, 0x22]), status: [400] },
  { what: 'a surrogate in bytes', raw: new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]), status: [400] },
  { what: 'a list', raw: '[]', status: [400] },
  { what: 'null', raw: 'null', status: [400] },
  { what: 'a number', raw: '7', status: [400] },
  { what: 'a number without end', raw: `${'9'.repeat(5000)}`, status: [400] },
  { what: 'a text', raw: '"x"', status: [400] },
  { what: '65 levels', raw: deep(65), status: [400] },
  { what: '10,000 levels', raw: deep(10_000), status: [400] },
  { what: '300,000 lists side by side', raw: `[${'[],'.repeat(300_000)}[]]`, status: [400] },
  { what: '20,000 fields', raw: JSON.stringify(Object.fromEntries(fields(20_000))), status: [400] },
  { what: '__proto__', raw: '{"__proto__":{"admin":true}}', status: [400] },
  { what: '__proto__ further in', raw: '{"a":[{"__proto__":1}]}', status: [400] },
  { what: 'another content type', raw: '{}', status: [415], headers: { 'content-type': 'text/plain' } },
  { what: 'a form', raw: 'a=b', status: [415], headers: { 'content-type': 'application/x-www-form-urlencoded' } },
  { what: 'a compressed body', raw: '{}', status: [415], headers: { 'content-encoding': 'gzip' } },
];

function fields(count: number): [string, number][] {
  return Array.from({ length: count }, (_, index) => [`f${index}`, index]);
}

/** Put in the place of every field. Some routes take some of them; none may break. */
const VALUES = [
  ...['null', 'true', '-1', '1.5', '1e400', '-1e400', '9007199254740991', '1e308', '{}', '[]', '[null]', '[[]]'],
  ...[
    '""',
    String.raw`"\u0000"`,
    String.raw`"\ud800"`,
    String.raw`"a\u0000b"`,
    '"x y"',
    '"../.."',
    '{"a":{"b":[1]}}',
    '"2026-13-45T99:00:00Z"',
  ],
  `"${'x'.repeat(300_000)}"`,
];

describe('a body that is no body', () => {
  for (const route of table.filter(({ body }) => body !== undefined)) {
    test(`is refused by ${nameOf(route)}`, async () => {
      const path = pathOf(route, idsFor(route));
      for (const { status, ...said } of BROKEN) {
        const answer = await attempt(route, path, said);
        assert.ok(status.includes(answer.status), `${said.what}: ${answer.status} ${answer.text.slice(0, 200)}`);
      }
      if (route.bodyOptional !== true) {
        const answer = await attempt(route, path, { what: 'an empty body', raw: '' });
        assert.equal(answer.body.code, 'invalid_json');
      }
      const most = (route.large === true ? 12 : 1) * 1024 * 1024;
      const large = await attempt(route, path, { what: 'too much', raw: `{"a":"${'x'.repeat(most)}"}` });
      assert.deepEqual([large.status, large.body.code], [413, 'too_large']);
    });
  }
});

describe('a body with something wrong in it', () => {
  test('is known for every route that takes one', () => {
    const taking = table.filter(({ body }) => body !== undefined).map(nameOf);
    assert.deepEqual(Object.keys(BODIES).toSorted(), taking.toSorted());
  });

  for (const route of table.filter(({ body }) => body !== undefined)) {
    test(`is refused by ${nameOf(route)}, or taken, and breaks nothing`, async () => {
      const path = pathOf(route, idsFor(route));
      const whole = BODIES[nameOf(route)] ?? {};
      for (const field of new Set([...Object.keys(whole), ...knownFields(route)])) {
        for (const value of VALUES) {
          const raw = JSON.stringify({ ...whole, [field]: '@' }).replace('"@"', () => value);
          await attempt(route, path, { what: `${field}: ${value}`, raw });
        }
      }
      for (const field of requiredFields(route)) {
        const { [field]: _left, ...rest } = whole;
        const answer = await attempt(route, path, { what: `no ${field}`, body: rest });
        assert.equal(answer.status, 400, `no ${field}: ${answer.text}`);
        assert.match(answer.body.error, new RegExp(field, 'u'), 'it says which field');
      }
    });
  }

  test('left behind nothing that cannot be read', async () => {
    for (const path of [
      '/workspaces',
      '/workspaces/a',
      '/workspaces/a/delegations?direction=all&limit=500',
      '/workspaces/p/assignments?max=100',
      '/workspaces/a/inbox?limit=100',
      '/workspaces/a/inbox?limit=100&format=turn',
      '/workspaces/a/activity?limit=500',
      '/workspaces/a/tokens',
      '/workspaces/a/messages?limit=100',
      '/workspaces/a/memories',
      '/org/tokens?org=other',
      '/registry/a/peers',
    ]) {
      const answer = await house.call('GET', path);
      assert.equal(answer.status, 200, `${path}: ${answer.text.slice(0, 300)}`);
    }
    for (const { delegation_id: id } of (await house.call('GET', '/workspaces/a/delegations?limit=500')).rows) {
      assert.equal((await house.call('GET', `/workspaces/a/delegations/${encodeURIComponent(id)}`)).status, 200, id);
    }
    const audit = await house.call('GET', '/workspaces/a/audit?verify=1');
    assert.equal(audit.body['chain_valid'], true, audit.text.slice(-200));
  });
});

function schemaOf(schema: z.ZodType | undefined): { properties?: Record<string, unknown>; required?: string[] } {
  return schema === undefined ? {} : z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}

function knownFields({ body }: TableRoute): string[] {
  return Object.keys(schemaOf(body).properties ?? {});
}

function requiredFields({ body }: TableRoute): string[] {
  return schemaOf(body).required ?? [];
}

describe('a question with something wrong in it', () => {
  const WRONG = ['x', '-1', '1e99', '9'.repeat(40), 'NaN', '%00', '%f0%9f', 'Infinity', '[]', '2026-02-31T00:00:00Z'];

  for (const route of table.filter(({ query }) => query !== undefined)) {
    test(`is refused by ${nameOf(route)}, or answered, and breaks nothing`, async () => {
      const path = pathOf(route, idsFor(route));
      for (const field of Object.keys(schemaOf(route.query).properties ?? {})) {
        for (const value of WRONG) {
          await attempt(route, `${path}?${field}=${value}`, { what: 'a question' });
        }
      }
    });
  }

  test('a cursor that is none is refused, one that is nowhere ends the list', async () => {
    for (const list of ['delegations', 'activity', 'messages', 'memories']) {
      for (const cursor of ['', 'abc', '-1', '1.5', '%00', '9'.repeat(41)]) {
        const answer = await house.call('GET', `/workspaces/a/${list}?cursor=${cursor}`);
        assertTyped(answer, `${list}?cursor=${cursor}`);
      }
      assert.deepEqual((await house.call('GET', `/workspaces/a/${list}?cursor=0`)).rows, []);
      assert.equal((await house.call('GET', `/workspaces/a/${list}?cursor=${'9'.repeat(40)}`)).status, 200);
    }
  });
});

describe('a path that leads nowhere', () => {
  const NOBODY = ['nobody', '%', '%zz', '%00', '%ff', 'a%2Fb', '__proto__', 'constructor', "'%20OR%201=1--", 'é'];
  const LONG = 'x'.repeat(8000);

  for (const route of table.filter(({ path }) => path.includes(':'))) {
    test(`is refused by ${nameOf(route)}, typed`, async () => {
      const names = ['id', 'did', 'key', 'target', 'aid', 'mid'];
      for (const name of names.filter((one) => route.path.includes(`:${one}`))) {
        for (const value of [...NOBODY, LONG]) {
          const path = pathOf(route, { ...idsFor(route), [name]: value });
          const body = BODIES[nameOf(route)];
          const answer = await attempt(route, path, { what: 'a known body', ...(body === undefined ? {} : { body }) });
          assert.equal(answer.status, 404, `${path.slice(0, 80)}: ${answer.status} ${answer.text.slice(0, 200)}`);
        }
      }
    });
  }

  test('is typed where there is no route at all', async () => {
    for (const path of ['/nothing', '/workspaces/a/nothing', '/workspaces/a/b/c/d/e/f', '//', '/%', '/workspaces//']) {
      const answer = await house.call('GET', path);
      assertTyped(answer, path);
      assert.equal(answer.status, 404);
    }
  });

  test('by its method is 405 and names those that lead somewhere', async () => {
    for (const path of new Set(table.map((route) => route.path))) {
      const known = table.filter((route) => route.path === path).map(({ method }): string => method);
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].filter((one) => !known.includes(one))) {
        const answer = await house.call(method, pathOf({ path }, { id: 'a', did: out, key: 'k', target: 'b' }));
        assertTyped(answer, `${method} ${path}`);
        assert.equal(answer.status, 405);
        assert.deepEqual(answer.headers.get('allow')?.split(', ').toSorted(), known.toSorted(), `${method} ${path}`);
      }
    }
  });
});

test('after all this the platform still takes a task and brings it home', async () => {
  const peer = await house.peer({ do: 'answer', text: 'still here' });
  await house.seat('last', { url: peer.url });
  const { delegation_id: id } = await house.delegate('a', 'last');
  assert.equal((await house.ended('a', id)).result.text, 'still here');
});
