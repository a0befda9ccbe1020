/**
 * The clockwork: one moment kept in the row finds everything that time alone changes, and never too early.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import {
  dueAt,
  isOverdue,
  isSettled,
  LIMITS,
  overdue,
  STATUSES,
  type Delegation,
} from '../../../../src/core/delegation/index.ts';
import { delegationRow, NOW, runningRow } from '../../../support/rows.ts';

const HOUR = 3_600_000;

describe('what time does', () => {
  test('D11: a row is overdue from its due moment on and not one millisecond before', () => {
    fc.assert(
      fc.property(anyRow(), (row) => {
        const due = dueAt(row, LIMITS);
        assert.equal(due === null, isSettled(row.status));
        if (due !== null) {
          assert.notEqual(overdue(row, { now: due, limits: LIMITS }), undefined);
          assert.equal(overdue(row, { now: due - 1, limits: LIMITS }), undefined);
        }
      }),
    );
  });

  test('D11: whatever else is late, the deadline is what a sweep carries out', () => {
    fc.assert(
      fc.property(anyRow(), (row) => {
        const after = { now: row.deadlineAt, limits: LIMITS };
        assert.equal(overdue(row, after), isSettled(row.status) ? undefined : 'expire');
      }),
    );
  });

  test('what is not worth waiting for any longer expires, and so does what waits for its start', () => {
    const waiting = delegationRow({ validUntil: NOW + 5000 });
    assert.equal(overdue(waiting, { now: NOW + 5000, limits: LIMITS }), 'expire');
    const pending = delegationRow({ status: 'pending', notBefore: NOW + 9000, validUntil: NOW + 5000 });
    assert.equal(overdue(pending, { now: NOW + 5000, limits: LIMITS }), 'expire');
  });

  test('a start time or a backoff that is over releases it', () => {
    const pending = delegationRow({ status: 'pending', notBefore: NOW + 5000 });
    assert.equal(overdue(pending, { now: NOW + 5000, limits: LIMITS }), 'release');
    assert.equal(isOverdue(pending, 'release', { now: NOW + 4999, limits: LIMITS }), false);
  });

  test('silence is first warned about, then ended', () => {
    const silent = runningRow({ leaseUntil: NOW + 10 * HOUR, deadlineAt: NOW + 20 * HOUR });
    assert.equal(overdue(silent, { now: NOW + LIMITS.stallMs, limits: LIMITS }), 'warn');
    const warned = { ...silent, detail: { warnedAt: NOW + LIMITS.stallMs } };
    const grace = NOW + LIMITS.stallMs + LIMITS.stallGraceMs;
    assert.equal(overdue(warned, { now: grace - 1, limits: LIMITS }), undefined);
    assert.equal(overdue(warned, { now: grace, limits: LIMITS }), 'stall');
  });

  test('inside a tool silence may last longer', () => {
    const inTool = runningRow({ leaseUntil: NOW + 10 * HOUR, deadlineAt: NOW + 20 * HOUR, detail: { inTool: true } });
    assert.equal(overdue(inTool, { now: NOW + LIMITS.stallMs, limits: LIMITS }), undefined);
    assert.equal(overdue(inTool, { now: NOW + LIMITS.stallInToolMs, limits: LIMITS }), 'warn');
  });

  test('silence counts from acceptance where nothing was heard yet', () => {
    const quiet = runningRow({ progressAt: null, leaseUntil: NOW + 10 * HOUR, deadlineAt: NOW + 20 * HOUR });
    assert.equal(dueAt(quiet, LIMITS), NOW + LIMITS.stallMs);
  });

  test('D10: a cancel waits for its receipt as long as its grace, then no longer', () => {
    const asked = runningRow({ leaseUntil: NOW + HOUR, detail: { cancel: { by: 'lead', until: NOW + 30_000 } } });
    assert.equal(overdue(asked, { now: NOW + 29_999, limits: LIMITS }), undefined);
    assert.equal(overdue(asked, { now: NOW + 30_000, limits: LIMITS }), 'abandon');
  });

  test('a question waits as long as its deadline', () => {
    const asked = delegationRow({ status: 'input_required', validUntil: NOW + 10 });
    assert.equal(dueAt(asked, LIMITS), asked.deadlineAt);
  });

  test('what an agent delivers by itself knows its deadline only', () => {
    const own = runningRow({ origin: 'self', leaseUntil: null });
    assert.equal(dueAt(own, LIMITS), own.deadlineAt);
  });
});

function anyRow(): fc.Arbitrary<Delegation> {
  const ms = fc.integer({ min: 1, max: 50 * 60_000 });
  const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });
  return fc
    .record({
      status: fc.constantFrom(...STATUSES),
      origin: fc.constantFrom('delegate' as const, 'self' as const),
      notBefore: maybe(ms),
      validUntil: maybe(ms),
      leaseUntil: maybe(ms),
      cancel: maybe(ms),
      warnedAt: maybe(ms),
    })
    .map(({ status, origin, notBefore, validUntil, leaseUntil, cancel, warnedAt }) =>
      delegationRow({
        status,
        origin,
        notBefore: later(notBefore),
        validUntil: later(validUntil),
        leaseUntil: later(leaseUntil),
        progressAt: NOW,
        detail: {
          ...(cancel === null ? {} : { cancel: { by: 'lead', until: NOW + cancel } }),
          ...(warnedAt === null ? {} : { warnedAt: NOW + warnedAt }),
        },
      }),
    );
}

function later(ms: number | null): number | null {
  return ms === null ? null : NOW + ms;
}
