/**
 * A newer program starts beside an older one on the same PostgreSQL: what goes on, what waits, what is refused.
 *
 * The newer program is this one with further steps of its own; the load is of the older one and never stops.
 */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { LIMITS } from '../../src/core/delegation/index.ts';
import type { Engine } from '../../src/core/ports/index.ts';
import { openPostgres } from '../../src/engines/postgres/engine.ts';
import { systemClock } from '../../src/server/index.ts';
import { Scene } from '../../src/testing/index.ts';
import { SeededIds } from '../support/ids.ts';
import { openServer, type TestServer } from '../support/postgres.ts';
import { until } from '../protocol/support.ts';

const OURS = new URL('../../src/engines/postgres/migrations/', import.meta.url);

let server: TestServer;
let url: string;
let folder: string;

before(async () => {
  server = await openServer();
  url = await server.database();
  folder = mkdtempSync(join(tmpdir(), 'errand-steps-'));
  for (const name of readdirSync(OURS)) {
    copyFileSync(new URL(name, OURS), join(folder, name));
  }
});

after(async () => {
  rmSync(folder, { recursive: true });
  await server.drop(url);
  await server.close();
});

async function open(owner: string, isNewer = false): Promise<Engine> {
  const steps = isNewer ? { steps: pathToFileURL(`${folder}/`) } : {};
  const ids = new SeededIds(owner.length);
  return openPostgres({ url, clock: systemClock, ids, limits: LIMITS, owner, ...steps });
}

function sceneOf(engine: Engine): Scene {
  const reopen = async (): Promise<never> => {
    throw new Error('It is not opened again.');
  };
  const clock = { now: () => engine.now(), advance: () => {} };
  return new Scene({ engine, clock, ids: new SeededIds(), reopen, close: async () => engine.close() });
}

/** Whole lives, one after the other, until it is told to stop. */
function load(scene: Scene) {
  const state = { isOver: false, lives: 0 };
  const running = (async () => {
    while (!state.isOver) {
      const row = await scene.delegate();
      await scene.complete(row);
      const [notice] = await scene.engine.unacknowledged('lead', 1);
      await scene.do({ type: 'acknowledge_notices', workspace: 'lead', ids: [notice!.id], actor: 'lead' });
      state.lives += 1;
    }
  })();
  return {
    lives: () => state.lives,
    async stop() {
      state.isOver = true;
      await running;
    },
  };
}

describe('a newer program', () => {
  test('E9: changes the tables under the load of an older one, which goes on, and may start again', async () => {
    const older = await open('srv_1');
    older.onElsewhere(() => {});
    const scene = sceneOf(older);
    await scene.enrol('lead', { carrier: 'none' });
    await scene.enrol('writer', { capacity: 1000 });
    const running = load(scene);
    await until('there is load', () => running.lives() > 20);
    writeFileSync(
      join(folder, '0100-newer.sql'),
      `-- beside: an older program neither reads nor writes these.
       ALTER TABLE delegation ADD COLUMN colour text NOT NULL DEFAULT 'blue';
       ALTER TABLE event ADD COLUMN colour text;
       ALTER TABLE notice ADD COLUMN colour text;
       ALTER TABLE workspace ADD COLUMN colour text;
       CREATE INDEX delegation_colour ON delegation (colour) WHERE colour <> 'blue';`,
    );
    const newer = await open('srv_22', true);
    const lives = running.lives();
    await until('the older one goes on', () => running.lives() > lives + 20);
    const both = sceneOf(newer);
    await both.delegate();
    const again = await open('srv_333');
    assert.equal((await sceneOf(again).delegate()).callee, 'writer', 'an older one starts beside it');
    await until('all three go on', () => running.lives() > lives + 40);
    await running.stop();
    await Promise.all([older.close(), newer.close(), again.close()]);
  });

  test('E9: does not take away what a platform that serves relies on, and refuses the older ones afterwards', async () => {
    const older = await open('srv_1');
    older.onElsewhere(() => {});
    await serving();
    writeFileSync(join(folder, '0101-apart.sql'), 'ALTER TABLE delegation DROP COLUMN colour;');
    await assert.rejects(open('srv_22', true), /0101-apart\.sql changes what older platforms rely on, and 1 serve/u);
    assert.equal((await sceneOf(older).delegate()).callee, 'writer', 'nothing was changed');
    await older.close();
    await (await open('srv_22', true)).close();
    await assert.rejects(open('srv_1'), /written by a newer Errand \(0101-apart\.sql\)\. Update this one/u);
  });

  test('E9: gives way to a long transaction instead of holding up everybody behind it', async () => {
    const newest = await open('srv_1', true);
    const scene = sceneOf(newest);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query('BEGIN; SELECT count(*) FROM delegation');
    writeFileSync(join(folder, '0102-long.sql'), '-- beside\nALTER TABLE delegation ADD COLUMN size integer;');
    const opening = open('srv_22', true);
    const slowest = { ms: 0 };
    const waiting = { isOver: false };
    const running = (async () => {
      while (!waiting.isOver) {
        const from = performance.now();
        await scene.complete(await scene.delegate({ callee: 'writer' }));
        slowest.ms = Math.max(slowest.ms, performance.now() - from);
      }
    })();
    await until('the step has tried in vain', async () => slowest.ms > 500);
    await client.query('COMMIT');
    await (await opening).close();
    waiting.isOver = true;
    await running;
    assert.ok(slowest.ms < 5000, `a commit waited ${Math.round(slowest.ms)} ms behind a step that waited itself`);
    await client.end();
    await newest.close();
  });
});

/** Until the platform has said so to the database. */
async function serving(): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await until('it is known to serve', async () => {
    const { rows } = await client.query(`SELECT 1 FROM term WHERE name LIKE 'serving %'`);
    return rows.length > 0;
  });
  await client.end();
}
