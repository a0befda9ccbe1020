/**
 * A store that is moved is the same store: every record, its queues and its log, from SQLite to PostgreSQL and back; and
 * whatever happens on the way, it is served from one side only.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test, type TestContext } from 'node:test';
import { LIMITS } from '../../src/core/delegation/index.ts';
import { soughtIn } from '../../src/core/memory/index.ts';
import { chainText, KINDS, type Archive, type Event, type Kind } from '../../src/core/ports/index.ts';
import { openPostgres } from '../../src/engines/postgres/engine.ts';
import { openSqlite } from '../../src/engines/sqlite/engine.ts';
import { move, openArchive, systemClock, takeBack, type Moved, type Progress } from '../../src/server/index.ts';
import { Scene } from '../../src/testing/index.ts';
import { ManualClock } from '../support/clock.ts';
import { fillStore, KEPT_KEY, type Kept } from '../support/full-store.ts';
import { SeededIds } from '../support/ids.ts';
import { openServer, type TestServer } from '../support/postgres.ts';

let server: TestServer;

before(async () => {
  server = await openServer();
});

after(async () => server.close());

describe('what is moved', () => {
  test('E12: every record comes along, from SQLite to PostgreSQL and back, and nothing else', async (t) => {
    const [first, second, last] = [newFolder(t), await newDatabase(t), newFolder(t)];
    const kept = await filled(first);
    const there = await contents(first);
    for (const kind of KINDS) {
      assert.ok(there[kind].length > 0, `the store of this test has no ${kind}`);
    }
    assert.equal((await carry(first, second)).kind, 'moved');
    assert.deepEqual(await contents(second), there);
    assert.equal((await carry(second, last)).kind, 'moved');
    assert.deepEqual(await contents(last), there);
    const scene = await sceneAt(last);
    await goesOn(scene, kept);
    await scene.close();
  });

  test('E5: work goes on in PostgreSQL where it stopped in SQLite, to the next number and the next key', async (t) => {
    const [from, to] = [newFolder(t), await newDatabase(t)];
    const kept = await filled(from);
    assert.equal((await carry(from, to)).kind, 'moved');
    const scene = await sceneAt(to);
    await goesOn(scene, kept);
    await scene.close();
  });

  test('E13: the lists of a workspace, and its part of the log, are as they were', async (t) => {
    const [first, second, last] = [newFolder(t), await newDatabase(t), newFolder(t)];
    await filled(first);
    const there = await listsAt(first);
    await carry(first, second);
    assert.deepEqual(await listsAt(second), there);
    await carry(second, last);
    assert.deepEqual(await listsAt(last), there);
  });
});

describe('a move that is cut short', () => {
  test('E21: goes on behind the last page, and neither side is served meanwhile', async (t) => {
    const [from, to] = [newFolder(t), await newDatabase(t)];
    await filled(from);
    const there = await contents(from);
    const steps = new Set<string>();
    for (let stops = 1; ; stops += 1) {
      const moved = await carry(from, to, (progress) => {
        const isNew = !steps.has(`${progress.step} ${progress.kind}`);
        steps.add(`${progress.step} ${progress.kind}`);
        return isNew;
      });
      if (moved.kind === 'moved') {
        assert.ok(moved.resumed && stops > KINDS.length, `stopped ${stops} times`);
        break;
      }
      assert.equal(moved.kind, 'stopped');
      await assert.rejects(sceneAt(from), /is being moved to .*Finish with: errand migrate /u);
      await assert.rejects(sceneAt(to), /Only a part of .* has come .*Finish with: errand migrate /u);
    }
    assert.deepEqual(await contents(to), there);
  });

  test('E21: is not finished from another store, nor from one that was served in between', async (t) => {
    const [from, other, to] = [newFolder(t), newFolder(t), await newDatabase(t)];
    await filled(from);
    await filled(other);
    assert.equal((await carry(from, to, () => true)).kind, 'stopped');
    assert.equal(refusalOf(await carry(other, to)), 'half_moved');
    const back = await sceneAt(other);
    await back.close();
    await giveUp(from);
    await (await sceneAt(from)).close();
    assert.equal(refusalOf(await carry(from, to)), 'half_moved');
    await assert.rejects(sceneAt(to), /Only a part of/u);
  });

  test('a difference is a failure that names its kind, and the new side stays shut', async (t) => {
    const [from, to] = [newFolder(t), newFolder(t)];
    await filled(from);
    assert.equal((await carry(from, to, ({ step }) => step === 'comparing')).kind, 'stopped');
    alter(to, 'UPDATE notice SET deliveries = deliveries + 1 WHERE key = (SELECT min(key) FROM notice)');
    alter(to, 'DELETE FROM turn WHERE callee = (SELECT min(callee) FROM turn)');
    const moved = await carry(from, to);
    assert.ok(moved.kind === 'differs');
    assert.deepEqual(
      moved.differences.map(({ kind }) => kind),
      ['turn', 'notice'],
    );
    await assert.rejects(sceneAt(to), /Only a part of/u);
  });
});

describe('a store that was moved', () => {
  test('E21: says where it went, and is served again only when it is taken back', async (t) => {
    const [from, to] = [await filledDatabase(t), newFolder(t)];
    assert.equal((await carry(from, to)).kind, 'moved');
    assert.equal((await carry(from, to)).kind, 'over');
    await (await sceneAt(to)).close();
    assert.equal((await carry(from, to)).kind, 'over');
    await assert.rejects(sceneAt(from), new RegExp(`was moved to ${to} at .*--take-back`, 'u'));
    assert.equal(refusalOf(await carry(from, newFolder(t))), 'moved_away');
    assert.equal(await giveUp(from), true);
    assert.equal(await giveUp(from), false);
    const scene = await sceneAt(from);
    assert.equal((await scene.delegate({ callee: 'single' })).status, 'queued');
    await scene.close();
  });

  test('E21: takes no commit, not even of a process that had it open before', async (t) => {
    const [from, to] = [await filledDatabase(t), newFolder(t)];
    const early = await sceneAt(from);
    assert.equal((await carry(from, to, () => true)).kind, 'stopped');
    await assert.rejects(early.delegate({ callee: 'single' }), /E21/u);
    await early.close();
    assert.equal((await carry(from, to)).kind, 'moved');
    const back = await newDatabase(t);
    assert.equal((await carry(to, back)).kind, 'moved');
    const scene = await sceneAt(back);
    await scene.delegate({ callee: 'single' });
    await scene.close();
  });
});

describe('a move is refused', () => {
  test('where the new side is not empty, and says what to do', async (t) => {
    const [from, to] = [newFolder(t), await newDatabase(t)];
    await filled(from);
    const scene = await sceneAt(to);
    await scene.enrol('somebody');
    await scene.close();
    const moved = await carry(from, to);
    assert.equal(refusalOf(moved), 'not_empty');
    await (await sceneAt(from)).close();
  });

  test('where a platform serves from either side', async (t) => {
    const [folder, database] = [newFolder(t), await newDatabase(t)];
    await filled(folder);
    const open = await sceneAt(folder);
    await assert.rejects(carry(folder, database), new RegExp(`in use by process ${process.pid}`, 'u'));
    await open.close();
    const engine = await openPostgres({ ...place(), url: database, clock: systemClock, readers: 1 });
    await new Promise<void>((resolve) => {
      engine.onElsewhere?.(() => resolve());
    });
    await assert.rejects(carry(folder, database), /is being served by srv_1\. Stop that platform/u);
    await engine.close();
    assert.equal((await carry(folder, database)).kind, 'moved');
  });

  test('where both sides are one, or another mover is at it', async (t) => {
    const [folder, database] = [newFolder(t), await newDatabase(t)];
    await filled(folder);
    await (await sceneAt(database)).close();
    await assert.rejects(carry(folder, folder), /in use by process/u);
    await assert.rejects(carry(database, database), /moved by another process already, or was named for both sides/u);
  });
});

async function goesOn(scene: Scene, { running, asking, keyed }: Kept): Promise<void> {
  const { engine } = scene;
  const log = await wholeLog(scene);
  assert.equal(await engine.lastSeq(), log.length);
  const again = await scene.do(scene.accept({ callee: 'single', idempotency: KEPT_KEY }));
  assert.ok(again.kind === 'done' && !again.fresh);
  assert.equal(again.delegation.id, keyed.id);
  assert.deepEqual(await engine.delegation({ id: running.id }), running);
  assert.ok(running.epoch === 1 && running.detail.remoteTask !== undefined);
  const ended = await scene.complete(running, 'after the move');
  assert.equal(ended.status, 'completed');
  await scene.on(asking, 'answer', { text: 'this one' });
  const [notice] = await engine.unacknowledged('lead', 1);
  const acknowledged = {
    type: 'acknowledge_notices',
    workspace: 'lead',
    ids: [notice?.id ?? ''],
    actor: 'lead',
  } as const;
  assert.deepEqual(await scene.do(acknowledged), { kind: 'count', count: 1 });
  const next = await scene.remember('kept after the move');
  assert.ok(next.kind === 'memory' && next.memory.key > keyed.key);
  const fresh = await scene.delegate({ callee: 'scribe' });
  assert.ok(fresh.key > keyed.key);
  const longer = await wholeLog(scene);
  assert.ok(longer.length > log.length);
  assert.deepEqual(longer.slice(0, log.length), log);
  assert.deepEqual(
    longer.map(({ seq }) => seq),
    longer.map((_, index) => index + 1),
  );
  for (const org of ['acme', 'globex']) {
    assert.ok(verifies(longer.filter((event) => event.org === org)), `D12: the chain of ${org}`);
  }
}

async function wholeLog(scene: Scene): Promise<Event[]> {
  return scene.engine.events({ limit: 100_000 });
}

function verifies(lines: readonly Event[]): boolean {
  return lines.every((line, index) => {
    const text = chainText(lines[index - 1]?.hash ?? '', line, JSON.stringify(line.data));
    return hash('sha256', text, 'base64url') === line.hash;
  });
}

/** What each workspace sees, newest first, in pages. */
async function listsAt(address: string) {
  const archive = await opened(address, 'from');
  const ids = (await records(archive, 'workspace')).map((seat) => (seat as { id: string }).id);
  await archive.close();
  const scene = await sceneAt(address);
  const lists = [];
  for (const id of ids) {
    const [newest, older] = await Promise.all([
      scene.engine.events({ workspace: id, newestFirst: true, limit: 1000 }),
      scene.engine.delegations({ caller: id, limit: 3 }),
    ]);
    const oldest = older.at(-1)?.key ?? 0;
    lists.push({
      ...{ id, newest, older },
      made: await scene.engine.delegations({ caller: id, limit: 1000, before: oldest }),
      taken: await scene.engine.delegations({ callee: id, limit: 1000 }),
      both: await scene.engine.delegations({ party: id, limit: 1000 }),
      inbox: await scene.engine.unacknowledged(id, 1000),
      kept: await memoriesOf(scene, id),
    });
  }
  await scene.close();
  return lists;
}

