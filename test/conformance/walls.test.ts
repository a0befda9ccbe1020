/**
 * The second wall between organisations: what the database itself holds back, were a filter of the application missing.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { LIMITS } from '../../src/core/delegation/index.ts';
import { soughtIn } from '../../src/core/memory/index.ts';
import type { Engine } from '../../src/core/ports/index.ts';
import { openPostgres } from '../../src/engines/postgres/engine.ts';
import { Scene } from '../../src/testing/index.ts';
import { ManualClock } from '../support/clock.ts';
import { SeededIds } from '../support/ids.ts';
import { openServer, type TestServer } from '../support/postgres.ts';

let server: TestServer;
let url: string;
let engine: Engine;
let scene: Scene;

/** In every text of every organisation stands whose it is. */
const ORGS = ['acme', 'umbrella'];

before(async () => {
  server = await openServer();
  url = await server.database();
  const clock = new ManualClock();
  const ids = new SeededIds();
  engine = await openPostgres({ url, clock, timeOf: 'clock', ids, limits: LIMITS, owner: 'srv_1' });
  const reopen = async (): Promise<never> => {
    throw new Error('It is not opened again.');
  };
  scene = new Scene({ engine, clock, ids, reopen, close: async () => engine.close() });
  for (const org of ORGS) {
    await live(org);
  }
});

after(async () => {
  await scene.close();
  await server.drop(url);
  await server.close();
});

const messages: Record<string, number> = {};

function fileIn(org: string): string {
  return `fil_${org}`;
}

/** Something in every table. */
async function live(org: string): Promise<void> {
  await scene.enrol(`${org}-lead`, { carrier: 'none' }, org);
  await scene.enrol(`${org}-writer`, { capacity: 2 }, org);
  const ours = {
    caller: `${org}-lead`,
    callee: `${org}-writer`,
    actor: `${org}-lead`,
    request: { task: `${org} task` },
  };
  const idempotency = { key: `${org}-key`, hash: 'h' };
  const row = await scene.delegate({ ...ours, idempotency });
  await scene.complete(row, `${org} result`);
  await scene.on(row, 'complete', { result: { text: `${org} late`, length: 9, sha256: `${org}-sha` } });
  for (let index = 0; index < 4; index += 1) {
    await scene.delegate(ours);
  }
  const tasks = [scene.accept(ours)];
  await scene.do({ type: 'open_batch', caller: `${org}-lead`, idempotency: null, tasks });
  for (const scope of ['LOCAL', 'TEAM', 'GLOBAL']) {
    await scene.remember(`${org} memory`, { workspace: `${org}-lead`, scope });
  }
  await scene.do({
    ...{ type: 'issue_key', id: `${org}-key-id`, org, workspace: `${org}-lead`, actor: 'operator', name: org },
    ...{ hash: `${org}-hash`, prefix: org, expiresAt: null },
  });
  const id = fileIn(org);
  const about = { org, workspace: `${org}-lead`, name: `${org} file`, createdAt: scene.now };
  await engine.files.begin({ ...about, id });
  await engine.files.save({ file: id, org, place: 0, bytes: Buffer.from(`${org} bytes`) });
  await engine.files.finish(id, { mimeType: 'text/plain', sha256: `${org}-sha` });
  const attachment = { name: org, mimeType: null, size: null, sha256: null, file: id, uri: null };
  const words = { text: `${org} said`, length: 1, sha256: org, excerpt: org, attachments: [attachment] };
  const said = await scene.do({ type: 'say', workspace: `${org}-lead`, actor: org, words });
  messages[org] = said.kind === 'message' ? said.message.key : 0;
}

