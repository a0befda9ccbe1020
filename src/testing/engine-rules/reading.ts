/**
 * Rules of reading: pages by every filter, families and batches; a page never shows what its filter excludes.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Delegation } from '../../core/delegation/index.ts';
import type { DelegationFilter } from '../../core/ports/index.ts';
import { batchIn, type Scene } from '../scene.ts';
import type { Stage } from './stage.ts';

export function readingRules(stage: Stage): void {
  describe('reading', () => {
    pageRules(stage);
    familyRules(stage);
  });
}

function pageRules(stage: Stage): void {
  test('E13: a page holds what its filter names, newest first, and the next one goes on below it', () =>
    stage(async (scene) => {
      const rows = await several(scene);
      const keys = async (filter: Omit<DelegationFilter, 'limit'>) =>
        (await scene.engine.delegations({ ...filter, limit: 100 })).map(({ key }) => key);
      const named = (holds: (row: Delegation) => boolean) =>
        rows
          .filter(holds)
          .map(({ key }) => key)
          .toReversed();
      assert.deepEqual(
        await keys({}),
        named(() => true),
      );
      assert.deepEqual(
        await keys({ caller: 'lead' }),
        named(({ caller }) => caller === 'lead'),
      );
      assert.deepEqual(
        await keys({ callee: 'editor' }),
        named(({ callee }) => callee === 'editor'),
      );
      assert.deepEqual(
        await keys({ party: 'editor' }),
        named((row) => row.callee === 'editor' || row.caller === 'editor'),
      );
      for (const status of ['completed', 'queued', 'dispatched', 'cancelled'] as const) {
        assert.deepEqual(
          await keys({ status }),
          named((row) => row.status === status),
          status,
        );
      }
      assert.deepEqual(
        await keys({ caller: 'lead', status: 'queued' }),
        named((row) => row.caller === 'lead' && row.status === 'queued'),
      );
      assert.deepEqual(
        await keys({ since: rows[3]!.createdAt }),
        named((row) => row.createdAt >= rows[3]!.createdAt),
      );
      assert.deepEqual(await keys({ text: 'TASK 2' }), [rows[2]!.key]);
      assert.deepEqual(await keys({ text: "100%_'" }), []);
      assert.deepEqual(
        await keys({ before: rows[2]!.key }),
        named((row) => row.key < rows[2]!.key),
      );
      const [newest, second] = await scene.engine.delegations({ limit: 2 });
      assert.deepEqual([newest?.key, second?.key], [rows.at(-1)!.key, rows.at(-2)!.key]);
    }));

  test('E13: nothing that is named is found where nothing is', () =>
    stage(async (scene) => {
      assert.equal(await scene.engine.delegation({ id: 'dlg_nothing' }), undefined);
      assert.equal(await scene.engine.delegation({ key: 4 }), undefined);
      assert.equal(await scene.engine.batch(4), undefined);
      assert.equal(await scene.engine.notice(4), undefined);
      assert.equal(await scene.engine.workspace('nobody'), undefined);
      assert.equal(await scene.engine.keyByHash('none'), undefined);
      assert.deepEqual(await scene.engine.late(4), []);
      assert.deepEqual(await scene.engine.children(4), []);
      assert.deepEqual(await scene.engine.delegations({ party: 'nobody', limit: 10 }), []);
    }));
}

/** Eight, over two callees and two callers, in four statuses; as they are at the end. */
async function several(scene: Scene): Promise<Delegation[]> {
  await scene.enrol('editor');
  const rows: Delegation[] = [];
  for (let index = 0; index < 8; index += 1) {
    scene.advance(10);
    const callee = index % 3 === 0 ? 'editor' : 'writer';
    rows.push(await scene.delegate({ callee, request: { task: `Task ${index}` } }));
  }
  rows.push(await scene.delegate({ caller: 'editor' }));
  await scene.complete(rows[0]!);
  await scene.on(rows[7]!, 'cancel', {});
  return Promise.all(rows.map((row) => scene.read(row)));
}

function familyRules(stage: Stage): void {
  test('E13: children are found by their parent, and a batch by its key, with every member', () =>
    stage(async (scene) => {
      await scene.enrol('editor', { capacity: 5 });
      const parent = await scene.delegate();
      const children = [
        await scene.delegate({ caller: 'writer', callee: 'editor', parent: parent.key }),
        await scene.delegate({ caller: 'writer', callee: 'editor', parent: parent.key }),
      ];
      assert.deepEqual(
        (await scene.engine.children(parent.key)).map(({ key }) => key),
        children.map(({ key }) => key),
      );
      assert.deepEqual(
        children.map(({ root, depth }) => ({ root, depth })),
        children.map(() => ({ root: parent.key, depth: 2 })),
      );
      const opened = batchIn(await scene.openBatch([{ callee: 'editor' }, { callee: 'editor' }]));
      const { delegations: tasks } = opened;
      const { key } = opened.batch;
      await scene.complete(tasks[0]!);
      assert.deepEqual(
        (await scene.engine.delegations({ batch: key, limit: 10 })).map((row) => row.key),
        tasks.map((task) => task.key).toReversed(),
      );
      const batch = await scene.engine.batch(key);
      assert.deepEqual([batch?.size, batch?.completed, batch?.settledAt], [2, 1, null]);
      await scene.complete(tasks[1]!);
      assert.equal((await scene.engine.batch(key))?.settledAt, scene.now);
    }));

  test('E13: what came too late is kept beside the ending, as much of it as is bounded', () =>
    stage(
      async (scene) => {
        const row = await scene.complete(await scene.delegate(), 'first');
        for (const text of ['second', 'third', 'fourth']) {
          const answer = await scene.on(row, 'complete', { result: { text, length: text.length, sha256: text } });
          assert.ok(answer.kind === 'late' && answer.why === 'already_settled');
        }
        assert.deepEqual(
          (await scene.engine.late(row.key)).map(({ what, excerpt, sha256, epoch }) => ({
            what,
            excerpt,
            sha256,
            epoch,
          })),
          ['second', 'third'].map((text) => ({ what: 'complete', excerpt: text, sha256: text, epoch: 1 })),
        );
        assert.equal((await scene.engine.result(row.key))?.text, 'first');
      },
      { lateResultsMax: 2 },
    ));
}
