/**
 * The PostgreSQL engine under the rules of every engine, each store a database of its own on a real server.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { LIMITS, type Limits } from '../../src/core/delegation/index.ts';
import { ErrandError } from '../../src/core/error.ts';
import { chainText, type Answer, type Event } from '../../src/core/ports/index.ts';
import { openPostgres } from '../../src/engines/postgres/engine.ts';
import { engineSuite, Scene, type Harness } from '../../src/testing/index.ts';
import { ManualClock } from '../support/clock.ts';
import { SeededIds } from '../support/ids.ts';
import { openServer, type TestServer } from '../support/postgres.ts';

let server: TestServer;

before(async () => {
  server = await openServer();
});

after(async () => server.close());

engineSuite({
  name: 'postgres',
  async open(limits) {
    const url = await server.database();
    const harness = await openStore(url, { clock: new ManualClock(), ids: new SeededIds(), limits: limits ?? {} });
    return withEnd(harness, async () => server.drop(url));
  },
});

interface Given {
  clock: ManualClock;
  ids: SeededIds;
  limits?: Partial<Limits>;
  owner?: string;
  statementMs?: number;
}

describe('two processes on one store', () => {
  test('E5: each sees what the other wrote, numbers and chains go on, and nothing is written over', async () => {
    const url = await server.database();
    const clock = new ManualClock();
    const first = new Scene(await openStore(url, { clock, ids: new SeededIds(1, 1_000_000), owner: 'srv_1' }));
    const second = new Scene(await openStore(url, { clock, ids: new SeededIds(2, 2_000_000), owner: 'srv_2' }));
    await first.enrol('lead', { carrier: 'none' });
    await first.enrol('writer', { capacity: 4 });
    const scenes = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? first : second));
    const made = await Promise.all(scenes.map(async (scene) => scene.delegate()));
    assert.equal((await first.seat('writer')).running, 4);
    assert.equal((await second.seat('writer')).queued, 36);
    for (const scene of scenes) {
      const running = (await scene.engine.delegations({ limit: 100 })).filter(({ status }) => status === 'dispatched');
      await Promise.all(running.slice(0, 2).map(async (row, index) => (index === 0 ? first : second).complete(row)));
    }
    const events = await first.engine.events({ limit: 1000 });
    assert.deepEqual(
      events.map(({ seq }) => seq),
      events.map((_, index) => index + 1),
      'D12: the log has no gap',
    );
    assert.equal(broken(events), undefined, 'every line covers the one before it, whoever wrote it');
    assert.equal((await first.engine.counts()).live, 0);
    assert.equal(new Set(made.map(({ key }) => key)).size, 40);
    await first.close();
    await second.close();
    await server.drop(url);
  });
});

describe('what another process has changed', () => {
  test('E6: a refusal is never one of yesterday', async () => {
    const url = await server.database();
    const clock = new ManualClock();
    const first = new Scene(await openStore(url, { clock, ids: new SeededIds(1, 1_000_000), owner: 'srv_1' }));
    const second = new Scene(await openStore(url, { clock, ids: new SeededIds(2, 2_000_000), owner: 'srv_2' }));
    await first.enrol('lead', { carrier: 'none' });
    assert.equal((await first.do(first.accept({ callee: 'writer' }))).kind, 'refused');
    await second.enrol('writer');
    assert.equal((await first.do(first.accept({ callee: 'writer' }))).kind, 'done');
    await first.close();
    await second.close();
    await server.drop(url);
  });
});

describe('a connection that is cut', () => {
  test('E19: what was answered is there, once, and the next commit is made', async () => {
    const url = await server.database();
    const scene = new Scene(await openStore(url, { clock: new ManualClock(), ids: new SeededIds() }));
    await scene.enrol('lead', { carrier: 'none' });
    await scene.enrol('writer', { capacity: 1000 });
    let cut = 0;
    for (let round = 0; round < 20; round += 1) {
      const accepts = Array.from({ length: 20 }, () => scene.accept());
      const asked = accepts.map(async (accept) => (await scene.commit(accept)).answers[0]!);
      const killed = cutAll(url);
      const answers = await Promise.all(asked);
      cut += await killed;
      for (const accepted of answers.flatMap((answer) => (answer.kind === 'done' ? answer.delegation : []))) {
        const { id } = accepted;
        const row = await scene.engine.delegation({ id }).catch(() => scene.engine.delegation({ id }));
        assert.ok(row !== undefined, 'D1: what was accepted is kept');
      }
      assert.equal((await scene.delegate()).status, 'dispatched', 'it recovers by itself');
    }
    assert.ok(cut >= 20, `${cut} connections were cut`);
    const events = await scene.engine.events({ limit: 10_000 });
    assert.equal(broken(events), undefined);
    assert.equal((await scene.seat('writer')).running, (await scene.engine.counts()).live, 'D9');
    await scene.close();
    await server.drop(url);
  });
});

describe('a database that cannot do it now', () => {
  test('E19: a lock that is held too long is said to be unavailable, and nothing is written then or later', async () => {
    const url = await server.database();
    const given = { clock: new ManualClock(), ids: new SeededIds(), statementMs: 300 };
    const scene = new Scene(await openStore(url, given));
    await scene.enrol('lead', { carrier: 'none' });
    await scene.enrol('writer', { capacity: 10 });
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query('BEGIN; SELECT * FROM line FOR UPDATE');
    const commit = await scene.commit(scene.accept(), scene.accept());
    assert.deepEqual(commit.answers.map(codeIn), ['unavailable', 'unavailable']);
    await client.query('COMMIT');
    await client.end();
    assert.equal((await scene.delegate()).status, 'dispatched');
    assert.equal((await scene.engine.delegations({ limit: 10 })).length, 1);
    await scene.close();
    await server.drop(url);
  });

  test('E19: a server that only reads, as after a failover, is left for one that writes', async () => {
    const url = await server.database();
    const scene = new Scene(await openStore(url, { clock: new ManualClock(), ids: new SeededIds() }));
    await scene.enrol('lead', { carrier: 'none' });
    await scene.enrol('writer', { capacity: 10 });
    const name = new URL(url).pathname.slice(1);
    await server.ask(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await cutAll(url);
    const commit = await scene.commit(scene.accept());
    assert.deepEqual(commit.answers.map(codeIn), ['unavailable']);
    await server.ask(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
    assert.equal((await scene.delegate()).status, 'dispatched', 'it has made a connection anew');
    assert.equal((await scene.engine.delegations({ limit: 10 })).length, 1);
    await scene.close();
    await server.drop(url);
  });
});

function codeIn(answer: Answer): string {
  return answer.kind === 'fault' && answer.error instanceof ErrandError ? answer.error.code : answer.kind;
}

async function cutAll(url: string): Promise<number> {
  const name = new URL(url).pathname.slice(1);
  const cut = await server.ask(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
  return cut.length;
}

/** The first line that does not cover the one before it. */
function broken(events: readonly Event[]): Event | undefined {
  return events.find((event, index) => {
    const text = chainText(events[index - 1]?.hash ?? '', event, JSON.stringify(event.data));
    return hash('sha256', text, 'base64url') !== event.hash;
  });
}

async function openStore(url: string, given: Given): Promise<Harness> {
  const { clock, ids, owner = 'srv_1' } = given;
  const limits = { ...LIMITS, ...given.limits };
  const bounds = given.statementMs === undefined ? {} : { statementMs: given.statementMs };
  const engine = await openPostgres({ url, clock, timeOf: 'clock', ids, limits, owner, readers: 1, ...bounds });
  return {
    engine,
    clock,
    ids,
    async reopen() {
      await engine.close();
      return openStore(url, given);
    },
    close: async () => engine.close(),
  };
}

/** With something to do after the store is closed, however often it was opened again. */
function withEnd(harness: Harness, end: () => Promise<void>): Harness {
  return {
    ...harness,
    reopen: async () => withEnd(await harness.reopen(), end),
    async close() {
      await harness.close();
      await end();
    },
  };
}
