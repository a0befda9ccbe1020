import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  filedUnder,
  isFoundBy,
  shelvesSought,
  soughtIn,
  termsOf,
  type Memory,
  type Sought,
} from '../../../../src/core/memory/index.ts';

function finds(question: string, text: string, has: Sought['has'] = 'all'): boolean {
  return isFoundBy(new Set(termsOf(text)), { terms: soughtIn(question), has });
}

describe('a text', () => {
  test('is found by its words, each once, in small letters', () => {
    assert.deepEqual(termsOf('Deploy the deploy-script v2.1, THE END'), ['deploy', 'the', 'script', 'v2', '1', 'end']);
    assert.deepEqual(termsOf('  …!? '), []);
    assert.deepEqual(soughtIn('Deploy!'), [{ text: 'deploy', isPrefix: true }]);
  });

  test('that is written without spaces is found by its characters and its pairs', () => {
    assert.deepEqual(termsOf('東京都'), ['東', '京', '東京', '都', '京都']);
    assert.deepEqual(
      ['京', '京都', '東京都'].map((question) => soughtIn(question).map(({ text }) => text)),
      [['京'], ['京都'], ['東京', '京都']],
    );
    assert.ok(soughtIn('京都').every(({ isPrefix }) => !isPrefix));
    assert.deepEqual(termsOf('x京y'), ['x', '京', 'y']);
    assert.ok(
      finds('の天', '東京の天気') && finds('ー', 'サーバー') && finds('𠮷', '𠮷野家') && finds('𠮷野', '𠮷野家'),
    );
  });

  test('is the same in every width, case and composition of its letters', () => {
    for (const [question, text] of [
      ['ＡＢＣ', 'abc'],
      ['abc', 'ＡＢＣ'],
      ['ﾃﾞﾌﾟﾛｲ', 'デプロイ'],
      ['é', 'E\u0301'],
      ['ΟΔΟΣ', 'οδός'.normalize('NFD').replaceAll('\u0301', '')],
      ['한글', '한글'.normalize('NFD')],
    ] as const) {
      assert.ok(finds(question, text), `${question} in ${text}`);
    }
  });

  test('is found by all of it, and by any beginning of any of its words', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        const whole = soughtIn(text);
        assert.ok(whole.length === 0 || finds(text, text));
      }),
    );
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z\d]{1,80}$/u), fc.nat({ max: 79 }), (word, at) => {
        assert.ok(finds(word.slice(0, at + 1), `before ${word} after`));
      }),
    );
  });

  test('has terms that are none of a tokeniser’s business: no space, no quote, no mark', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (text) => {
        for (const term of [...termsOf(text), ...soughtIn(text).map((one) => one.text)]) {
          assert.match(term, /^[\p{L}\p{N}\p{M}]+$/u);
          assert.ok(term.length <= 256);
        }
      }),
    );
  });

  test('of 64 kB is taken apart in well under a second, whatever it says', () => {
    for (const unit of ['a', 'a ', '京', '京a', '\u0301', 'ﷺ']) {
      const from = process.cpuUsage();
      termsOf(unit.repeat(65_536 / Buffer.byteLength(unit)));
      assert.ok(process.cpuUsage(from).user < 1_000_000, unit);
    }
  });
});

describe('a question', () => {
  test('asks for all of its words, or for some and not all', () => {
    assert.deepEqual([finds('one two', 'two one'), finds('one two', 'two'), finds('', 'two')], [true, false, false]);
    assert.deepEqual(
      [finds('one two', 'two', 'some'), finds('one two', 'two one', 'some'), finds('one two', 'three', 'some')],
      [true, false, false],
    );
  });

  test('of any length asks for no more than 64 terms', () => {
    assert.equal(soughtIn(Array.from({ length: 500 }, (_, index) => `w${index}`).join(' ')).length, 64);
  });
});

describe('what a memory is filed under', () => {
  const filed = (patch: Partial<Memory>): string[] => {
    const about = { key: 1, id: 'mem_1', namespace: 'general', content: 'noon', length: 4, sha256: '', createdAt: 0 };
    return filedUnder({ ...about, org: 'acme', workspace: 'lead', scope: 'LOCAL', ...patch });
  };
  const terms = soughtIn('no');
  const all = { local: 'lead', team: ['writer'], global: true };
  const meets = (patch: Partial<Memory>, org = 'acme') =>
    shelvesSought(org, all, terms).some(([term]) => filed(patch).some((one) => one.startsWith(term?.text ?? '?')));

  test('is met on the shelves in sight, and on no other', () => {
    for (const scope of ['LOCAL', 'TEAM', 'GLOBAL'] as const) {
      assert.ok(meets({ scope }), scope);
      assert.ok(meets({ scope, org: 'globex', workspace: 'lead' }, 'globex'));
    }
    assert.ok(!meets({ workspace: 'writer' }) && !meets({ scope: 'TEAM' }, 'globex'));
    assert.deepEqual(shelvesSought('acme', { local: null, team: [], global: false }, terms), []);
    assert.deepEqual(shelvesSought('acme', all, []), []);
  });

  test('is never forged by what it says: the mark of a shelf is of one length, and stands before every term', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (content, org) => {
        const marked = filed({ content, org, scope: 'TEAM' });
        assert.deepEqual(
          marked.map((one) => one.slice(7)),
          termsOf(content),
        );
        assert.ok(marked.every((one) => /^[a-z\d]{7}/u.test(one)));
      }),
    );
  });
});
