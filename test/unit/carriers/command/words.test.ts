/** A line as a person types it, and what an operator may say of a program. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { readProgram } from '../../../../src/carriers/command/carrier.ts';
import { wordsOf } from '../../../../src/carriers/command/words.ts';
import type { ProgramWish } from '../../../../src/core/workspace/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'errand-words-'));
after(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'tool'), '#!/bin/sh\n');
chmodSync(join(folder, 'tool'), 0o755);
writeFileSync(join(folder, 'text'), 'not a program');

const place = { directory: folder, environment: { PATH: `relative:${folder}:/usr/bin:/bin` } };
const read = (wish: ProgramWish) => readProgram(wish, place);
const why = (wish: ProgramWish) => {
  const found = read(wish);
  return 'why' in found ? found.why : undefined;
};

describe('a line of words', () => {
  for (const [line, words] of [
    ['a b  c\t d ', ['a', 'b', 'c', 'd']],
    [`'a b' "c d"`, ['a b', 'c d']],
    [`a'b'"c"d`, ['abcd']],
    [`'' ""`, ['', '']],
    [String.raw`a\ b \"c\' d\\e`, ['a b', `"c'`, String.raw`d\e`]],
    [String.raw`"a \"b\" \\ \n \$x"`, [String.raw`a "b" \ \n \$x`]],
    [String.raw`'a\b'`, [String.raw`a\b`]],
    ['$HOME *.ts `ls` a|b ; c & d > e', ['$HOME', '*.ts', '`ls`', 'a|b', ';', 'c', '&', 'd', '>', 'e']],
    ['grüße 👩‍👩‍👧', ['grüße', '👩‍👩‍👧']],
    [`a${'\\'}`, [`a${'\\'}`]],
    ['', []],
    ['  ', []],
  ] as const) {
    test(`is split as a person means it: ${line}`, () => assert.deepEqual(wordsOf(line), words));
  }

  test('with an open quote is none', () => {
    for (const line of [`a 'b`, `a "b`, String.raw`"a\"`, `it's`]) {
      assert.equal(wordsOf(line), undefined, line);
    }
  });

  test('says the same as a shell does, of whatever has no meaning to it', () => {
    const word = fc.string({ maxLength: 12 }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        const line = words.map((one) => `'${one.replaceAll("'", String.raw`'\''`)}'`).join(' ');
        assert.deepEqual(wordsOf(line), words);
      }),
    );
  });
});

describe('what an operator says of a program', () => {
  test('is found on the path or beside the directory, and the rest is chosen', () => {
    const chosen = { shell: false, directory: folder, environment: [], input: 'text', dialect: 'text', graceMs: 5000 };
    assert.deepEqual(read({ run: 'tool --fast' }), { argv: ['tool', '--fast'], ...chosen });
    assert.deepEqual(read({ run: ['./tool', 'a b'] }), { argv: ['./tool', 'a b'], ...chosen });
    assert.deepEqual(read({ run: 'tool | wc', shell: true }), { argv: ['tool | wc'], ...chosen, shell: true });
    assert.deepEqual(read({ run: ['tool', '|', 'wc'], shell: true }), { argv: ['tool | wc'], ...chosen, shell: true });
    assert.deepEqual(read({ run: 'tool {task}' }), { argv: ['tool', '{task}'], ...chosen, input: 'argument' });
  });

  for (const [what, wish, words] of [
    ['a program that is not there', { run: 'no-such-tool' }, /no program no-such-tool/u],
    ['a file that cannot be started', { run: './text' }, /no program/u],
    ['a directory for a program', { run: folder }, /no program/u],
    ['nothing', { run: ' ' }, /names no program/u],
    ['no word', { run: ['', 'a'] }, /names no program/u],
    ['nothing for a shell', { run: '  ', shell: true }, /names no program/u],
    ['an open quote', { run: `tool 'a` }, /quote/u],
    ['a directory that is not there', { run: 'tool', directory: '/no/such' }, /no directory/u],
    ['a file for a directory', { run: '/bin/sh', directory: 'text' }, /no directory/u],
    ['a directory with a name that none can have', { run: '/bin/sh', directory: 'x'.repeat(5000) }, /no directory/u],
    ['a directory below a file', { run: '/bin/sh', directory: 'text/below' }, /no directory/u],
    ['a task in the line of a shell', { run: 'echo {task}', shell: true }, /never becomes part/u],
    ['a task as the program', { run: '{task}' }, /no program/u],
    ['no place for the argument', { run: 'tool', input: 'argument' }, /say with \{task\}/u],
    ['a place for what is on stdin', { run: 'tool {task}', input: 'text' }, /no place/u],
  ] as const) {
    test(`is refused with the reason: ${what}`, () => assert.match(why(wish) ?? 'nothing', words));
  }

  test('never throws, whatever it is', () => {
    const wish = fc.record({
      run: fc.oneof(fc.string(), fc.array(fc.string())),
      shell: fc.boolean(),
      directory: fc.option(fc.string(), { nil: undefined }),
    });
    fc.assert(fc.property(wish, (given) => assert.ok(read(given))));
  });
});
