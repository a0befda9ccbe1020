/**
 * `errand migrate` as an operator uses it: between real platforms, killed in the middle, started wrongly.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { after, before, describe, test, type TestContext } from 'node:test';
import pg from 'pg';
import { LIMITS } from '../../src/core/delegation/index.ts';
import { openSqlite } from '../../src/engines/sqlite/engine.ts';
import { systemClock, systemIds } from '../../src/server/index.ts';
import { Scene } from '../../src/testing/index.ts';
import { ended, errand, launch, serving } from '../support/errand.ts';
import { openServer, type TestServer } from '../support/postgres.ts';

type Json = Record<string, unknown>;

let server: TestServer;

before(async () => {
  server = await openServer();
});

after(async () => server.close());

describe('errand migrate', () => {
  test('moves a platform to PostgreSQL and back: the same handles, keys and work', async (t) => {
    const [folder, database, last] = [newFolder(t), await newDatabase(t), join(newFolder(t), 'new')];
    const first = await serving(['--data', folder]);
    await say(folder, 'agent', 'add', 'sleeper', '--pull');
    const { delegation_id: id } = await say(folder, 'delegate', 'sleeper', 'Later', '--key', 'k1');
    const { auth_token: key } = await say(folder, 'token', 'create', '--workspace', 'sleeper');
    await ended(first, 'SIGTERM');

    const there = await errand(['migrate', folder, database]);
    assert.equal(there.code, 0, there.err);
    assert.match(there.out, /^ {2}delegation +1$/mu);
    assert.match(there.out, /compared by count and hash: no difference/u);
    const second = await serving(['--data', join(folder, 'beside')], { DATABASE_URL: database });
    const beside = join(folder, 'beside');
    assert.equal((await say(beside, 'delegate', 'sleeper', 'Later', '--key', 'k1'))['delegation_id'], id);
    assert.equal((await say(beside, 'list', '--token', String(key), '--from', 'sleeper')).length, 1);
    assert.match((await errand(['migrate', database, last])).err, /is being served by srv_/u);
    await ended(second, 'SIGTERM');

    const back = await errand(['migrate', database, last, '--json']);
    assert.equal(back.code, 0, back.err);
    const document = JSON.parse(back.out.trim().split('\n').at(-1) ?? '') as Json;
    assert.equal(document['moved'], true);
    assert.equal((document['counts'] as Json)['delegation'], 1);
    const third = await serving(['--data', last]);
    assert.equal((await say(last, 'show', String(id)))['status'], 'queued');
    await ended(third, 'SIGTERM');
    const wrong = await errand(['up', '--port', '0', '--data', folder]);
    assert.equal(wrong.code, 1);
    assert.match(wrong.err, /was moved to postgres:.*serve from there\..*--take-back/u);
    const taken = await errand(['migrate', '--take-back', folder]);
    assert.match(taken.out, /is served from again/u);
    await ended(await serving(['--data', folder]), 'SIGTERM');
  });

  test(
    'is killed again and again, and goes on to the same end, in either direction',
    { timeout: 180_000 },
    async (t) => {
      const [folder, database, last] = [newFolder(t), await newDatabase(t), newFolder(t)];
      await manyIn(folder, 4000);
      for (const [from, to] of [
        [folder, database],
        [database, last],
      ] as const) {
        for (const step of [0, 1, 9, 20]) {
          const child = launch(['migrate', from, to, '--json']);
          const gone = once(child, 'exit');
          await untilStep(to, step, () => child.exitCode !== null);
          child.kill('SIGKILL');
          await gone;
          await refusesToServe(to);
        }
        const comparing = launch(['migrate', from, to, '--json']);
        await lineWith(comparing.stdout!, '"step":"comparing"');
        await ended(comparing, 'SIGKILL');
        await refusesToServe(to);
        const { code, out, err } = await errand(['migrate', from, to, '--json']);
        assert.equal(code, 0, err);
        assert.match(out, /"moved":true.*"resumed":true/u);
      }
      const [all] = rowsOf(last, 'SELECT (SELECT count(*) FROM delegation), (SELECT count(*) FROM event)');
      assert.deepEqual(
        all,
        rowsOf(folder, 'SELECT (SELECT count(*) FROM delegation), (SELECT count(*) FROM event)')[0],
      );
    },
  );

  test('stops in order when it is told to, and goes on when it is started again', async (t) => {
    const [folder, to] = [newFolder(t), newFolder(t)];
    await manyIn(folder, 4000);
    const child = launch(['migrate', folder, to]);
    const err = child.stderr!.toArray();
    const gone = once(child, 'exit');
    await untilStep(to, 2, () => child.exitCode !== null);
    child.kill('SIGINT');
    const [code] = await gone;
    assert.equal(code, 1);
    assert.match(
      Buffer.concat(await err).toString(),
      /^moving \w+: [\d,]+ of [\d,]+.*stopped: .*goes on where it stopped/su,
    );
    assert.match(
      (await errand(['up', '--port', '0', '--data', to])).err,
      /Only a part of .* Finish with: errand migrate/u,
    );
    assert.equal((await errand(['migrate', folder, to])).code, 0);
  });

  test('says that it was interrupted when the database goes away, and goes on when it is back', async (t) => {
    const [folder, database] = [newFolder(t), await newDatabase(t)];
    await manyIn(folder, 4000);
    const child = launch(['migrate', folder, database]);
    const err = child.stderr!.toArray();
    const gone = once(child, 'exit');
    await untilStep(database, 1, () => child.exitCode !== null);
    const name = new URL(database).pathname.slice(1);
    // Once may strike between two steps, where nothing is open.
    while (child.exitCode === null) {
      await server.ask(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
    }
    const [code] = await gone;
    assert.equal(code, 1);
    assert.match(
      Buffer.concat(await err).toString(),
      /^interrupted: .*\nWhat came over stays\. Start the same command/mu,
    );
    assert.equal((await errand(['migrate', folder, database])).code, 0);
  });

  test('ends with 1 and names the kind where the two sides are not the same', async (t) => {
    const [folder, to] = [newFolder(t), newFolder(t)];
    await manyIn(folder, 4);
    assert.equal((await errand(['migrate', folder, to])).code, 0);
    // As if it had been cut short just before the comparison, and somebody had been at the new side.
    alter(folder, 'UPDATE move SET done_at = NULL');
    alter(to, 'UPDATE move SET done_at = NULL; DELETE FROM notice WHERE key = (SELECT min(key) FROM notice)');
    alter(to, "UPDATE request SET task = 'other' WHERE key = (SELECT min(key) FROM request)");
    const said = await failure('differs', folder, to);
    assert.match(said, /\(request: not the same content; notice: 2 there, 1 here\)\.\nKeep .*--take-back/u);
    assert.match((await errand(['up', '--port', '0', '--data', to])).err, /Only a part of/u);
  });

  test('looks first, counts, and changes nothing', async (t) => {
    const [folder, to] = [newFolder(t), join(newFolder(t), 'none')];
    await manyIn(folder, 3);
    const { code, out } = await errand(['migrate', folder, to, '--dry-run']);
    assert.equal(code, 0);
    assert.match(out, /^ {2}delegation +3$/mu);
    assert.equal(existsSync(to), false);
    const json = JSON.parse(
      (await errand(['migrate', folder, await newDatabase(t), '--dry-run', '--json'])).out,
    ) as Json;
    assert.equal(json['would'], 'begin');
    assert.equal((json['counts'] as Json)['delegation'], 3);
    assert.deepEqual(rowsOf(folder, 'SELECT * FROM move'), []);
  });
});

describe('errand migrate says what to do', () => {
  test('where there is no store, or one of something else', async (t) => {
    const folder = newFolder(t);
    assert.match(await failure('not_opened', join(folder, 'none'), folder), /There is no store at .*errand\.db\./u);
    writeFileSync(join(folder, 'errand.db'), 'This is a letter and no database at all, of some length.');
    assert.match(await failure('not_opened', folder, newFolder(t)), /is not a store of Errand/u);
    const database = await newDatabase(t);
    assert.match(await failure('not_opened', database, newFolder(t)), /holds no store of Errand/u);
    await query(database, 'CREATE TABLE event (id integer)');
    const full = newFolder(t);
    await manyIn(full, 1);
    assert.match(await failure('not_opened', full, database), /holds tables of something else/u);
  });

  test('where no database answers, without showing the password', async (t) => {
    const folder = newFolder(t);
    await manyIn(folder, 1);
    const said = await failure('not_opened', folder, 'postgres://someone:secret@127.0.0.1:1/none?password=secret');
    assert.match(said, /cannot be opened \(.*ECONNREFUSED.*\)\. Look whether the server runs/u);
    assert.doesNotMatch(said, /secret/u);
    const missing = new URL(await newDatabase(t));
    missing.pathname = '/none_such';
    assert.match(await failure('not_opened', folder, missing.href), /"none_such" does not exist/u);
    assert.match(await failure('not_opened', folder, 'mysql://127.0.0.1/x'), /neither a data folder nor an address/u);
  });

  test('where the new side is not empty, or the old one is served from', async (t) => {
    const [from, to] = [newFolder(t), newFolder(t)];
    await manyIn(from, 1);
    await manyIn(to, 1);
    assert.match(await failure('not_empty', from, to), /is not empty\.\nName a folder that is not there yet/u);
    const up = await serving(['--data', from]);
    assert.match(await failure('not_opened', from, newFolder(t)), /is in use by process \d+\. Stop that one first/u);
    await ended(up, 'SIGTERM');
  });

  test('where the store is of a newer Errand, or, when it only looks, of an older one', async (t) => {
    const folder = newFolder(t);
    await manyIn(folder, 1);
    alter(folder, "INSERT INTO migration VALUES (9999, '9999-later.sql', 'x', 0)");
    assert.match(
      await failure('not_opened', folder, newFolder(t)),
      /newer Errand \(9999-later\.sql\)\. Update this one/u,
    );
    alter(folder, 'DELETE FROM migration WHERE version IN (2, 9999); DROP TABLE move');
    const looked = await errand(['migrate', folder, newFolder(t), '--dry-run']);
    assert.match(looked.err, /older Errand \(it lacks 0002-move\.sql\)/u);
    assert.equal((await errand(['migrate', folder, newFolder(t)])).code, 0);
  });

  test('where words are missing or too many', async () => {
    assert.equal((await errand(['migrate'])).code, 2);
    assert.match((await errand(['migrate', 'a'])).err, /<to> is missing/u);
    assert.match((await errand(['migrate', 'a', 'b', 'c'])).err, /c is one word too many/u);
    assert.match((await errand(['migrate', '--take-back', '--dry-run', 'a'])).err, /do not go together/u);
  });
});

async function failure(code: string, from: string, to: string): Promise<string> {
  const done = await errand(['migrate', from, to]);
  assert.equal(done.code, 1, done.err);
  assert.match(done.err, new RegExp(`^${code}: `, 'mu'));
  return done.err.trimEnd();
}

async function say(data: string, ...args: string[]): Promise<Json & unknown[]> {
  const { code, out, err } = await errand([...args, '--data', data, '--json']);
  assert.equal(code, 0, `${args.join(' ')}: ${err}`);
  return JSON.parse(out) as Json & unknown[];
}

async function refusesToServe(address: string): Promise<void> {
  const environment = address.startsWith('postgres:') ? { DATABASE_URL: address } : {};
  const own = mkdtempSync(join(tmpdir(), 'errand-migrate-'));
  const data = address.startsWith('postgres:') ? own : address;
  const { code, err } = await errand(['up', '--port', '0', '--data', data], environment);
  rmSync(own, { recursive: true });
  assert.equal(code, 1);
  assert.match(err, /Finish with: errand migrate /u);
}

/** So many delegations with what belongs to them, half of them at their end. */
async function manyIn(folder: string, count: number): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const ids = systemIds();
  const limits = { ...LIMITS, queuePerCalleeMax: count, queuePerOrgMax: count };
  const engine = await openSqlite({ path: join(folder, 'errand.db'), clock: systemClock, ids, limits, owner: 'srv_1' });
  const scene = new Scene({
    engine,
    clock: { now: () => systemClock.now(), advance: () => {} },
    ids,
    reopen: () => assert.fail('it is opened once'),
    close: async () => engine.close(),
  });
  await scene.enrol('lead', { carrier: 'none' });
  await scene.enrol('writer', { capacity: Math.ceil(count / 2) });
  const { answers } = await scene.commit(...Array.from({ length: count }, () => scene.accept()));
  const running = answers.flatMap((answer) =>
    answer.kind === 'done' && answer.delegation.status === 'dispatched' ? answer.delegation : [],
  );
  await scene.commit(...(await Promise.all(running.map(async (row) => scene.command(row, 'fail', FAILED)))));
  await scene.close();
}

