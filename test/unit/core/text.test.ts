/**
 * Parts of a text: counted in code points, whatever is in it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { part } from '../../../src/core/text.ts';

test('a part of a text is the one that its code points make', () => {
  const anything = fc
    .array(fc.constantFrom('a', '\n', 'é', '😀', '\u{10FFFF}', '\uD800', '\uDC00'))
    .map((all) => all.join(''));
  const place = fc.integer({ min: 0, max: 12 });
  const check = fc.property(anything, place, fc.option(place, { nil: undefined }), (text, offset, limit) => {
    const points = [...text];
    const end = limit === undefined ? undefined : offset + limit;
    assert.deepEqual(part(text, { offset, limit }), {
      text: points.slice(offset, end).join(''),
      characters: points.length,
    });
  });
  fc.assert(check, { numRuns: 2000 });
});
