/**
 * Rules of a commit: it is kept, it is whole, it answers in order, and one fault in it spoils nothing else.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { keyOf, type Command } from '../../core/ports/index.ts';
import { delegationIn, resultOf } from '../scene.ts';
import type { Stage } from './stage.ts';

/** Nothing can write this: a number that JSON does not know. */
const UNWRITABLE: Command = {
  type: 'note',
  event: 'workspace.reported',
  workspace: 'lead',
  peer: null,
  actor: 'lead',
  data: { amount: 1n },
};

export function commitRules(stage: Stage): void {
  describe('a commit', () => {
    keptRules(stage);
    wholeRules(stage);
    faultRules(stage);
    orderRules(stage);
    keyRules(stage);
  });
}

function keptRules(stage: Stage): void {
  test('E1: what was answered is there when the store is opened again', () =>
    stage(async (scene) => {
      const first = await scene.delegate();
      const waiting = await scene.delegate();
      await scene.complete(first, 'kept');
      const before = await Promise.all([scene.read(first), scene.read(waiting), scene.seat('writer')]);
      const seq = await scene.engine.lastSeq();
      await scene.reopen();
      assert.deepEqual(await Promise.all([scene.read(first), scene.read(waiting), scene.seat('writer')]), before);
      assert.equal((await scene.engine.result(first.key))?.text, 'kept');
      assert.equal(await scene.engine.lastSeq(), seq);
      assert.equal((await scene.engine.unacknowledged('lead', 10)).length, 1);
    }));

  test('E1: a store that was opened again goes on where it stopped', () =>
    stage(async (scene) => {
      const running = await scene.delegate();
      const waiting = await scene.delegate();
      await scene.reopen();
      await scene.complete(running);
      assert.equal((await scene.read(waiting)).status, 'dispatched');
      await scene.complete(waiting);
      assert.equal((await scene.engine.counts()).live, 0);
    }));

  test('E6: a read that begins after a commit was answered sees it, and a commit says what it wrote', () =>
    stage(async (scene) => {
      const commit = await scene.commit(scene.accept());
      const accepted = delegationIn(commit.answers[0]!);
      const row = await scene.engine.delegation({ id: accepted.id });
      assert.deepEqual(
        commit.handovers.map(({ delegation }) => delegation),
        [row],
      );
      // An engine may make a hash when it is asked for it.
      const written = commit.events.map((event) => ({ ...event, hash: event.hash }));
      assert.deepEqual(await scene.engine.events({ delegation: accepted.key, limit: 10 }), written);
      assert.equal(commit.dueAt, row?.dueAt);
    }));

  test('E6: commits asked for at the same time are made in the order in which they were asked for', () =>
    stage(async (scene) => {
      const accepts = Array.from({ length: 20 }, () => scene.accept());
      const commits = await Promise.all(accepts.map((accept) => scene.commit(accept)));
      const log = await scene.engine.events({ limit: 100 });
      const accepted = log.filter(({ type }) => type === 'delegation.accepted').map(({ delegation }) => delegation);
      assert.deepEqual(
        accepted,
        commits.map(({ answers }) => delegationIn(answers[0]!).key),
      );
    }));
}

function wholeRules(stage: Stage): void {
  test('E2: the commands of a batch commit together, each seeing what the one before it wrote', () =>
    stage(async (scene) => {
      const id = 'f47ac10b-58cc-4372-a567-0e02b2c3d479';
      const done: Command = { type: 'complete', ref: { id }, actor: 'platform', epoch: 1, result: resultOf('done') };
      const { answers, handovers } = await scene.commit(scene.accept({ id }), scene.accept(), done);
      const [one, two] = answers.map(delegationIn);
      assert.equal(answers.length, 3);
      assert.deepEqual(
        handovers.map(({ delegation }) => delegation.key),
        [one!.key, two!.key],
      );
      assert.equal((await scene.read(two!)).status, 'dispatched');
    }));
}

