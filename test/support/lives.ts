/**
 * Random lives: steps that a property test strings together, each any command or some time that passes.
 *
 * A step means the same on every engine: it names what it is about by its place in the list of what is there.
 */
import fc from 'fast-check';
import type { Delegation, Requeue } from '../../src/core/delegation/index.ts';
import { resultOf, type Scene } from '../../src/testing/index.ts';

export const CALLEES = ['writer', 'editor'];
const CALLERS = ['lead', 'chief'];

export type Step = (scene: Scene, rows: readonly Delegation[]) => Promise<unknown>;

/** Two seats more than a stage has. */
export async function peopled(scene: Scene): Promise<Scene> {
  await scene.enrol('editor', { capacity: 3 });
  await scene.enrol('chief', { carrier: 'none' });
  return scene;
}

export function anyStep(): fc.Arbitrary<Step> {
  return fc.oneof(
    { weight: 4, arbitrary: anyAccept() },
    { weight: 6, arbitrary: anyChange() },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 400_000 }).map(pass) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom('pause', 'resume', 'drain'), fc.constantFrom(...CALLEES)).map(steer),
    },
  );
}

function anyAccept(): fc.Arbitrary<Step> {
  return fc
    .record({
      caller: fc.constantFrom(...CALLERS),
      callee: fc.constantFrom(...CALLEES),
      priority: fc.constantFrom<10 | 50 | 100>(10, 50, 100),
      conversation: fc.option(fc.constantFrom('c', 'd'), { nil: null }),
      validForMs: fc.option(fc.integer({ min: 1, max: 500_000 }), { nil: null }),
      delay: fc.option(fc.integer({ min: 1, max: 100_000 }), { nil: null }),
      delivery: fc.constantFrom<'at_least_once' | 'at_most_once'>('at_least_once', 'at_most_once'),
    })
    .map(({ delay, ...fields }) => async (scene) => {
      await scene.do(scene.accept({ ...fields, startAt: delay === null ? null : scene.now + delay }));
    });
}

function anyChange(): fc.Arbitrary<Step> {
  const why = fc.constantFrom<Requeue['why']>('busy', 'unreachable', 'unknown', 'lease_lost');
  const verb = fc.constantFrom(
    'complete',
    'fail',
    'cancel',
    'confirm',
    'ask',
    'answer',
    'acknowledge',
    'priority',
    'requeue',
  );
  return fc
    .tuple(verb, fc.nat(), why, fc.double({ min: 0, max: 0.99, noNaN: true }))
    .map(([chosen, pick, because, chance]): Step => async (scene, rows) => {
      const row = rows[pick % Math.max(1, rows.length)];
      if (row !== undefined) {
        await CHANGES[chosen]?.(scene, row, { why: because, chance });
      }
    });
}

type Change = (scene: Scene, row: Delegation, drawn: { why: Requeue['why']; chance: number }) => Promise<unknown>;

const CHANGES: Record<string, Change> = {
  complete: (scene, row) => scene.on(row, 'complete', { result: resultOf('done') }),
  fail: (scene, row) => scene.on(row, 'fail', { reason: 'callee_failed', error: 'no' }),
  cancel: (scene, row) => scene.on(row, 'cancel', {}),
  confirm: (scene, row) => scene.on(row, 'confirm_cancel', {}),
  ask: (scene, row) => scene.on(row, 'ask', { question: 'which?' }),
  answer: (scene, row) => scene.on(row, 'answer', { text: 'this' }),
  acknowledge: (scene, row) => scene.on(row, 'acknowledge', { remoteTask: 't' }),
  priority: (scene, row) => scene.on(row, 'reprioritise', { priority: 100 }),
  requeue: (scene, row, drawn) => scene.on(row, 'requeue', { ...drawn, error: null, retryAfterMs: null }),
};

/** Time passes, and a sweep looks at what it brought about. */
function pass(ms: number): Step {
  return async (scene) => {
    scene.advance(ms);
    const { delegations, workspaces } = await scene.engine.due(scene.now, 100);
    const fields = { actor: 'errand', chance: 0.5 };
    for (const { key } of delegations) {
      for (const type of ['expire', 'abandon', 'rescue', 'stall', 'warn', 'release'] as const) {
        await scene.do({ type, ref: { key }, ...fields } as never);
      }
    }
    for (const id of workspaces) {
      await scene.do({ type: 'look', id });
    }
  };
}

function steer([type, id]: [string, string]): Step {
  return async (scene) => scene.do({ type: type as 'pause', id, actor: 'operator' });
}
