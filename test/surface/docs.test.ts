/**
 * What is written from the code is as the code is now.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ERRORS_PATH, errorPages } from '../../scripts/errors.ts';
import { SPEC_PATH, specText } from '../../scripts/spec.ts';

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
});