function faultRules(stage: Stage): void {
  test('E2: a command that cannot be written leaves nothing behind and spares its neighbours', () =>
    stage(async (scene) => {
      const { answers } = await scene.commit(scene.accept(), UNWRITABLE, scene.accept());
      assert.deepEqual(
        answers.map(({ kind }) => kind),
        ['done', 'fault', 'done'],
      );
      assert.deepEqual(
        (await scene.engine.delegations({ limit: 10 })).map(({ key }) => key),
        [delegationIn(answers[2]!).key, delegationIn(answers[0]!).key],
      );
      assert.deepEqual(
        await scene.engine.events({ limit: 50 }).then((log) => log.map(({ seq }) => seq)),
        [1, 2, 3, 4, 5],
      );
    }));

  test('E2: a batch that was undone leaves queues, lanes and slots as they were', () =>
    stage(async (scene) => {
      await scene.do({ type: 'change', id: 'writer', actor: 'operator', profile: { capacity: 2 } });
      const running = [await scene.delegate(), await scene.delegate()];
      const waiting = [await scene.delegate(), await scene.delegate(), await scene.delegate({ conversation: 'c' })];
      const ends = await Promise.all(running.map((row) => scene.command(row, 'complete', { result: resultOf('x') })));
      const { handovers } = await scene.commit(...ends, UNWRITABLE);
      assert.deepEqual(
        handovers.map(({ delegation }) => delegation.key),
        waiting.slice(0, 2).map(({ key }) => key),
        'in their order, as if the fault had not been',
      );
      await scene.complete(waiting[0]!);
      assert.equal((await scene.read(waiting[2]!)).status, 'dispatched');
      const { running: taken, queued } = await scene.seat('writer');
      assert.deepEqual({ taken, queued }, { taken: 2, queued: 0 });
    }));

  test('E2: a fault in a batch of one is an answer too', () =>
    stage(async (scene) => {
      assert.equal((await scene.commit(UNWRITABLE)).answers[0]?.kind, 'fault');
      assert.equal((await scene.delegate()).status, 'dispatched');
    }));
}

function orderRules(stage: Stage): void {
  test('E3: answers come in the order of the commands, one for each, refusals among them', () =>
    stage(async (scene) => {
      const commands = [
        scene.accept(),
        scene.accept({ callee: 'nobody' }),
        scene.accept({ priority: 10 }),
        scene.accept({ callee: 'lead' }),
      ];
      const { answers } = await scene.commit(...commands);
      assert.deepEqual(
        answers.map((answer) => (answer.kind === 'done' ? answer.delegation.priority : answer.kind)),
        [50, 'refused', 10, 'refused'],
      );
      assert.deepEqual((await scene.commit()).answers, []);
    }));

  test('E3: a refused command writes nothing, not even into the log', () =>
    stage(async (scene) => {
      const before = await scene.engine.lastSeq();
      const id = 'f47ac10b-58cc-4372-a567-0e02b2c3d479';
      await scene.do(scene.accept({ callee: 'nobody', id }));
      assert.equal(await scene.engine.delegation({ id }), undefined);
      assert.deepEqual(await scene.engine.delegations({ limit: 1 }), []);
      assert.equal(await scene.engine.lastSeq(), before);
    }));
}

function keyRules(stage: Stage): void {
  test('E5: keys grow, and go on growing when the store is opened by a process that counts anew', () =>
    stage(async (scene) => {
      const given: number[] = [];
      for (let round = 0; round < 3; round += 1) {
        const row = await scene.delegate();
        await scene.on(row, 'ask', { question: 'which?' });
        const asked = (await scene.engine.unacknowledged('lead', 10)).find(({ kind }) => kind === 'asked');
        assert.equal(keyOf('ntc', asked?.id ?? ''), asked?.key);
        given.push(row.key, asked?.key ?? 0);
        await scene.on(row, 'cancel', {});
        await scene.reopen();
      }
      assert.deepEqual(
        given,
        given.toSorted((left, right) => left - right),
      );
      assert.equal(new Set(given).size, given.length);
    }));
}
