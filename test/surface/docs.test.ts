/**
 * What is written from the code is as the code is now.
 */
import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { ERRORS_PATH, errorPages } from '../../scripts/errors.ts';
import { SPEC_PATH, specText } from '../../scripts/spec.ts';
import { PAGES } from '../../scripts/tools.ts';
import { COMMANDS } from '../../src/cli/commands.ts';

describe('pages written by hand', () => {
  test('the README names every command there is, and none that is not', () => {
    const [, section = ''] = /^## The command$(.*?)^## /msu.exec(readFileSync('README.md', 'utf8')) ?? [];
    const named = section
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .flatMap((line) => [...(line.split(' | ')[0] ?? '').matchAll(/`(\w+)`/gu)].map(([, name]) => name));
    assert.deepEqual(named.toSorted(), COMMANDS.map(({ name }) => name).toSorted());
  });

  test('every link from one page to another leads somewhere', () => {
    for (const page of globSync(['*.md', 'docs/**/*.md'])) {
      const text = readFileSync(page, 'utf8');
      for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)/gu)) {
        assert.ok(existsSync(join(dirname(page), target)), `${page}: ${target}`);
      }
      for (const [, path = ''] of text.matchAll(/`((?:src|test|docs|scripts)\/[\w./-]+\.\w+)`/gu)) {
        assert.ok(existsSync(path), `${page}: ${path}`);
      }
    }
  });
});

describe('pages written from the code', () => {
  test('the table of statuses and commands is the one in the code (npm run spec)', () => {
    const text = readFileSync(SPEC_PATH, 'utf8');
    assert.equal(text, specText(text));
  });

  test('there is one page per error code, as the catalog has it (npm run errors)', () => {
    const pages = errorPages();
    assert.deepEqual(readdirSync(ERRORS_PATH).toSorted(), [...pages.keys()].toSorted());
    for (const [name, text] of pages) {
      assert.equal(readFileSync(join(ERRORS_PATH, name), 'utf8'), text, name);
    }
  });

  for (const [path, text] of Object.entries(PAGES)) {
    test(`${path} says what the tools say of themselves (npm run spec)`, () => {
      assert.equal(readFileSync(path, 'utf8'), text());
    });
  }
});