const FAILED = { reason: 'callee_failed', error: 'no' } as const;

/** Until so many pages are there; at 0 until it has begun. */
async function untilStep(address: string, step: number, isOver: () => boolean): Promise<void> {
  const client = address.startsWith('postgres:') ? new pg.Client({ connectionString: address }) : undefined;
  await client?.connect();
  try {
    for (
      let at: unknown;
      typeof at !== 'number' || at < step;
      at = client === undefined ? stepAt(address) : await stepIn(client)
    ) {
      assert.ok(!isOver(), `it ended by itself, before step ${step}`);
      await setImmediate();
    }
  } finally {
    await client?.end();
  }
}

const STEP = "SELECT step FROM move WHERE done_at IS NULL AND side = 'to'";

async function stepIn(client: pg.Client): Promise<unknown> {
  const found = await client.query<unknown[]>({ text: STEP, rowMode: 'array' }).catch(() => undefined);
  const step = found?.rows[0]?.[0];
  return step === undefined ? undefined : Number(step);
}

function stepAt(folder: string): unknown {
  try {
    return rowsOf(folder, STEP)[0]?.[0];
  } catch {
    // It is not made yet, or not so far that it has the table.
    return undefined;
  }
}

function rowsOf(folder: string, text: string): unknown[][] {
  const db = new DatabaseSync(join(folder, 'errand.db'), { readOnly: true, timeout: 5000 });
  try {
    const statement = db.prepare(text);
    statement.setReturnArrays(true);
    return statement.all() as unknown as unknown[][];
  } finally {
    db.close();
  }
}

function alter(folder: string, text: string): void {
  const db = new DatabaseSync(join(folder, 'errand.db'));
  db.exec(text);
  db.close();
}

async function query(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(text);
  await client.end();
}

async function lineWith(stream: NodeJS.ReadableStream, words: string): Promise<string> {
  for await (const line of createInterface({ input: stream })) {
    if (line.includes(words)) {
      return line;
    }
  }
  throw new Error(`it ended without a line with: ${words}`);
}

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'errand-migrate-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function newDatabase(t: TestContext): Promise<string> {
  const url = await server.database();
  t.after(async () => server.drop(url));
  return url;
}
