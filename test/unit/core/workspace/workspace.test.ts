/**
 * How many a seat takes on, and when time changes something for it.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { openSlots, workspaceDueAt, wouldFetchNothing, type Workspace } from '../../../../src/core/workspace/index.ts';
import { NOW, workspaceRow } from '../../../support/rows.ts';

const MOMENT = { now: NOW, circuitFailures: 5 };

describe('open slots', () => {
  const cases: [title: string, patch: Partial<Workspace>, slots: number][] = [
    ['a free seat', { capacity: 3 }, 3],
    ['one that is at work', { capacity: 3, running: 2 }, 1],
    ['one whose capacity was lowered under it', { capacity: 1, running: 3 }, 0],
    ['a paused one', { state: 'paused' }, 0],
    ['one that takes nothing new', { state: 'draining' }, 0],
    ['a removed one', { state: 'removed' }, 0],
    ['a silent one', { presence: 'offline' }, 0],
    ['a program, of which no beat is expected', { presence: 'offline', carrier: 'command' }, 1],
    ['one on hold', { holdUntil: NOW + 1 }, 0],
    ['one whose hold is over', { holdUntil: NOW }, 1],
    ['one behind an open circuit, to probe', { capacity: 8, strikes: 5 }, 1],
    ['one behind an open circuit that is being probed', { capacity: 8, strikes: 5, running: 1 }, 0],
    ['one that failed less often than that', { capacity: 8, strikes: 4 }, 8],
  ];
  for (const [title, patch, slots] of cases) {
    test(`${title}: ${slots}`, () => assert.equal(openSlots(workspaceRow(patch), MOMENT), slots));
  }

  test('D9: what is running and what may start never exceed the capacity', () => {
    const count = fc.integer({ min: 0, max: 20 });
    fc.assert(
      fc.property(count, count, count, (capacity, running, strikes) => {
        const open = openSlots(workspaceRow({ capacity, running, strikes }), MOMENT);
        assert.ok(open >= 0 && (open === 0 || running + open <= capacity));
      }),
    );
  });
});

describe('the next moment of a seat', () => {
  test('is the end of its hold, or of its silence, whichever is first', () => {
    assert.equal(workspaceDueAt(workspaceRow(), 1000), null);
    assert.equal(workspaceDueAt(workspaceRow({ holdUntil: NOW + 5 }), 1000), NOW + 5);
    const online = { presence: 'online', seenAt: NOW } as const;
    assert.equal(workspaceDueAt(workspaceRow(online), 1000), NOW + 1000);
    assert.equal(workspaceDueAt(workspaceRow({ ...online, holdUntil: NOW + 2000 }), 1000), NOW + 1000);
  });

  test('does not come for one that never said it would beat', () => {
    assert.equal(workspaceDueAt(workspaceRow({ presence: 'unknown', seenAt: NOW }), 1000), null);
  });
});

describe('a fetch that would find nothing and write nothing', () => {
  const moment = { ...MOMENT, presenceMs: 180_000 };
  const idle: Partial<Workspace> = { carrier: 'pull', presence: 'online', seenAt: NOW - 1000, queued: 0 };
  const cases: [title: string, patch: Partial<Workspace>, is: boolean][] = [
    ['of an agent that was just seen', {}, true],
    ['of one of which no sign of life is expected', { presence: 'unknown', seenAt: null }, true],
    ['of one whose slots are taken', { queued: 3, capacity: 1, running: 1 }, true],
    ['of one for which something waits', { queued: 1 }, false],
    ['of one that is to be written down as seen', { seenAt: NOW - 15_000 }, false],
    ['of one that comes back', { presence: 'offline' }, false],
    ['of one that has never fetched', { carrier: 'none' }, false],
    ['of one that is called', { carrier: 'a2a' }, false],
    ['of one that was removed', { state: 'removed' }, false],
  ];
  for (const [title, patch, is] of cases) {
    test(`${title}: ${is ? 'yes' : 'no'}`, () =>
      assert.equal(wouldFetchNothing(workspaceRow({ ...idle, ...patch }), moment), is));
  }
});