/** Read, and found by what they say. */
async function memoriesOf(scene: Scene, id: string) {
  const { org } = await scene.seat(id);
  const filter = { org, sight: { local: id, team: [id], global: true }, limit: 50 };
  const questions = ['kept', '京', '京都', 'kept quoted'].map((question) => soughtIn(question));
  const found = questions.map(async (terms) => scene.engine.memories({ ...filter, sought: { terms, has: 'all' } }));
  return { all: await scene.engine.memories(filter), found: await Promise.all(found) };
}

/** As the mover sees it, put into one order. */
async function contents(address: string): Promise<Record<Kind, unknown[]>> {
  const archive = await opened(address, 'from');
  const found: Partial<Record<Kind, unknown[]>> = {};
  for (const kind of KINDS) {
    found[kind] = await records(archive, kind);
    assert.equal(await archive.count(kind), found[kind].length);
  }
  await archive.close();
  return found as Record<Kind, unknown[]>;
}

async function records(archive: Archive, kind: Kind): Promise<unknown[]> {
  const found: unknown[] = [];
  for (let leaf = await archive.read(kind, null); leaf.records.length > 0;) {
    found.push(...leaf.records);
    leaf = await archive.read(kind, leaf.cursor);
  }
  const named = found.map((record) => [JSON.stringify(Object.entries(record as object).toSorted()), record] as const);
  return named.toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, record]) => record);
}

