/**
 * Every cell of the table, and that what is decided for a row is what the table says of its status.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  decide,
  DELEGATION_COMMANDS,
  isSettled,
  LIMITS,
  NEXT_ACTION,
  STATUSES,
  TRANSITIONS,
  type Delegation,
  type DelegationCommand,
  type DelegationCommandType,
  type Next,
  type Status,
  type Verdict,
} from '../../../../src/core/delegation/index.ts';
import { delegationRow, NOW, RESULT, runningRow } from '../../../support/rows.ts';

const LATER = { now: NOW + 10 * 3_600_000, limits: LIMITS };
const WORDS: ReadonlySet<string> = new Set([...STATUSES, 'stay', 'noop', 'late', 'refuse']);
/** Decided by who delivers, not by the status: see decide.test.ts. */
const BY_ORIGIN: ReadonlySet<DelegationCommandType> = new Set<DelegationCommandType>(['report', 'adopt']);

describe('the table of statuses and commands', () => {
  test('has a word of its vocabulary in every cell, and no cell more', () => {
    const columns = [...DELEGATION_COMMANDS, 'dispatch'].toSorted();
    assert.deepEqual(Object.keys(TRANSITIONS).toSorted(), [...STATUSES].toSorted());
    for (const status of STATUSES) {
      assert.deepEqual(Object.keys(TRANSITIONS[status]).toSorted(), columns, status);
      assert.deepEqual(
        Object.values(TRANSITIONS[status]).filter((next) => !WORDS.has(next)),
        [],
        status,
      );
    }
  });

  test('D3: nothing moves a settled delegation or writes to it', () => {
    for (const status of STATUSES.filter(isSettled)) {
      for (const [command, next] of Object.entries(TRANSITIONS[status])) {
        assert.ok(['noop', 'late', 'refuse'].includes(next), `${status} × ${command} is ${next}`);
      }
    }
  });

  test('D4: only accepting makes a delegation, so nothing but a rest leads back to pending', () => {
    for (const status of STATUSES) {
      const back = Object.entries(TRANSITIONS[status]).flatMap(([command, next]) =>
        next === 'pending' ? [command] : [],
      );
      assert.deepEqual(back, status === 'dispatched' || status === 'in_progress' ? ['depend'] : [], status);
    }
  });

  test('D1: every status that is not an ending can be ended by its deadline alone', () => {
    for (const status of STATUSES.filter((each) => !isSettled(each))) {
      assert.equal(TRANSITIONS[status].expire, 'failed', status);
    }
  });

  test('only a waiting delegation that is queued takes a slot', () => {
    const takers = STATUSES.filter((status) => TRANSITIONS[status].dispatch === 'dispatched');
    assert.deepEqual(takers, ['queued']);
  });

  test('every status tells its caller what to do, and no waiting one invites it to do the work', () => {
    for (const status of STATUSES) {
      assert.notEqual(NEXT_ACTION[status], '');
    }
    assert.match(NEXT_ACTION.queued, /do not do it yourself/u);
    assert.deepEqual(
      STATUSES.filter((status) => /do it yourself, or tell/u.test(NEXT_ACTION[status])),
      ['failed'],
    );
  });

  for (const status of STATUSES) {
    for (const type of DELEGATION_COMMANDS.filter((each) => !BY_ORIGIN.has(each))) {
      const next = TRANSITIONS[status][type];
      test(`D2: ${type} in ${status} comes to ${next}`, () => {
        assert.deepEqual(outcomeOf(decide(rowFor(status, type), commandOf(type), LATER)), next);
      });
    }
  }
});

/** A row in that status, of which time and the peer ask exactly this command. */
function rowFor(status: Status, type: DelegationCommandType): Delegation {
  const settledAt = isSettled(status) ? NOW + 1 : null;
  const waiting = delegationRow({ status, epoch: 1, settledAt, notBefore: type === 'release' ? NOW + 1000 : null });
  const running = runningRow({ status });
  const row = status === 'dispatched' || status === 'in_progress' ? running : waiting;
  if (type === 'abandon' && row === running) {
    return { ...row, detail: { cancel: { by: 'lead', until: NOW + 30_000 } } };
  }
  if (type === 'wake' && status === 'pending') {
    return { ...row, detail: { rests: true } };
  }
  return type === 'stall' && row === running ? { ...row, detail: { warnedAt: NOW + 1000 } } : row;
}

const FIELDS: Partial<Record<DelegationCommandType, object>> = {
  progress: { message: 'half' },
  ask: { question: 'which?' },
  answer: { text: 'this' },
  requeue: { why: 'busy', error: null, retryAfterMs: null, chance: 0 },
  complete: { result: RESULT },
  fail: { reason: 'callee_failed', error: 'no' },
  rescue: { chance: 0 },
  reprioritise: { priority: 100 },
  report: { status: 'completed', result: RESULT },
  adopt: { request: { task: 'Write it.' } },
};

function commandOf(type: DelegationCommandType): DelegationCommand {
  const common = { type, ref: { key: 7 }, actor: 'lead', ...FIELDS[type] };
  const underLease = ['acknowledge', 'progress', 'ask', 'requeue', 'complete', 'fail', 'confirm_cancel', 'renew'];
  return (underLease.includes(type) ? { ...common, epoch: 1 } : common) as unknown as DelegationCommand;
}

function outcomeOf(verdict: Verdict): Next {
  return verdict.kind === 'move' ? verdict.to : verdict.kind;
}
