/**
 * No wording of ours invites a model to do over what a peer already has: the table of transcripts, read word by word.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { actionsIn } from '../../../bench/bypass/reader.ts';
import { TRANSCRIPTS } from '../../../bench/bypass/transcripts.ts';
import { STATUSES } from '../../../src/core/delegation/index.ts';
import { said, standingOf, stillWaiting } from '../../../src/tools/words.ts';

describe('a model that takes every word for what it says', () => {
  for (const { situation, delegated, allowed } of TRANSCRIPTS) {
    test(`does only what it may when its task ${situation}`, () => {
      const text = said(standingOf(delegated));
      assert.deepEqual([...actionsIn(text)].toSorted(), [...allowed].toSorted(), text);
    });
  }

  test('waits or carries on where a call was held to its end', () => {
    for (const status of ['pending', 'queued', 'dispatched', 'in_progress'] as const) {
      const actions = actionsIn(stillWaiting(status));
      assert.ok(actions.has('wait') && !actions.has('itself') && !actions.has('other_peer') && !actions.has('again'));
    }
  });

  test('is told something in every status', () => {
    assert.deepEqual(new Set(TRANSCRIPTS.map(({ delegated }) => delegated.status)), new Set(STATUSES));
  });
});

describe('the reader', () => {
  test('finds the invitation in the words that the original used', () => {
    const original =
      'DELEGATION FAILED to X. You should either: (1) try a different peer, (2) handle this task yourself';
    assert.deepEqual([...actionsIn(original)].toSorted(), ['itself', 'other_peer']);
  });

  test('finds one that stands behind a prohibition', () => {
    assert.ok(actionsIn('do not wait; you may as well do it yourself').has('itself'));
  });
});