describe('behind the wall of an organisation', () => {
  test('E20: every read finds what is its own, and nothing of another, whatever it is asked for', async () => {
    const all = await engine.delegations({ limit: 100 });
    const others = all.filter(({ org }) => org === 'umbrella');
    const batch = others.find((row) => row.batch !== null)?.batch ?? 0;
    const view = engine.within!('acme');
    const keys = others.map(({ key }) => key);
    const seat = await scene.seat('umbrella-lead');
    const sight = { local: 'umbrella-lead', team: ['umbrella-lead'], global: true };
    const theirs = await engine.memories({ org: 'umbrella', sight, limit: 10 });
    assert.equal(theirs.length, 3);
    const sought = { terms: soughtIn('memory'), has: 'all' as const };
    const found = await Promise.all([
      ...keys.map(async (key) => view.delegation({ key })),
      ...others.map(async ({ id }) => view.delegation({ id })),
      ...keys.map(async (key) => view.request(key)),
      view.requests(keys),
      ...keys.map(async (key) => view.result(key)),
      view.results(keys),
      view.results(keys, 10),
      ...keys.map(async (key) => view.late(key)),
      view.delegations({ limit: 100, party: 'umbrella-lead' }),
      view.delegations({ limit: 100 }),
      view.batch(batch),
      view.events({ limit: 100 }),
      view.events({ limit: 100, workspace: 'umbrella-writer' }),
      view.workspace('umbrella-lead'),
      view.workspaces({ limit: 100 }),
      view.neighbours(seat, 100),
      ...keys.map(async (key) => view.notice(key)),
      view.unacknowledged('umbrella-lead', 100),
      view.keyByHash('umbrella-hash'),
      view.keys({ org: 'umbrella', workspace: 'umbrella-lead' }),
      ...keys.map(async (key) => view.children(key)),
      view.due(Number.MAX_SAFE_INTEGER, 100),
      view.runningOf({ than: 'nobody', limit: 100 }),
      view.message(messages['umbrella'] ?? 0),
      view.message(messages['acme'] ?? 0),
      view.messages({ workspace: 'umbrella-lead', limit: 100 }),
      view.files.files(ORGS.map(fileIn)),
      ...ORGS.map(async (org) => textOf(await view.files.part(fileIn(org), 0))),
      ...theirs.map(async ({ key }) => view.memory(key)),
      view.memories({ org: 'umbrella', sight, limit: 10 }),
      view.memories({ org: 'umbrella', sight, limit: 10, sought }),
      view.teamAuthors('umbrella'),
    ]);
    const seen = JSON.stringify(found, (_name, value: unknown) => (value instanceof Map ? [...value] : value));
    assert.doesNotMatch(seen, /umbrella/u);
    for (const own of ['acme-writer', 'acme said', 'acme file', 'acme bytes']) {
      assert.ok(seen.includes(own), `its own is there: ${own}`);
    }
    const own = { local: 'acme-lead', team: ['acme-lead'], global: true };
    assert.equal((await view.memories({ org: 'acme', sight: own, limit: 10, sought })).length, 3);
    assert.equal(
      (await view.counts()).live,
      all.filter(({ org, settledAt }) => org === 'acme' && settledAt === null).length,
    );
  });

  test('E20: reads of several organisations at once, on the same connections, do not mix', async () => {
    const rounds = Array.from({ length: 200 }, (_, index) => ORGS[index % 2]!);
    const pages = await Promise.all(rounds.map(async (org) => engine.within!(org).delegations({ limit: 100 })));
    for (const [index, page] of pages.entries()) {
      assert.equal(page.length, 6);
      assert.deepEqual(new Set(page.map(({ org }) => org)), new Set([rounds[index]]));
    }
  });
});

function textOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}

describe('the database', () => {
  test('E20: shows a reader of one organisation no row of another in any table, and none where nobody said for whom', async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query<{ relname: string }>(
      `SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND relnamespace = 'public'::regnamespace`,
    );
    assert.ok(rows.length >= 13, `${rows.length} tables have walls`);
    await client.query('SET ROLE errand_reader');
    for (const { relname } of rows) {
      const counts: number[] = [];
      for (const org of ['', '*', ...ORGS]) {
        await client.query(`SELECT set_config('errand.org', $1, false)`, [org]);
        const { rows: seen } = await client.query(`SELECT * FROM ${relname}`);
        counts.push(seen.length);
        if (org === 'acme') {
          assert.doesNotMatch(JSON.stringify(seen), /umbrella/u, relname);
        }
      }
      const [nobody, everybody = 0, ...each] = counts;
      assert.equal(nobody, 0, `${relname} without an organisation`);
      assert.ok(everybody > 0, `${relname} has rows`);
      assert.equal(each[0]! + each[1]!, everybody, `${relname} belongs to somebody`);
    }
    for (const table of ['secret', 'term', 'writer', 'migration']) {
      await assert.rejects(client.query(`SELECT * FROM ${table}`), /permission denied/u);
    }
    await assert.rejects(client.query('DELETE FROM delegation'), /permission denied/u);
    await client.end();
  });

  test('E20: is not served under a role that stands above the wall, nor with a table that has none', async () => {
    const other = await server.database();
    const options = { url: other, clock: new ManualClock(), ids: new SeededIds(), limits: LIMITS, owner: 'srv_1' };
    await (await openPostgres(options)).close();
    const client = new pg.Client({ connectionString: other });
    await client.connect();
    await client.query('ALTER TABLE notice DISABLE ROW LEVEL SECURITY');
    await assert.rejects(openPostgres(options), /Without row-level security: notice/u);
    await client.query('ALTER TABLE notice ENABLE ROW LEVEL SECURITY');
    await client.query('ALTER ROLE errand_reader BYPASSRLS');
    try {
      await assert.rejects(openPostgres(options), /errand_reader is above row-level security/u);
    } finally {
      await client.query('ALTER ROLE errand_reader NOBYPASSRLS');
      await client.end();
    }
    await (await openPostgres(options)).close();
    await server.drop(other);
  });
});
