/**
 * What the table cannot know: epochs, attempts, who delivers, what a cancel changes.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import {
  afterSaying,
  costsAttempt,
  decide,
  LIMITS,
  STATUSES,
  type DelegationCommand,
  type Requeue,
} from '../../../../src/core/delegation/index.ts';
import { delegationRow, NOW, RESULT, runningRow } from '../../../support/rows.ts';

const MOMENT = { now: NOW + 1000, limits: LIMITS };
const ON = { ref: { key: 7 }, actor: 'platform' } as const;

describe('the right to speak', () => {
  test('D6: a word under an older or a newer epoch is late, whatever it says', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9 }).filter((epoch) => epoch !== 1),
        fc.constantFrom<DelegationCommand['type']>('acknowledge', 'progress', 'complete', 'fail', 'renew', 'requeue'),
        (epoch, type) => {
          const command = { ...ON, type, epoch, result: RESULT } as unknown as DelegationCommand;
          assert.deepEqual(decide(runningRow(), command, MOMENT), { kind: 'late', why: 'stale_epoch' });
        },
      ),
    );
  });

  test('D2: a second ending is late, even under the epoch of the first', () => {
    const ended = delegationRow({ status: 'completed', epoch: 1, settledAt: NOW });
    assert.deepEqual(decide(ended, { ...ON, type: 'complete', epoch: 1, result: RESULT }, MOMENT), {
      kind: 'late',
      why: 'already_settled',
    });
  });

  test('an ending by whoever holds the current epoch moves it', () => {
    assert.deepEqual(decide(runningRow(), { ...ON, type: 'complete', epoch: 1, result: RESULT }, MOMENT), {
      kind: 'move',
      to: 'completed',
    });
  });
});

describe('time', () => {
  test('a sweep that is early changes nothing', () => {
    for (const type of ['expire', 'release', 'stall', 'warn', 'abandon'] as const) {
      assert.deepEqual(decide(runningRow(), { ...ON, type }, MOMENT), { kind: 'noop', why: 'not_due' });
    }
  });

  test('a lease that has run out gives the delegation back to the queue', () => {
    const late = { now: NOW + 30_000, limits: LIMITS };
    assert.deepEqual(decide(runningRow(), { ...ON, type: 'rescue', chance: 0 }, late), { kind: 'move', to: 'queued' });
  });

  test('a lease that has run out ends one that may be sent only once', () => {
    const late = { now: NOW + 30_000, limits: LIMITS };
    const once = runningRow({ delivery: 'at_most_once' });
    assert.deepEqual(decide(once, { ...ON, type: 'rescue', chance: 0 }, late), {
      kind: 'move',
      to: 'failed',
      reason: 'outcome_unknown',
    });
    const named = runningRow({ delivery: 'at_most_once', detail: { remoteTask: 't-1' } });
    assert.deepEqual(decide(named, { ...ON, type: 'rescue', chance: 0 }, late), { kind: 'move', to: 'queued' });
  });
});

describe('progress that comes fast', () => {
  test('D17: is no more than a sign of life, but that a tool is at work is written all the same', () => {
    const talking = runningRow({ leaseUntil: NOW + LIMITS.leaseMs, detail: { saidUntil: MOMENT.now + 5000 } });
    const progress = { ...ON, epoch: talking.epoch, type: 'progress', message: 'on' } as const;
    assert.equal(decide(talking, progress, MOMENT).kind, 'noop');
    assert.equal(decide(talking, { ...progress, inTool: true }, MOMENT).kind, 'stay');
    const flooding = runningRow({ leaseUntil: NOW + LIMITS.leaseMs, detail: { saidUntil: MOMENT.now + 10_000 } });
    assert.equal(decide(flooding, { ...progress, inTool: true }, MOMENT).kind, 'noop');
  });
});

describe('back to the queue', () => {
  test('busy never uses up an attempt and never fails', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), (attempt) => {
        assert.deepEqual(decide(runningRow({ attempt }), requeue('busy'), MOMENT), { kind: 'move', to: 'queued' });
      }),
    );
  });

  test('the last attempt that found nobody ends as unreachable', () => {
    const last = runningRow({ attempt: LIMITS.attemptsMax });
    assert.deepEqual(decide(last, requeue('unreachable'), MOMENT), {
      kind: 'move',
      to: 'failed',
      reason: 'unreachable',
    });
    assert.equal(decide(runningRow({ attempt: LIMITS.attemptsMax - 1 }), requeue('unreachable'), MOMENT).kind, 'move');
  });

  test('the last attempt without an answer ends as outcome_unknown', () => {
    const last = runningRow({ attempt: LIMITS.attemptsMax });
    assert.deepEqual(decide(last, requeue('unknown'), MOMENT), {
      kind: 'move',
      to: 'failed',
      reason: 'outcome_unknown',
    });
  });

  test('what may be sent only once is not sent again after an unknown outcome', () => {
    const once = runningRow({ delivery: 'at_most_once' });
    assert.deepEqual(decide(once, requeue('unknown'), MOMENT), {
      kind: 'move',
      to: 'failed',
      reason: 'outcome_unknown',
    });
    assert.deepEqual(decide(once, requeue('busy'), MOMENT), { kind: 'move', to: 'queued' });
  });

  test('what may be sent only once and was forgotten by its callee is not sent again, whatever its name was there', () => {
    const forgotten = { ...requeue('unknown'), forgotten: true } as const;
    const named = { detail: { remoteTask: 't-1' } };
    assert.deepEqual(decide(runningRow({ ...named, delivery: 'at_most_once' }), forgotten, MOMENT), {
      kind: 'move',
      to: 'failed',
      reason: 'outcome_unknown',
    });
    assert.deepEqual(decide(runningRow(named), forgotten, MOMENT), { kind: 'move', to: 'queued' });
  });

  test('D10: a cancel that waits for its receipt ends what comes back', () => {
    const asked = runningRow({ detail: { cancel: { by: 'lead', until: NOW + 30_000 } } });
    for (const why of ['busy', 'unreachable', 'unknown', 'lease_lost'] as const) {
      assert.deepEqual(decide(asked, requeue(why), MOMENT), { kind: 'move', to: 'cancelled' }, why);
    }
  });

  test('only what runs can come back', () => {
    for (const status of ['pending', 'queued', 'input_required'] as const) {
      for (const why of ['busy', 'unreachable', 'unknown', 'lease_lost'] as const) {
        const spent = delegationRow({ status, epoch: 1, attempt: LIMITS.attemptsMax, delivery: 'at_most_once' });
        assert.deepEqual(decide(spent, requeue(why), MOMENT), { kind: 'refuse', why: 'not_now' }, `${status} ${why}`);
      }
    }
  });

  test('an attempt is used up by a callee that was not there, not by one that was busy or by our own restart', () => {
    const ours = runningRow({ owner: 'platform' });
    const pulled = runningRow({ owner: 'writer', callee: 'writer' });
    assert.equal(costsAttempt(ours, 'unreachable'), true);
    assert.equal(costsAttempt(ours, 'unknown'), true);
    assert.equal(costsAttempt(ours, 'busy'), false);
    assert.equal(costsAttempt(ours, 'lease_lost'), false);
    assert.equal(costsAttempt(ours, 'lease_lost'), false);
    assert.equal(costsAttempt(pulled, 'lease_lost'), true);
  });
});

describe('who delivers', () => {
  test('an agent that delivers by itself reports how far it is', () => {
    const own = delegationRow({ status: 'pending', origin: 'self' });
    for (const status of ['queued', 'in_progress', 'completed', 'failed'] as const) {
      assert.deepEqual(decide(own, { ...ON, type: 'report', status }, MOMENT), { kind: 'move', to: status });
    }
    const working = delegationRow({ status: 'in_progress', origin: 'self' });
    assert.deepEqual(decide(working, { ...ON, type: 'report', status: 'in_progress' }, MOMENT), {
      kind: 'noop',
      why: 'already_so',
    });
  });

  test('a report about a delegation that we deliver changes nothing', () => {
    for (const status of STATUSES.filter((each) => !['completed', 'failed', 'cancelled'].includes(each))) {
      const row = delegationRow({ status });
      assert.equal(decide(row, { ...ON, type: 'report', status: 'completed' }, MOMENT).kind, 'noop', status);
    }
  });

  test('a recorded delegation is adopted once', () => {
    const request = { task: 'Write it.' };
    const own = delegationRow({ status: 'pending', origin: 'self' });
    assert.deepEqual(decide(own, { ...ON, type: 'adopt', request }, MOMENT), { kind: 'move', to: 'queued' });
    const ours = delegationRow({ origin: 'a2a' });
    assert.deepEqual(decide(ours, { ...ON, type: 'adopt', request }, MOMENT), { kind: 'noop', why: 'already_so' });
  });

  test('cancelling what an agent delivers by itself is certain at once', () => {
    const own = delegationRow({ status: 'in_progress', origin: 'self' });
    assert.deepEqual(decide(own, { ...ON, type: 'cancel' }, MOMENT), { kind: 'move', to: 'cancelled' });
  });
});

describe('asking twice', () => {
  test('a second cancel is already so', () => {
    const asked = runningRow({ detail: { cancel: { by: 'lead', until: NOW + 30_000 } } });
    assert.deepEqual(decide(asked, { ...ON, type: 'cancel' }, MOMENT), { kind: 'noop', why: 'already_so' });
  });

  test('giving it the priority it has is already so, and moves nobody to the front', () => {
    const waiting = delegationRow({ priority: 50 });
    assert.deepEqual(decide(waiting, { ...ON, type: 'reprioritise', priority: 50 }, MOMENT), {
      kind: 'noop',
      why: 'already_so',
    });
    assert.deepEqual(decide(waiting, { ...ON, type: 'reprioritise', priority: 100 }, MOMENT), { kind: 'stay' });
  });
});

function requeue(why: Requeue['why']): Requeue {
  return { ...ON, type: 'requeue', epoch: 1, why, error: null, retryAfterMs: null, chance: 0 };
}

describe('a callee that speaks without end', () => {
  const progress = { ...ON, type: 'progress', epoch: 1, message: 'on' } as const;

  test('D17: is written down five times at once, then once a second', () => {
    let row = runningRow({ status: 'in_progress', leaseUntil: NOW + 3_600_000 });
    const written = Array.from({ length: 10_000 }, (_, index) => {
      const moment = { now: NOW + index, limits: LIMITS };
      const isWritten = decide(row, progress, moment).kind === 'stay';
      row = isWritten ? { ...row, detail: { saidUntil: afterSaying(row, moment.now) } } : row;
      return isWritten;
    }).filter(Boolean);
    assert.equal(written.length, 5 + 9);
  });

  test('D17: puts another question in the place of one no faster, and is told when it may', () => {
    const asking = delegationRow({
      status: 'input_required',
      epoch: 1,
      detail: { question: 'a', saidUntil: NOW + 5000 },
    });
    const ask = (question: string, now: number) =>
      decide(asking, { ...ON, type: 'ask', epoch: 1, question }, { now, limits: LIMITS });
    assert.deepEqual(ask('b', NOW), { kind: 'refuse', why: 'too_often' });
    assert.deepEqual(ask('a', NOW), { kind: 'noop', why: 'already_so' });
    assert.deepEqual(ask('b', NOW + 1000), { kind: 'stay' });
  });

  test('D17: keeps a lease that is half over, and its first word of an attempt is always taken', () => {
    const detail = { saidUntil: NOW + 5000 };
    const moment = { now: NOW, limits: LIMITS };
    const late = runningRow({ status: 'in_progress', leaseUntil: NOW + LIMITS.leaseMs / 2 - 1, detail });
    assert.deepEqual(decide(late, progress, moment), { kind: 'stay' });
    const first = runningRow({ status: 'dispatched', leaseUntil: NOW + LIMITS.leaseMs, detail });
    assert.deepEqual(decide(first, progress, moment), { kind: 'move', to: 'in_progress' });
  });

  test('D17: renews a lease only where that wins something, and lets go of it at any time', () => {
    const row = runningRow({ status: 'in_progress', leaseUntil: NOW + LIMITS.leaseMs });
    const renew = { ...ON, type: 'renew', epoch: 1 } as const;
    assert.equal(decide(row, renew, { now: NOW + 900, limits: LIMITS }).kind, 'noop');
    assert.equal(decide(row, renew, { now: NOW + 1100, limits: LIMITS }).kind, 'stay');
    assert.equal(decide(row, { ...renew, forMs: 0 }, { now: NOW, limits: LIMITS }).kind, 'stay');
  });

  test('D17: is not shut up by a clock that was set back', () => {
    const row = runningRow({ status: 'in_progress', leaseUntil: NOW + 3_600_000, detail: { saidUntil: NOW + 9e9 } });
    assert.equal(decide(row, progress, { now: NOW, limits: LIMITS }).kind, 'stay');
    assert.equal(afterSaying(row, NOW), NOW + 1000);
  });
});
