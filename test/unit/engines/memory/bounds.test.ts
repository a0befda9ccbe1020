/**
 * The memory engine bounded by number: what goes, what never goes, and that nothing of what went is left behind.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, test } from 'node:test';
import { LIMITS } from '../../../../src/core/delegation/index.ts';
import { chainText, type Answer, type Command, type Event } from '../../../../src/core/ports/index.ts';
import { openMemory, Tables } from '../../../../src/engines/memory/engine.ts';
import { Scene } from '../../../../src/testing/index.ts';
import { ManualClock } from '../../../support/clock.ts';
import { SeededIds } from '../../../support/ids.ts';

describe('the memory engine, bounded by number', () => {
  test('E10: keeps the newest that are settled and told, with all that hangs from them, and nothing of the others', async () => {
    const { scene, tables } = await bounded({ settledMost: 3, eventsMost: 8 });
    for (let made = 0; made < 200; made += 1) {
      await live(scene, { idempotency: { key: `key-${made}`, hash: 'same' }, conversation: `talk-${made}` });
    }
    await scene.commit();
    const rows = await scene.engine.delegations({ limit: 100 });
    assert.equal(rows.length, 3);
    const newest = rows.map(({ key }) => key);
    assert.deepEqual([...tables.requests.keys()].toSorted(descending), newest);
    assert.deepEqual([...tables.results.keys()].toSorted(descending), newest);
    assert.deepEqual([...tables.notices.keys()].toSorted(descending), newest);
    assert.deepEqual([tables.remembered.size, tables.names.size], [3, 3]);
    assert.deepEqual([tables.lanes.size, tables.inboxes.size, tables.live.size], [0, 0, 0]);
    assert.ok(tables.due.size <= 64, `the clockwork has ${tables.due.size} entries`);
    assert.equal((await scene.engine.delegations({ party: 'lead', limit: 100 })).length, 3);
  });

  test('E10: never lets go what lives or what was not told, and lets it go when it was', async () => {
    const { scene, tables } = await bounded({ settledMost: 2 });
    const untold = await scene.delegate();
    await scene.complete(untold);
    const running = await scene.delegate();
    await scene.enrol('editor');
    for (let made = 0; made < 20; made += 1) {
      await live(scene, { callee: 'editor' });
    }
    assert.equal((await scene.read(untold)).status, 'completed');
    assert.equal((await scene.read(running)).status, 'dispatched');
    await tell(scene, untold.key);
    for (let made = 0; made < 4; made += 1) {
      await live(scene, { callee: 'editor' });
    }
    assert.equal(await scene.engine.delegation(untold), undefined);
    assert.equal(tables.results.has(untold.key), false);
    assert.equal((await scene.read(running)).status, 'dispatched');
  });

  test('E10: a batch stays whole until it is told, and leaves nothing behind when its last member has gone', async () => {
    const { scene, tables } = await bounded({ settledMost: 2 });
    await scene.enrol('editor', { capacity: 10 });
    const tasks = Array.from({ length: 5 }, () => ({ callee: 'editor' }));
    const opened = await scene.openBatch(tasks, { key: 'five', hash: 'same' });
    assert.ok(opened.kind === 'batch');
    for (const member of opened.delegations) {
      await scene.complete(member);
    }
    await live(scene);
    await live(scene);
    assert.equal((await scene.engine.delegations({ batch: opened.batch.key, limit: 10 })).length, 5);
    await tell(scene, opened.batch.key);
    await live(scene);
    await live(scene);
    await scene.commit();
    assert.deepEqual(await scene.engine.delegations({ batch: opened.batch.key, limit: 10 }), []);
    assert.equal(await scene.engine.batch(opened.batch.key), undefined);
    assert.deepEqual([tables.batches.size, tables.batchMembers.size, tables.names.size], [0, 0, 0]);
    const again = await scene.openBatch(tasks, { key: 'five', hash: 'same' });
    assert.ok(again.kind === 'batch' && again.fresh);
  });

  test('E10: one whose children live stays until they have ended, so that their ancestry can be followed', async () => {
    const { scene } = await bounded({ settledMost: 1 });
    await scene.enrol('editor');
    const parent = await scene.delegate();
    const child = await scene.delegate({ caller: 'writer', callee: 'editor', parent: parent.key });
    await end(scene, parent);
    await live(scene);
    await live(scene);
    assert.equal((await scene.read(parent)).status, 'completed');
    await end(scene, child);
    await live(scene);
    await live(scene);
    await scene.commit();
    assert.equal(await scene.engine.delegation(parent), undefined);
  });

  test('E2: a batch that could not be written neither lets anything go nor keeps it from going', async () => {
    const { scene } = await bounded({ settledMost: 2 });
    const rows = [await live(scene), await live(scene)];
    const third = await scene.delegate();
    const { answers } = await scene.commit(
      await scene.command(third, 'complete', { result: { text: 'x', length: 1, sha256: 'x' } }),
      collectOf(third.key, third.version + 1),
      UNWRITABLE,
    );
    assert.deepEqual(answers.map(kindOf), ['done', 'done', 'fault']);
    await scene.commit();
    const kept = await scene.engine.delegations({ limit: 10 });
    assert.deepEqual(
      kept.map(({ key }) => key),
      [third.key, rows[1]?.key],
    );
  });

  test('E4: a bounded log counts on, and what is there of it is chained', async () => {
    const { scene } = await bounded({ eventsMost: 10 });
    await live(scene);
    const seen = await scene.engine.events({ limit: 1000 });
    for (let made = 0; made < 50; made += 1) {
      await live(scene);
    }
    const log = await scene.engine.events({ limit: 1000 });
    const last = await scene.engine.lastSeq();
    assert.ok(log.length >= 10 && log.length <= 24, `${log.length} lines`);
    assert.deepEqual(
      log.map(({ seq }) => seq),
      log.map((_, index) => last - log.length + index + 1),
    );
    // The lines between were gone before anybody looked: the chain goes on from the last one that was seen.
    assert.equal(chainedFrom(seen.at(-1)?.hash ?? '', log), true);
    assert.equal(chainedFrom('', log), false);
    const newest = await scene.engine.events({ newestFirst: true, limit: 2 });
    assert.deepEqual(newest, log.slice(-2).toReversed());
  });
});

const UNWRITABLE: Command = {
  ...{ type: 'note', event: 'workspace.reported', workspace: 'lead', peer: null, actor: 'lead' },
  data: { amount: 1n },
};

async function bounded(bounds: { settledMost?: number; eventsMost?: number }) {
  const [clock, ids, tables] = [new ManualClock(), new SeededIds(), new Tables()];
  const engine = await openMemory({ clock, ids, limits: LIMITS, owner: 'platform', tables, ...bounds });
  const reopen = async () => {
    throw new Error('It is not opened again.');
  };
  const scene = new Scene({ engine, clock, ids, reopen, close: async () => engine.close() });
  await scene.enrol('lead', { carrier: 'none' });
  await scene.enrol('writer');
  return { scene, tables };
}

/** A whole life: accepted, completed, told. */
async function live(scene: Scene, patch: Parameters<Scene['accept']>[0] = {}) {
  return end(scene, await scene.delegate(patch));
}

async function end(scene: Scene, row: { key: number }) {
  const settled = await scene.complete(row);
  await scene.do(collectOf(settled.key, settled.version, settled.caller));
  return settled;
}

async function tell(scene: Scene, key: number): Promise<void> {
  const notice = await scene.engine.notice(key);
  assert.ok(notice !== undefined);
  await scene.do({ type: 'acknowledge_notices', workspace: 'lead', ids: [notice.id], actor: 'lead' });
}

function collectOf(delegation: number, version: number, workspace = 'lead'): Command {
  return { type: 'collect', workspace, delegation, version, actor: workspace };
}

function descending(left: number, right: number): number {
  return right - left;
}

function kindOf({ kind }: Answer): string {
  return kind;
}

function chainedFrom(head: string, lines: readonly Event[]): boolean {
  let before = head;
  return lines.every((line) => {
    const isNext = hash('sha256', chainText(before, line, JSON.stringify(line.data)), 'base64url') === line.hash;
    before = line.hash;
    return isNext;
  });
}
