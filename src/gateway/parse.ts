/**
 * What was sent, by the schema of its route; or a refusal that names the field.
 */
import type { z } from 'zod';
import { ErrandError } from '../core/error.ts';

export function parse(schema: z.ZodType, value: unknown, what: string): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) {
    return parsed.data;
  }
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? what : issue.path.map(String).join('.');
  throw new ErrandError({
    code: 'invalid_request',
    message: `${where.slice(0, 200)}: ${issue?.message ?? 'is not valid'}`,
  });
}