async function carry(from: string, to: string, stopsAt: (progress: Progress) => boolean = () => false): Promise<Moved> {
  const source = await opened(from, 'from');
  try {
    const target = await opened(to, 'to');
    try {
      const stop = new AbortController();
      return await move({
        ...{ from: source, to: target, clock: systemClock, signal: stop.signal },
        id: `mov_${new SeededIds(hashOf(from + to)).random()}`,
        onProgress: (progress) => stopsAt(progress) && stop.abort(),
      });
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

function hashOf(text: string): number {
  return Number.parseInt(hash('sha256', text).slice(0, 8), 16);
}

async function giveUp(address: string): Promise<unknown> {
  const archive = await opened(address, 'from');
  const taken = await takeBack(archive);
  await archive.close();
  return taken;
}

async function opened(address: string, side: 'from' | 'to'): Promise<Archive> {
  const archive = await openArchive(address, { side, isDry: false, clock: systemClock });
  assert.ok(archive !== undefined);
  return archive;
}

function refusalOf(moved: Moved): string {
  assert.ok(moved.kind === 'refused', moved.kind);
  assert.match(moved.fix, /^[A-Z].*\.?$/u);
  return moved.code;
}

async function filled(address: string): Promise<Kept> {
  const scene = await sceneAt(address);
  const kept = await fillStore(scene);
  await scene.close();
  return kept;
}

async function sceneAt(address: string): Promise<Scene> {
  const given = { ...place(), clock: new ManualClock() };
  const engine = address.startsWith('postgres:')
    ? await openPostgres({ ...given, url: address, readers: 1, timeOf: 'clock' })
    : await openSqlite({ ...given, path: join(address, 'errand.db') });
  const reopen = (): never => assert.fail('it is opened once');
  return new Scene({ engine, clock: given.clock, ids: given.ids, reopen, close: async () => engine.close() });
}

function place() {
  return { ids: new SeededIds(), limits: LIMITS, owner: 'srv_1' };
}

/** Filled in a folder, which is faster, and moved there. */
async function filledDatabase(t: TestContext): Promise<string> {
  const [folder, database] = [newFolder(t), await newDatabase(t)];
  await filled(folder);
  assert.equal((await carry(folder, database)).kind, 'moved');
  return database;
}

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'errand-move-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function newDatabase(t: TestContext): Promise<string> {
  const url = await server.database();
  t.after(async () => server.drop(url));
  return url;
}

function alter(folder: string, statement: string): void {
  const db = new DatabaseSync(join(folder, 'errand.db'));
  db.exec(statement);
  db.close();
}
