/**
 * Whether a move begins, goes on, is over or is refused, for every pair of marks.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Mark } from '../../../src/core/ports/index.ts';
import { planMove } from '../../../src/server/move-plan.ts';

const NONE = undefined;
const BEGUN = marked('from', { other: 'new' });
const AWAY = marked('from', { other: 'new', doneAt: 9 });
const HALF = marked('to', { other: 'old' });
const COME = marked('to', { other: 'old', doneAt: 9 });
const OTHERS = marked('to', { id: 'mov_2', other: 'elsewhere' });

const CASES: [title: string, from: Mark | undefined, to: Mark | undefined, isEmpty: boolean, outcome: string][] = [
  ['begins where neither side has a mark', NONE, NONE, true, 'begin'],
  ['begins where it was cut short between the two first marks', BEGUN, NONE, true, 'begin'],
  ['begins from where everything once came to', COME, NONE, true, 'begin'],
  ['goes on with the same two', BEGUN, HALF, false, 'go_on'],
  ['goes on where only the old side was told that it is over', AWAY, HALF, false, 'go_on'],
  ['is over where both were told', AWAY, COME, false, 'over'],
  ['is refused where the new side has something in it', NONE, NONE, false, 'not_empty'],
  ['is refused where the new side was moved away itself', NONE, AWAY, false, 'not_empty'],
  ['is refused where the new side came from somewhere else', NONE, COME, false, 'not_empty'],
  ['is refused where the new side is half of another move', BEGUN, OTHERS, false, 'half_moved'],
  ['is refused where the old side was taken back in between', NONE, HALF, false, 'half_moved'],
  ['is refused where the old side has only a part itself', HALF, NONE, true, 'half_moved'],
  ['is refused where the old side was moved away already', AWAY, NONE, true, 'moved_away'],
];

describe('a move', () => {
  for (const [title, from, to, isEmpty, outcome] of CASES) {
    test(`E21: ${title}`, () => {
      const plan = planMove({ place: 'old', mark: from }, { place: 'new', mark: to, isEmpty });
      assert.equal(plan.kind === 'refused' ? plan.code : plan.kind, outcome);
      assert.ok(plan.kind !== 'refused' || (plan.fix.length > 10 && plan.message.includes(' ')));
    });
  }
});

function marked(side: Mark['side'], patch: Partial<Mark>): Mark {
  return { id: 'mov_1', side, other: '', at: 1, doneAt: null, step: 3, kind: 'key', cursor: ['a'], ...patch };
}
