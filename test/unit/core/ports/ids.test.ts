/**
 * Ids: the kind, a key that grows, and chance; an id finds its row and a key alone finds nothing.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { formId, ID_LETTERS, keyOf, RANDOM_LENGTH } from '../../../../src/core/ports/index.ts';
import { SeededIds } from '../../../support/ids.ts';

const kind = fc.constantFrom('dlg', 'bat', 'evt', 'ntc', 'wks', 'key');
const key = fc.maxSafeNat();
const random = fc.string({ unit: fc.constantFrom(...ID_LETTERS), minLength: RANDOM_LENGTH, maxLength: RANDOM_LENGTH });

describe('the form of an id', () => {
  test('gives the key back, for every kind and every key', () => {
    fc.assert(
      fc.property(kind, key, random, (each, number, chance) => {
        const id = formId(each, number, chance);
        assert.match(id, /^[a-z]{3}_[0-9a-hjkmnp-tv-z]{31}$/u);
        assert.equal(keyOf(each, id), number);
      }),
    );
  });

  test('E5: sorts as text the way its keys sort as numbers', () => {
    fc.assert(
      fc.property(key, key, random, random, (one, other, chance, another) => {
        fc.pre(one < other);
        assert.ok(formId('dlg', one, chance) < formId('dlg', other, another));
      }),
    );
  });

  test('is not mistaken for another kind, nor a foreign id for one of ours', () => {
    fc.assert(
      fc.property(kind, kind, key, random, (one, other, number, chance) => {
        fc.pre(one !== other);
        assert.equal(keyOf(other, formId(one, number, chance)), undefined);
      }),
    );
    assert.equal(keyOf('dlg', 'f47ac10b-58cc-4372-a567-0e02b2c3d479'), undefined);
    assert.equal(keyOf('dlg', ''), undefined);
    assert.equal(keyOf('dlg', `dlg_${'u'.repeat(31)}`), undefined);
    assert.equal(keyOf('dlg', `dlg_${'z'.repeat(31)}`), undefined, 'larger than a number can hold exactly');
  });

  test('never throws and never gives half a number, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const found = keyOf('dlg', text) ?? 0;
        assert.ok(Number.isSafeInteger(found));
      }),
    );
  });
});

describe('seeded ids', () => {
  test('repeat with their seed, and their keys grow', () => {
    const [one, same, other] = [new SeededIds(3), new SeededIds(3), new SeededIds(4)];
    assert.equal(one.random(), same.random());
    assert.notEqual(one.random(), other.random());
    const keys = [one.key(), one.key(), one.key()];
    assert.deepEqual(
      keys,
      keys.toSorted((left, right) => left - right),
    );
  });
});
