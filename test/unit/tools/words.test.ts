/**
 * What a model is shown of one task: what was left out is said, wherever a text happens to end.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { said, standingOf } from '../../../src/tools/words.ts';

function completed(text: string, more: { truncated?: boolean } = {}) {
  const [created_at, result] = [
    '2026-01-01T00:00:00.000Z',
    { text, length: text.length, sha256: 'f'.repeat(64), ...more },
  ];
  const about = { delegation_id: 'dlg_1', target_id: 'writer', next_action: 'use the result', task: 'it', version: 3 };
  return { ...about, created_at, status: 'completed' as const, result };
}

describe('a result', () => {
  test('that was shortened says so, also where it became no shorter by it', () => {
    for (let length = 24_001; length < 24_100; length += 1) {
      assert.equal(standingOf(completed('x'.repeat(length))).result_truncated, true, `${length} characters`);
    }
    assert.equal(standingOf(completed('x'.repeat(24_000))).result_truncated, undefined);
  });

  test('whose end has not come along is shown without one', () => {
    const standing = standingOf(completed(`${'x'.repeat(1_000_000)}no end`, { truncated: true }));
    assert.equal(standing.result_truncated, true);
    assert.doesNotMatch(String(standing.result), /no end|\d+ characters left out/u);
    assert.match(said(standing), /The whole: read_result\(task_id="dlg_1"\)/u);
  });

  test('among many takes its share of what is shown', () => {
    const shown = standingOf(completed('x'.repeat(24_000)), 10);
    assert.ok(Number(shown.result?.length) < 2500);
    assert.equal(shown.result_truncated, true);
  });
});
