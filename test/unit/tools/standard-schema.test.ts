/**
 * The one schema object that most frameworks take: it shows what the registry shows, and leaves the checking to it.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { schemasOf, TOOLS } from '../../../src/tools/index.ts';
import { standardSchemaOf } from '../../../src/tools/standard-schema.ts';

describe('the standard schema of a tool', () => {
  for (const spec of TOOLS) {
    const { '~standard': standard } = standardSchemaOf(spec);

    test(`shows for ${spec.name} the registry's schema in both dialects, and they mean the same`, () => {
      for (const target of ['draft-2020-12', 'draft-07']) {
        assert.deepEqual(standard.jsonSchema.input({ target }), schemasOf(spec).input);
        assert.deepEqual(standard.jsonSchema.output({ target }), schemasOf(spec).input);
      }
      const { $schema: _dialect, ...old } = z.toJSONSchema(spec.input, { io: 'input', target: 'draft-07' });
      assert.deepEqual(old, schemasOf(spec).input);
    });
  }

  test('lets every value through as it is, so that the registry answers for what is wrong with it', () => {
    for (const spec of TOOLS) {
      const { '~standard': standard } = standardSchemaOf(spec);
      for (const value of [{ q: 7 }, 'text', null]) {
        assert.deepEqual(standard.validate(value), { value });
      }
      assert.deepEqual([standard.version, standard.vendor], [1, 'errand']);
    }
  });

  test('refuses a dialect that it does not speak', () => {
    for (const spec of TOOLS) {
      const { '~standard': standard } = standardSchemaOf(spec);
      assert.throws(() => standard.jsonSchema.input({ target: 'openapi-3.0' }), /not of openapi-3\.0/u);
    }
  });
});
