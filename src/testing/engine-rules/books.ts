/**
 * Rules of the books: the same key finds the same delegation, counters and queues agree with the rows, and what was
 * given comes back as it was given.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSettled, type Delegation } from '../../core/delegation/index.ts';
import { delegationIn, refusedWith, resultOf, type Scene } from '../scene.ts';
import type { Stage } from './stage.ts';

export function bookRules(stage: Stage): void {
  describe('the books', () => {
    keyRules(stage);
    keyTextRules(stage);
    counterRules(stage);
    orderRules(stage);
    bodyRules(stage);
  });
}

function keyRules(stage: Stage): void {
  const idempotency = { key: 'k-1', hash: 'h-1' };

  test('E7: the same key and body find the same delegation, while it runs, after it ended and after a restart', () =>
    stage(async (scene) => {
      const first = await scene.delegate({ idempotency });
      const again = await scene.do(scene.accept({ idempotency }));
      assert.deepEqual(again, { kind: 'done', delegation: first, fresh: false });
      await scene.complete(first);
      await scene.reopen();
      const later = await scene.do(scene.accept({ idempotency }));
      assert.equal(delegationIn(later).key, first.key);
      assert.equal((await scene.engine.delegations({ limit: 10 })).length, 1);
    }));

  test('E7: the same key twice in one batch makes one delegation', () =>
    stage(async (scene) => {
      const { answers } = await scene.commit(scene.accept({ idempotency }), scene.accept({ idempotency }));
      const [first, second] = answers.map(delegationIn);
      assert.equal(first?.key, second?.key);
    }));

  test('E7: the same key with another body is a conflict, and another caller has keys of its own', () =>
    stage(async (scene) => {
      await scene.enrol('editor', { carrier: 'none' });
      await scene.delegate({ idempotency });
      const other = await scene.do(scene.accept({ idempotency: { key: 'k-1', hash: 'h-2' } }));
      assert.equal(refusedWith(other), 'idempotency_conflict');
      const theirs = await scene.do(scene.accept({ caller: 'editor', idempotency }));
      assert.ok(theirs.kind === 'done' && theirs.fresh);
    }));

  test('E7: a refused call does not use up its key', () =>
    stage(async (scene) => {
      await scene.do(scene.accept({ callee: 'nobody', idempotency }));
      const answer = await scene.do(scene.accept({ idempotency }));
      assert.ok(answer.kind === 'done' && answer.fresh);
    }));

  test('E7: a key whose delegation is past its retention may be used anew', () =>
    stage(async (scene) => {
      const first = await scene.delegate({ idempotency });
      const { key: delegation, version } = await scene.complete(first);
      await scene.do({ type: 'collect', workspace: 'lead', delegation, version, actor: 'lead' });
      scene.advance(1000);
      await scene.do({ type: 'prune', before: scene.now, most: 10 });
      const answer = await scene.do(scene.accept({ idempotency }));
      assert.ok(answer.kind === 'done' && answer.fresh, answer.kind);
    }));

  test('E7: a batch is found by its key as well', () =>
    stage(async (scene) => {
      const answers = [await scene.openBatch([{}, {}], idempotency), await scene.openBatch([{}, {}], idempotency)];
      const [first, again] = answers.map((answer) => (answer.kind === 'batch' ? answer : undefined));
      assert.equal(again?.batch.id, first?.batch.id);
      assert.equal(again?.fresh, false);
    }));
}

function keyTextRules(stage: Stage): void {
  test('E12: a key is kept with every character, and so is the name of a key of access', () =>
    stage(async (scene) => {
      for (const key of ['a\u0000b', '\u0001"c"', '\u0001', '👋🏽']) {
        const first = await scene.delegate({ idempotency: { key, hash: 'h' } });
        await scene.reopen();
        assert.equal((await scene.delegate({ idempotency: { key, hash: 'h' } })).key, first.key);
        const issued = { id: `key_${first.key}`, org: 'acme', workspace: 'writer', name: key };
        const about = { prefix: 'er_', expiresAt: null, actor: 'operator', hash: `hash-${first.key}` };
        await scene.do({ type: 'issue_key', ...issued, ...about });
        assert.equal((await scene.engine.keyByHash(about.hash))?.name, key);
      }
      assert.equal((await scene.engine.delegations({ limit: 10 })).length, 4);
    }));
}

function counterRules(stage: Stage): void {
  test('E11: the counters of a seat and of the store agree with the rows after every commit', () =>
    stage(async (scene) => {
      await scene.do({ type: 'change', id: 'writer', actor: 'operator', profile: { capacity: 2 } });
      const rows: Delegation[] = [];
      for (let round = 0; round < 6; round += 1) {
        rows.push(await scene.delegate());
        await agree(scene);
      }
      await scene.complete(rows[0]!);
      await agree(scene);
      await scene.requeue(rows[1]!, 'busy');
      await agree(scene);
      await scene.on(rows[5]!, 'cancel', {});
      await agree(scene);
      await scene.on(rows[2]!, 'ask', { question: 'which?' });
      await agree(scene);
      await scene.do({ type: 'remove', id: 'writer', actor: 'operator' });
      await agree(scene);
    }));

  test('E11: a position counts those who go before, and there is none for what does not wait for a slot', () =>
    stage(async (scene) => {
      const running = await scene.delegate();
      const info = await scene.delegate({ priority: 10 });
      const task = await scene.delegate();
      const last = await scene.delegate();
      const critical = await scene.delegate({ priority: 100 });
      const later = await scene.delegate({ startAt: scene.now + 60_000 });
      const positions = await Promise.all(
        [critical, task, last, info, running, later].map((row) => scene.engine.ahead(row)),
      );
      assert.deepEqual(
        positions.map((ahead) => ahead?.position),
        [1, 2, 3, 4, undefined, undefined],
      );
    }));
}

async function agree(scene: Scene): Promise<void> {
  const rows = await scene.engine.delegations({ limit: 1000 });
  const { running, queued, capacity } = await scene.seat('writer');
  const counts = await scene.engine.counts();
  assert.equal(running, rows.filter(({ status }) => status === 'dispatched' || status === 'in_progress').length);
  assert.equal(queued, rows.filter(({ status }) => status === 'queued' || status === 'pending').length);
  assert.ok(running <= capacity, `D9: ${running} running in ${capacity} slots`);
  assert.deepEqual(
    { live: counts.live, running: counts.running, queued: counts.queued },
    { live: rows.filter(({ status }) => !isSettled(status)).length, running, queued },
  );
}

function orderRules(stage: Stage): void {
  test('E15: callers take turns, and within a turn whoever came first goes first, a restart in between or not', () =>
    stage(async (scene) => {
      await scene.enrol('chief', { carrier: 'none' });
      const mine: Delegation[] = [];
      for (let index = 0; index < 4; index += 1) {
        mine.push(await scene.delegate());
      }
      const theirs = [await scene.delegate({ caller: 'chief' }), await scene.delegate({ caller: 'chief' })];
      const order: number[] = [];
      for (let row = mine[0]; row !== undefined; row = await runningRow(scene)) {
        order.push(row.key);
        await scene.reopen();
        await scene.complete(row);
      }
      const expected = [mine[0], mine[1], theirs[0], mine[2], theirs[1], mine[3]];
      assert.deepEqual(
        order,
        expected.map((row) => row?.key),
      );
    }));

  test('E15: one that comes back goes before those of its band who came after it', () =>
    stage(async (scene) => {
      const rows = [await scene.delegate(), await scene.delegate(), await scene.delegate()];
      await scene.requeue(rows[0]!, 'lease_lost');
      assert.equal((await runningRow(scene))?.key, rows[0]!.key);
    }));
}

async function runningRow(scene: Scene): Promise<Delegation | undefined> {
  const [row] = await scene.engine.delegations({ status: 'dispatched', limit: 1 });
  return row;
}

function bodyRules(stage: Stage): void {
  const texts = [
    '',
    ' ',
    'plain',
    'ünïcödé 漢字 🏳️‍🌈',
    'line\r\nline\n',
    'a\u0000b',
    '\u202E\u200B\uFEFF',
    '{"a":1}',
    "'; --",
  ];

  test('E12: tasks and results come back exactly as they were given', () =>
    stage(async (scene) => {
      for (const text of [...texts, 'x'.repeat(1_000_000)]) {
        const request = {
          task: text,
          context: text,
          parts: [{ kind: 'data' as const, data: { text } }],
          labels: { text },
        };
        const row = await scene.delegate({ request });
        await scene.on(row, 'complete', { result: { ...resultOf(text), parts: [{ kind: 'text', text }] } });
        assert.deepEqual(await scene.engine.request(row.key), request);
        assert.deepEqual(await scene.engine.result(row.key), { ...resultOf(text), parts: [{ kind: 'text', text }] });
      }
    }));

  test('E12: a body without the optional fields comes back without them, and is there for many at once', () =>
    stage(async (scene) => {
      const rows = [await scene.delegate(), await scene.delegate()];
      await scene.complete(rows[0]!, 'one');
      await scene.complete(rows[1]!, 'two');
      const keys = rows.map(({ key }) => key);
      const requests = await scene.engine.requests([...keys, 5]);
      const results = await scene.engine.results([...keys, 5]);
      assert.deepEqual([...requests.values()], [{ task: 'Write it.' }, { task: 'Write it.' }]);
      assert.deepEqual([...results.keys()], keys);
      assert.deepEqual(results.get(keys[1]!), resultOf('two'));
      assert.equal(await scene.engine.request(5), undefined);
      assert.equal(await scene.engine.result(5), undefined);
    }));

  test('E12: an id that was given from outside is kept, and a wrong id for a right key finds nothing', () =>
    stage(async (scene) => {
      const foreign = await scene.delegate({ id: 'f47ac10b-58cc-4372-a567-0e02b2c3d479' });
      const ours = await scene.delegate();
      assert.equal((await scene.engine.delegation({ id: foreign.id }))?.key, foreign.key);
      assert.equal((await scene.engine.delegation({ id: ours.id }))?.key, ours.key);
      const forged = `${ours.id.slice(0, -1)}${ours.id.endsWith('0') ? '1' : '0'}`;
      assert.equal(await scene.engine.delegation({ id: forged }), undefined);
      assert.equal(await scene.engine.delegation({ key: ours.key, id: forged }), undefined);
      const taken = await scene.do(scene.accept({ id: foreign.id, callee: 'lead', caller: 'writer' }));
      assert.equal(refusedWith(taken), 'already_exists');
    }));

  test('D5: the hash and the length in the row are those of the stored text', () =>
    stage(async (scene) => {
      for (const text of texts) {
        const row = await scene.complete(await scene.delegate(), text);
        const stored = await scene.engine.result(row.key);
        assert.deepEqual(
          { sha256: row.resultSha256, length: row.resultLength },
          { sha256: resultOf(stored?.text ?? '?').sha256, length: Buffer.byteLength(text) },
        );
      }
    }));
}
