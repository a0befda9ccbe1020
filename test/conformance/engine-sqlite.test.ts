/**
 * The SQLite engine under the rules of every engine, on a file; and the rules that need the file itself (E8, E9).
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test, type TestContext } from 'node:test';
import { LIMITS, type Limits } from '../../src/core/delegation/index.ts';
import { openSqlite } from '../../src/engines/sqlite/engine.ts';
import { engineSuite, Scene, type Harness } from '../../src/testing/index.ts';
import { ManualClock } from '../support/clock.ts';
import { SeededIds } from '../support/ids.ts';
import { quickFolder } from '../support/quick-folder.ts';

engineSuite({
  name: 'sqlite',
  async open(limits) {
    const folder = quickFolder('errand-sqlite-');
    const harness = await openFile(join(folder, 'errand.db'), limits);
    return withEnd(harness, () => rmSync(folder, { recursive: true }));
  },
});

describe('the file of the engine sqlite', () => {
  test('E8: a second opener is refused and told who has it, and the next one is not', async (t) => {
    const path = join(tidied(t), 'errand.db');
    const first = await openFile(path);
    await assert.rejects(openFile(path), new RegExp(`in use by process ${process.pid}`, 'u'));
    await first.close();
    const next = await openFile(path);
    await next.close();
  });

  test('E8: a folder that cannot be made is refused at once', () => {
    // In a process of its own: one that cannot be told to stop is ended from outside.
    const { href } = new URL('../../src/engines/sqlite/lock.ts', import.meta.url);
    const program = `import { lock } from ${JSON.stringify(href)}; lock('/proc/errand/none/errand.db');`;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      timeout: 10_000,
      killSignal: 'SIGKILL',
    });
    assert.equal(status, 1);
    assert.match(stderr, /E(?:NOENT|PERM|ACCES|ROFS)/u);
  });

  test('E8: makes the folders above the store, for its owner alone', async (t) => {
    const folder = tidied(t);
    const harness = await openFile(join(folder, 'a', 'b', 'errand.db'));
    await harness.close();
    assert.deepEqual(
      [join(folder, 'a'), join(folder, 'a', 'b')].map((path) => statSync(path).mode & 0o777),
      [0o700, 0o700],
    );
  });

  test('E9: a step that was changed after it was applied is refused, and the file stays as it was', async (t) => {
    const path = await written(t);
    alter(path, "UPDATE migration SET sha256 = 'other' WHERE version = 1");
    await assert.rejects(openFile(path), /was changed after it was applied/u);
    await assert.rejects(openFile(path), /was changed after it was applied/u, 'and the lock is free again');
  });

  test('E9: a file of a newer program is refused', async (t) => {
    const path = await written(t);
    alter(path, "INSERT INTO migration VALUES (9999, '9999-later.sql', 'x', 0)");
    await assert.rejects(openFile(path), /newer Errand/u);
  });

  test('E9: opening again applies no step twice', async (t) => {
    const path = await written(t);
    const steps = (): number => {
      const db = new DatabaseSync(path);
      const { count } = db.prepare('SELECT count(*) AS count FROM migration').get() as { count: number };
      db.close();
      return count;
    };
    const before = steps();
    await (await openFile(path)).close();
    assert.equal(steps(), before);
  });

  test('D3: the file itself refuses to change what is settled', async (t) => {
    const path = await written(t);
    assert.throws(() => alter(path, "UPDATE delegation SET error = 'other' WHERE settled_at IS NOT NULL"), /D3/u);
    assert.throws(() => alter(path, "UPDATE delegation SET status = 'queued' WHERE settled_at IS NOT NULL"), /D3/u);
  });

  test('E1: every commit is synced, and nothing is held back in memory', async (t) => {
    const path = await written(t);
    const engine = await openFile(path);
    const db = new DatabaseSync(path, { readOnly: true });
    assert.equal(db.prepare('PRAGMA journal_mode').get()?.['journal_mode'], 'wal');
    assert.equal(db.prepare('SELECT count(*) AS count FROM delegation').get()?.['count'], 1);
    db.close();
    await engine.close();
  });
});

async function openFile(path: string, limits: Partial<Limits> = {}, clock = new ManualClock()): Promise<Harness> {
  const ids = new SeededIds();
  const engine = await openSqlite({ path, clock, ids, limits: { ...LIMITS, ...limits }, owner: 'platform' });
  return {
    engine,
    clock,
    ids,
    async reopen() {
      await engine.close();
      return openFile(path, limits, clock);
    },
    close: () => engine.close(),
  };
}

/** The folder goes with the last of the engines that were opened in it. */
function withEnd(harness: Harness, end: () => void): Harness {
  let current = harness;
  return {
    ...harness,
    async reopen() {
      current = await current.reopen();
      return withEnd(current, end);
    },
    async close() {
      await current.close();
      end();
    },
  };
}

/** A file with one settled delegation in it, closed. */
async function written(t: TestContext): Promise<string> {
  const path = join(tidied(t), 'errand.db');
  const harness = await openFile(path);
  const scene = new Scene(harness);
  await scene.enrol('lead', { carrier: 'none' });
  await scene.enrol('writer');
  await scene.complete(await scene.delegate());
  await harness.close();
  return path;
}

function alter(path: string, statement: string): void {
  const db = new DatabaseSync(path);
  try {
    db.exec(statement);
  } finally {
    db.close();
  }
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'errand-'));
}

function tidied(t: TestContext): string {
  const folder = newFolder();
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}
