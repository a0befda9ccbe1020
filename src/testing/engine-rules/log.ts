/**
 * Rules of the log: without a gap per delegation, chained per organisation, readable from any point in either
 * direction.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, test } from 'node:test';
import { chainText, type Event } from '../../core/ports/index.ts';
import type { Scene } from '../scene.ts';
import type { Stage } from './stage.ts';

export function logRules(stage: Stage): void {
  describe('the log', () => {
    chainRules(stage);
    cursorRules(stage);
  });
}

function chainRules(stage: Stage): void {
  test('E4: the events of a delegation are numbered without a gap, up to the version of its row', () =>
    stage(async (scene) => {
      const row = await busyLife(scene);
      const events = await scene.engine.events({ delegation: row.key, limit: 100 });
      const { version } = await scene.read(row);
      assert.deepEqual(
        events.map(({ n }) => n),
        Array.from({ length: version }, (_, index) => index + 1),
      );
      assert.deepEqual(
        events.map(({ type }) => type.replace('delegation.', '')),
        [
          'accepted',
          'dispatched',
          'returned',
          'dispatched',
          'delivered',
          'progressed',
          'asked',
          'answered',
          'dispatched',
          'settled',
        ],
      );
      assert.ok(events.every((event) => event.delegationId === row.id && event.at <= scene.now));
    }));

  test('D12: each line covers the one before it in its organisation, so an edit, a swap or a gap shows', () =>
    stage(async (scene) => {
      await scene.enrol('elsewhere', {}, 'globex');
      await scene.enrol('elsewhere-lead', {}, 'globex');
      await busyLife(scene);
      await scene.delegate({ caller: 'elsewhere-lead', callee: 'elsewhere' });
      await scene.reopen();
      await scene.delegate();
      const log = await scene.engine.events({ limit: 1000 });
      for (const org of ['acme', 'globex']) {
        const lines = log.filter((event) => event.org === org);
        assert.ok(verifies(lines), org);
        assert.ok(!verifies([...lines.slice(0, 1), ...lines.slice(2)]), 'a gap');
        assert.ok(
          !verifies(lines.map((line, index) => (index === 1 ? { ...line, actor: 'somebody' } : line))),
          'an edit',
        );
      }
    }));

  test('E4: the log of all counts without a gap, and goes on counting after a restart', () =>
    stage(async (scene) => {
      await busyLife(scene);
      await scene.reopen();
      await scene.delegate();
      const log = await scene.engine.events({ limit: 1000 });
      assert.deepEqual(
        log.map(({ seq }) => seq),
        log.map((_, index) => index + 1),
      );
      assert.equal(await scene.engine.lastSeq(), log.length);
    }));
}

/** Returned once, asked once, completed at last. */
async function busyLife(scene: Scene) {
  const row = await scene.delegate();
  scene.advance(10);
  await scene.requeue(row, 'busy', { chance: 0 });
  await scene.on(row, 'acknowledge', {});
  await scene.on(row, 'progress', { message: 'half', percent: 50 });
  await scene.on(row, 'ask', { question: 'which?' });
  await scene.on(row, 'answer', { text: 'this' });
  await scene.complete(row);
  return row;
}

function verifies(lines: readonly Event[]): boolean {
  let before = '';
  for (const line of lines) {
    if (hash('sha256', chainText(before, line, JSON.stringify(line.data)), 'base64url') !== line.hash) {
      return false;
    }
    before = line.hash;
  }
  return true;
}

function cursorRules(stage: Stage): void {
  test('E4: the log is read from any point on, in pages, forward and backward', () =>
    stage(async (scene) => {
      await busyLife(scene);
      const whole = await scene.engine.events({ limit: 1000 });
      const forward: Event[] = [];
      for (let page = await scene.engine.events({ limit: 3 }); page.length > 0;) {
        forward.push(...page);
        page = await scene.engine.events({ after: forward.at(-1)?.seq ?? 0, limit: 3 });
      }
      assert.deepEqual(forward, whole);
      const backward: Event[] = [];
      for (let page = await scene.engine.events({ newestFirst: true, limit: 4 }); page.length > 0;) {
        backward.push(...page);
        page = await scene.engine.events({ newestFirst: true, before: backward.at(-1)?.seq ?? 0, limit: 4 });
      }
      assert.deepEqual(backward.toReversed(), whole);
    }));

  test('E4: the log of one workspace, one delegation, one organisation is that part of the whole', () =>
    stage(async (scene) => {
      await scene.enrol('elsewhere', {}, 'globex');
      await scene.enrol('editor');
      const row = await busyLife(scene);
      await scene.delegate({ callee: 'editor' });
      const whole = await scene.engine.events({ limit: 1000 });
      const about = (id: string) => whole.filter(({ workspace, peer }) => workspace === id || peer === id);
      assert.deepEqual(await scene.engine.events({ workspace: 'editor', limit: 1000 }), about('editor'));
      assert.deepEqual(
        await scene.engine.events({ delegation: row.key, after: 5, limit: 1000 }),
        whole.filter(({ delegation, seq }) => delegation === row.key && seq > 5),
      );
      assert.deepEqual(
        await scene.engine.events({ org: 'globex', limit: 1000 }),
        whole.filter(({ org }) => org === 'globex'),
      );
    }));
}
