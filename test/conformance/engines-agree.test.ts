/**
 * The same commands leave the same books in every engine: rows, log, inbox, counters and queue, to the last hash.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LIMITS } from '../../src/core/delegation/index.ts';
import { soughtIn } from '../../src/core/memory/index.ts';
import { openSqlite } from '../../src/engines/sqlite/engine.ts';
import { Scene } from '../../src/testing/index.ts';
import { ManualClock } from '../support/clock.ts';
import { SeededIds } from '../support/ids.ts';
import { anyStep, peopled } from '../support/lives.ts';
import { memoryHarness } from '../support/stage.ts';

describe('two engines', () => {
  test('E11: answer alike and keep the same books, whatever happens in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep(), { minLength: 5, maxLength: 40 }), async (steps) => {
        const scenes = [await inMemory(), await inSqlite()];
        try {
          for (const step of steps) {
            const answers = await Promise.all(
              scenes.map(async (scene) => step(scene, await scene.engine.delegations({ limit: 100 }))),
            );
            assert.deepEqual(answers[1], answers[0]);
          }
          const [memory, sqlite] = await Promise.all(scenes.map(books));
          assert.deepEqual(sqlite, memory);
        } finally {
          await Promise.all(scenes.map((scene) => scene.close()));
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('what is kept', () => {
  test('E22: is found alike in every engine, whatever it says and whatever is asked', async () => {
    const word = fc.oneof(
      fc.constantFrom(
        'deploy',
        'deployment',
        'de',
        '東京',
        '京',
        '京都の天気',
        'サーバー',
        'ＤＥ',
        'é',
        '…',
        '"OR"',
        "a'b",
      ),
      fc.string({ unit: 'binary', maxLength: 6 }).map((text) => text.toWellFormed()),
    );
    const text = fc.array(word, { maxLength: 6 }).map((words) => words.join(' '));
    const scope = fc.constantFrom('LOCAL', 'TEAM', 'GLOBAL');
    const memory = fc.record({ content: text, scope, workspace: fc.constantFrom('lead', 'writer', 'chief') });
    const question = fc.record({
      terms: text.map((asked) => soughtIn(asked)),
      has: fc.constantFrom<'all' | 'some'>('all', 'some'),
    });
    const sight = fc.record({
      local: fc.constantFrom(null, 'lead', 'writer'),
      team: fc.subarray(['lead', 'writer', 'chief']),
      global: fc.boolean(),
    });
    const asked = fc.record({ sought: question, sight, limit: fc.integer({ min: 1, max: 5 }) });
    const plays = fc.tuple(fc.array(memory, { minLength: 1, maxLength: 12 }), fc.array(asked, { maxLength: 12 }));
    await fc.assert(
      fc.asyncProperty(plays, async ([memories, questions]) => {
        const scenes = [await inMemory(), await inSqlite()];
        try {
          for (const scene of scenes) {
            for (const { content, ...said } of memories) {
              await scene.remember(content, said);
            }
          }
          for (const { sought, ...rest } of questions) {
            for (const filter of [rest, { ...rest, sought }]) {
              const pages = scenes.map(async (scene) => scene.engine.memories({ org: 'acme', ...filter }));
              const [one, other] = await Promise.all(pages);
              assert.deepEqual(other, one);
            }
          }
        } finally {
          await Promise.all(scenes.map((scene) => scene.close()));
        }
      }),
      { numRuns: 40 },
    );
  });
});

async function books(scene: Scene) {
  const { engine } = scene;
  const rows = await engine.delegations({ limit: 1000 });
  return {
    rows,
    log: await engine.events({ limit: 10_000 }),
    seats: await engine.workspaces({ limit: 100 }),
    inboxes: [await engine.unacknowledged('lead', 1000), await engine.unacknowledged('chief', 1000)],
    counts: await engine.counts(),
    due: await engine.due(scene.now + LIMITS.deadlineMsMax, 1000),
    ahead: await Promise.all(rows.map((row) => engine.ahead(row))),
    late: await Promise.all(rows.map((row) => engine.late(row.key))),
    results: await engine.results(rows.map(({ key }) => key)),
  };
}

async function inMemory(): Promise<Scene> {
  return seated(new Scene(await memoryHarness()));
}

async function inSqlite(): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'errand-'));
  const [clock, ids] = [new ManualClock(), new SeededIds()];
  const engine = await openSqlite({ path: join(folder, 'errand.db'), clock, ids, limits: LIMITS, owner: 'platform' });
  const reopen = (): never => assert.fail('it is opened once');
  async function close(): Promise<void> {
    await engine.close();
    rmSync(folder, { recursive: true });
  }
  return seated(new Scene({ engine, clock, ids, reopen, close }));
}

async function seated(scene: Scene): Promise<Scene> {
  await scene.enrol('lead', { carrier: 'none' });
  await scene.enrol('writer');
  return peopled(scene);
}
