/**
 * The schemas of a tool as JSON Schema, made once: for a list of tools that is asked for again and again.
 *
 * Of an input the side that is sent, or a field with a default would seem to be required.
 */
import { z } from 'zod';
import type { Json, ToolSpec } from './spec.ts';

interface Schemas {
  input: Json;
  output: Json;
}

const made = new WeakMap<ToolSpec, Schemas>();

export function schemasOf(spec: ToolSpec): Schemas {
  const known = made.get(spec);
  if (known !== undefined) {
    return known;
  }
  const schemas = { input: jsonSchemaOf(spec.input), output: jsonSchemaOf(spec.output) };
  made.set(spec, schemas);
  return schemas;
}

function jsonSchemaOf(schema: z.ZodObject): Json {
  const { $schema: dialect, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' });
  if (dialect === undefined) {
    throw new Error('A schema says by which rules it is read.');
  }
  return rest;
}
