/**
 * Budgets: set aside from the one above, charged as use is reported, free again at the end, and bounds on all below.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Accept, Budget, Delegation } from '../../../../src/core/delegation/index.ts';
import { refusedWith, resultOf, type Scene } from '../../../../src/testing/index.ts';
import { stage } from '../../../support/stage.ts';

async function family(budget: Budget): Promise<{ scene: Scene; root: Delegation; child: Partial<Accept> }> {
  const scene = await stage();
  await scene.enrol('editor', { capacity: 9 });
  await scene.enrol('printer', { capacity: 9 });
  const root = await scene.delegate({ budget });
  return { scene, root, child: { caller: 'writer', callee: 'editor', parent: root.key } };
}

async function purseOf(scene: Scene, row: Delegation) {
  const { purse } = (await scene.read(row)).detail;
  assert.ok(purse !== undefined);
  return purse;
}

const used = (inputTokens: number) => ({ usage: { inputTokens } });

describe('a budget', () => {
  test('D18: what a child is given comes out of what is left above it, and no more can be given', async () => {
    const { scene, root, child } = await family({ tokens: 100 });
    await scene.delegate({ ...child, budget: { tokens: 70 } });
    assert.deepEqual((await purseOf(scene, root)).reserved, { tokens: 70 });
    const more = await scene.do(scene.accept({ ...child, budget: { tokens: 31 } }));
    assert.equal(refusedWith(more), 'budget_exhausted');
    await scene.delegate({ ...child, budget: { tokens: 30 } });
    assert.equal(refusedWith(await scene.do(scene.accept(child))), 'budget_exhausted', 'nothing is left for anybody');
  });

  test('D18: use is charged once to everybody above, out of what was set aside, and the rest is free at the end', async () => {
    const { scene, root, child } = await family({ tokens: 100 });
    const given = await scene.delegate({ ...child, budget: { tokens: 60 } });
    await scene.on(given, 'progress', used(10));
    await scene.on(given, 'progress', used(25));
    assert.deepEqual(await purseOf(scene, root), {
      budget: { tokens: 100 },
      spent: { tokens: 25, delegations: 1 },
      reserved: { tokens: 35 },
    });
    await scene.on(given, 'complete', { result: resultOf('done'), ...used(40) });
    const purse = await purseOf(scene, root);
    assert.deepEqual([purse.spent, purse.reserved], [{ tokens: 40, delegations: 1 }, { tokens: 0 }]);
  });

  test('D18: below a child that has none of its own, use is charged to the nearest above that has one', async () => {
    const { scene, root, child } = await family({ costUsd: 2 });
    const middle = await scene.delegate(child);
    const leaf = await scene.delegate({ caller: 'editor', callee: 'printer', parent: middle.key });
    await scene.on(leaf, 'progress', { usage: { costUsd: 0.5 } });
    assert.equal((await purseOf(scene, root)).spent.costUsd, 0.5);
  });

  test('D18: what is given below a child that bounds something else comes out of the nearest above that bounds it', async () => {
    const { scene, root, child } = await family({ tokens: 100 });
    const middle = await scene.delegate({ ...child, budget: { delegations: 5 } });
    const leaf = await scene.delegate({
      ...{ caller: 'editor', callee: 'printer', parent: middle.key },
      budget: { tokens: 80, delegations: 2 },
    });
    assert.equal((await purseOf(scene, root)).reserved.tokens, 80);
    assert.equal((await purseOf(scene, middle)).reserved.delegations, 2);
    const more = await scene.do(scene.accept({ ...child, budget: { tokens: 21 } }));
    assert.equal(refusedWith(more), 'budget_exhausted');
    await scene.on(leaf, 'progress', used(30));
    assert.deepEqual(
      [(await purseOf(scene, root)).spent.tokens, (await purseOf(scene, root)).reserved.tokens],
      [30, 50],
    );
    await scene.on(leaf, 'complete', { result: resultOf('done'), ...used(30) });
    assert.equal((await purseOf(scene, root)).reserved.tokens, 0);
    assert.equal((await purseOf(scene, middle)).reserved.delegations, 0);
  });

  test('D18: so many may be handed on below it, at any depth and in batches', async () => {
    const { scene, root, child } = await family({ delegations: 3 });
    const first = await scene.delegate(child);
    const below = { caller: 'editor', callee: 'printer', parent: first.key };
    await scene.delegate(below);
    assert.equal(refusedWith(await scene.openBatch([below, below])), 'budget_exhausted', 'both or none');
    await scene.delegate(below);
    assert.equal(refusedWith(await scene.do(scene.accept(below))), 'budget_exhausted');
    assert.equal((await purseOf(scene, root)).spent.delegations, 3);
  });

  test('D18: at four fifths it is said once, and beyond the whole it ends with everything below it', async () => {
    const { scene, root, child } = await family({ tokens: 10 });
    const given = await scene.delegate(child);
    const warnings = async () =>
      (await scene.engine.events({ delegation: root.key, limit: 50 })).filter(
        ({ type }) => type === 'delegation.warned',
      );
    await scene.on(given, 'progress', used(8));
    await scene.on(given, 'progress', used(9));
    assert.equal((await warnings()).length, 1);
    await scene.on(given, 'progress', used(11));
    const [top, low] = [await scene.read(root), await scene.read(given)];
    assert.deepEqual([top.status, top.reason], ['failed', 'budget_exhausted']);
    assert.ok(low.detail.cancel !== undefined, 'its child is told to stop');
  });

  test('D18: what is reported with a result is charged, and the result stands', async () => {
    const { scene, root, child } = await family({ tokens: 10 });
    const given = await scene.delegate(child);
    await scene.on(given, 'complete', { result: resultOf('dear'), ...used(12) });
    assert.equal((await scene.read(given)).status, 'completed');
    assert.equal((await scene.read(root)).status, 'dispatched');
    assert.equal(refusedWith(await scene.do(scene.accept(child))), 'budget_exhausted');
  });

  test('D18: what nobody reports is not known, and is not counted as nothing', async () => {
    const { scene, root, child } = await family({ tokens: 10, costUsd: 1 });
    const given = await scene.delegate(child);
    await scene.on(given, 'complete', { result: resultOf('quiet') });
    assert.deepEqual((await purseOf(scene, root)).spent, { delegations: 1 });
    assert.equal((await scene.read(given)).detail.usage, undefined);
  });
});
