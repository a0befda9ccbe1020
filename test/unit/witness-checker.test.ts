/**
 * The judge of the end-to-end campaigns can say no: each lie in a doctored history is found, and the truth passes.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { check } from '../e2e/witness/checker.ts';
import { newHistory, type History } from '../e2e/witness/history.ts';

/** One client, one delegation, one peer that ran it once, one notice that was acknowledged. */
function honest(): History {
  const client = 'client-0';
  const [id, notice, sha256] = ['dlg_1', 'ntc_1', 'hash'];
  const events = ['accepted', 'dispatched', 'settled'].map((type, index) => ({
    n: index + 1,
    type: `delegation.${type}`,
  }));
  return {
    ...newHistory(),
    submissions: [
      {
        client,
        key: 'key-1',
        outcome: 'answered',
        ids: [id],
        batch: null,
        status: 202,
        delivery: 'at_least_once',
        callee: 'peer',
        conversation: null,
      },
    ],
    ran: [{ peer: 'peer', messageId: id, order: 1, sha256 }],
    told: [{ client, notice, kind: 'settled', from: 1, to: 2, batch: null, about: [id] }],
    acknowledged: [{ client, notices: [notice], counted: 1, to: 3 }],
    fetched: [{ client, id, sha256, said: sha256 }],
    finals: [{ client, id, status: 'completed', sha256, version: 3, events }],
    listed: [{ client, id }],
    chainHolds: true,
  };
}

const LIES: Record<string, { kind: string; tell: (history: History) => void }> = {
  'a delegation that is gone': { kind: 'lost', tell: (history) => history.finals.splice(0) },
  'a delegation that never ended': {
    kind: 'lost',
    tell: (history) => {
      history.finals = history.finals.map((final) => ({ ...final, status: 'queued' }));
    },
  },
  'an ending that nobody was told of, and nobody fetched': {
    kind: 'undelivered',
    tell: (history) => {
      history.told = [];
      history.fetched = [];
    },
  },
  'a key with two delegations': {
    kind: 'double',
    tell: (history) => history.submissions.push({ ...history.submissions[0]!, ids: ['dlg_2'] }),
  },
  'work on what was never accepted': {
    kind: 'stranger',
    tell: (history) => history.ran.push({ peer: 'peer', messageId: 'dlg_9', order: 2, sha256: 'x' }),
  },
};

describe('the judge of the kill -9 harness', () => {
  test('finds nothing in an honest history', () => {
    assert.deepEqual(check(honest()).findings, []);
  });
  for (const [lie, { kind, tell }] of Object.entries(LIES)) {
    test(`finds ${lie}`, () => {
      const history = honest();
      tell(history);
      const kinds = check(history).findings.map((finding) => finding.kind);
      assert.ok(kinds.includes(kind as 'lost'), `${kind} is not among ${kinds.join(', ')}`);
    });
  }
  test('finds a result that is not what the peer answered', () => {
    const history = honest();
    history.ran = history.ran.map((run) => ({ ...run, sha256: 'another' }));
    assert.notDeepEqual(check(history).findings, []);
  });
});
