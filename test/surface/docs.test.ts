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
import { dialectOf } from '../../src/carriers/command/dialects/dialect.ts';
import { wordsOf } from '../../src/carriers/command/words.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { parse } from '../../src/cli/flags.ts';

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

describe('the guides', () => {
  const GUIDES = globSync('docs/guides/*.md').toSorted();

  for (const guide of GUIDES) {
    test(`${guide} shows only commands and options that there are`, () => {
      for (const [, line = ''] of readFileSync(guide, 'utf8').matchAll(
        /(?:^ {4}(?:\w+=\S+ )*|`)errand ([a-z][^`\n]*)/gmu,
      )) {
        const [name, ...words] = wordsOf(line.replace(/ +#.*| [>|&].*/u, '')) ?? [];
        const command = COMMANDS.find((known) => known.name === name);
        assert.ok(command !== undefined, line);
        assert.doesNotThrow(() => parse(command, words), line);
      }
    });
  }

  test('the lines of workers are recognised as what they are', () => {
    const text = readFileSync('docs/guides/agents.md', 'utf8');
    const rows = text.matchAll(/^\| [\w ]+ \| `([^`]+)` \| (?:run|documented) \|$/gmu);
    const lines = [...rows].map(([, line = '']) => line);
    assert.deepEqual(
      lines.map((line) => dialectOf(wordsOf(line) ?? [])),
      ['claude', 'codex', 'gemini', 'opencode', 'cursor'],
    );
    for (const line of lines) {
      assert.ok((wordsOf(line) ?? []).includes('{task}') === line.startsWith('cursor-agent'), line);
    }
    const [bare = ''] = /^- Without that option \(.*?\)/mu.exec(text) ?? [];
    const without = [...bare.matchAll(/`([^`]+)`/gu)].map(([, line = '']) => dialectOf(wordsOf(line) ?? []));
    assert.deepEqual(without, ['text', 'text']);
  });

  test('the table of agents has what errand agent takes', () => {
    const [, section = ''] =
      /^\| `errand agent` \|(.*?)^$/msu.exec(readFileSync('docs/guides/agents.md', 'utf8')) ?? [];
    const told = [...section.matchAll(/`(\w+) <\w+>`|^\| `(\w+)` /gmu)].map(([, one, other]) => one ?? other);
    const agent = COMMANDS.find(({ name }) => name === 'agent');
    const taken = (agent?.usage ?? []).flatMap((usage) => usage.split(' ')[1]?.split('|') ?? []);
    assert.deepEqual(told.toSorted(), taken.toSorted());
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
