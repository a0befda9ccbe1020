/**
 * A schema of zod that takes everything and shows the JSON Schema it is told to: for frameworks that take nothing but
 * zod, or whose providers read nothing else.
 *
 * They check by what they are given, before we are called; so this lets every value through, and the registry reads the
 * input. It shows itself without a registry of zod's, because a framework may bring a zod of its own.
 */
import { z } from 'zod';
import type { Json } from './spec.ts';

export function shownAs(shown: Json, { isOptional = false } = {}): z.ZodType {
  // What is missing is caught; where it is asked for, it is shown as asked for all the same.
  const schema = isOptional ? z.unknown().optional() : z.unknown().catch(undefined);
  // A copy: zod goes on writing in what it gets.
  schema._zod.toJSONSchema = () => structuredClone(shown);
  return schema;
}
