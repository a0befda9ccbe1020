/**
 * The words that others rely on, frozen: adding one is a line here, changing or dropping one breaks somebody.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CAUSES, LIMITS, PRIORITIES, REASONS, STATUSES } from '../../src/core/delegation/index.ts';
import { ERRORS, ErrandError, refusal, type Kind } from '../../src/core/error.ts';
import { EVENT_TYPES } from '../../src/core/ports/index.ts';
import { CARRIERS, PERMISSIONS } from '../../src/core/workspace/index.ts';

describe('the words of the product', () => {
  test('statuses, priorities, carriers and permissions are these', () => {
    assert.equal(STATUSES.join(' '), 'pending queued dispatched in_progress input_required completed failed cancelled');
    assert.deepEqual(PRIORITIES, { critical: 100, task: 50, info: 10 });
    assert.equal(CARRIERS.join(' '), 'a2a pull command in_process none');
    assert.equal(PERMISSIONS.join(' '), 'delegate approve memory.read memory.write');
  });

  test('reasons of a failure and causes of a wait are these', () => {
    assert.equal(
      REASONS.join(' '),
      'callee_failed rejected unreachable unauthorised invalid_response deadline_exceeded expired_in_queue stalled ' +
        'outcome_unknown result_too_large budget_exhausted depth_exceeded cycle superseded peer_removed internal',
    );
    assert.equal(
      CAUSES.join(' '),
      'slot callee_offline paused backoff rate approval budget start_time dependency answer report',
    );
  });

  test('events are these', () => {
    assert.deepEqual(
      EVENT_TYPES.map((type) => type.replace('delegation.', '')),
      [
        ...['accepted', 'queued', 'dispatched', 'delivered', 'progressed', 'rested', 'woken', 'steered', 'heeded'],
        ...['asked', 'answered', 'returned', 'warned'],
        ...['cancel_requested', 'reprioritised', 'settled', 'batch.accepted', 'batch.settled', 'notice.acknowledged'],
        ...['workspace.enrolled', 'workspace.changed', 'workspace.online', 'workspace.offline', 'workspace.paused'],
        ...['workspace.resumed', 'workspace.draining', 'workspace.removed', 'workspace.reported', 'key.issued'],
        ...['key.revoked', 'access.denied', 'message.sent', 'memory.committed', 'memory.forgotten'],
      ],
    );
  });

  test('no limit is without a number', () => {
    for (const [name, value] of Object.entries(LIMITS)) {
      assert.ok(Number.isSafeInteger(value) && value > 0, name);
    }
  });
});

describe('errors', () => {
  test('every one has a status that fits whether to send it again, and says what to do', () => {
    for (const [code, { status, retry, fix }] of Object.entries<Kind>(ERRORS)) {
      assert.match(code, /^[a-z]+(?:_[a-z]+)*$/u);
      assert.ok(status >= 400 && status < 600, code);
      assert.ok(status < 500 || retry !== 'never', `${code}: what is our fault can be tried again`);
      assert.match(fix, /^[A-Z].*\.$/u, code);
    }
  });

  test('one is made from a refusal, and knows its kind', () => {
    const error = new ErrandError(refusal('queue_full', 'queue_per_callee: at most 2', 1500));
    assert.deepEqual(
      [error.name, error.code, error.message, error.retryAfterMs, error.kind.status],
      ['ErrandError', 'queue_full', 'queue_per_callee: at most 2', 1500, 429],
    );
    assert.equal(new ErrandError(refusal('internal', 'x')).retryAfterMs, undefined);
  });
});
