/**
 * The one cause that binds a wait, as it is at the moment of asking.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSettled, STATUSES } from '../../../../src/core/delegation/index.ts';
import { waitingFor, type Workspace } from '../../../../src/core/workspace/index.ts';
import { delegationRow, NOW, workspaceRow } from '../../../support/rows.ts';

describe('why it waits', () => {
  test('is named for every status that waits and for no other', () => {
    for (const status of STATUSES) {
      const waits = status === 'pending' || status === 'queued' || status === 'input_required';
      assert.equal(waitingFor(delegationRow({ status }), workspaceRow(), NOW) !== undefined, waits, status);
      assert.ok(!(waits && isSettled(status)));
    }
  });

  test('before it may go: its start time, or the report of the agent that delivers it itself', () => {
    assert.deepEqual(waitingFor(delegationRow({ status: 'pending', notBefore: NOW + 5 }), workspaceRow(), NOW), {
      cause: 'start_time',
      until: NOW + 5,
    });
    const own = delegationRow({ status: 'pending', origin: 'self' });
    assert.deepEqual(waitingFor(own, workspaceRow(), NOW), { cause: 'report', until: own.deadlineAt });
  });

  test('a question waits for its answer until the deadline', () => {
    const asked = delegationRow({ status: 'input_required' });
    assert.deepEqual(waitingFor(asked, workspaceRow(), NOW), { cause: 'answer', until: asked.deadlineAt });
  });

  const queued: [title: string, callee: Partial<Workspace> | undefined, cause: string][] = [
    ['the callee has no free slot', { running: 1 }, 'slot'],
    ['the callee is paused', { state: 'paused' }, 'paused'],
    ['the callee takes nothing new any more', { state: 'draining' }, 'paused'],
    ['the callee is not there', undefined, 'paused'],
    ['the callee has fallen silent', { presence: 'offline' }, 'callee_offline'],
    ['the callee was busy and is left alone', { holdUntil: NOW + 1000 }, 'backoff'],
    ['the hold is over', { holdUntil: NOW, running: 1 }, 'slot'],
    ['an agent that fetches has not come', { carrier: 'pull' }, 'callee_offline'],
    ['an agent that fetches is there, and takes it in a moment', { carrier: 'pull', presence: 'online' }, 'slot'],
    ['an agent that fetches is at work', { carrier: 'pull', running: 1 }, 'slot'],
    ['nobody has said how to reach the callee', { carrier: 'none' }, 'callee_offline'],
  ];
  for (const [title, callee, cause] of queued) {
    test(`in the queue, when ${title}: ${cause}`, () => {
      const seat = callee === undefined ? undefined : workspaceRow(callee);
      assert.equal(waitingFor(delegationRow(), seat, NOW)?.cause, cause);
    });
  }

  test('in the queue, behind another one of its conversation: dependency', () => {
    const behind = delegationRow({ ready: false, conversation: 'c' });
    assert.deepEqual(waitingFor(behind, workspaceRow(), NOW), { cause: 'dependency' });
  });

  test('in the queue, with a wait of its own: backoff, and until when', () => {
    const later = delegationRow({ ready: false, notBefore: NOW + 700 });
    assert.deepEqual(waitingFor(later, workspaceRow(), NOW), { cause: 'backoff', until: NOW + 700 });
  });
});
