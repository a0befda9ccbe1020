/**
 * What is sent to keep a memory, and what stands behind the question mark when one is looked for.
 */
import { z } from 'zod';
import { NAMESPACE, SCOPES } from '../memory/index.ts';

const namespace = z
  .string()
  .min(1)
  .max(50)
  .refine((given) => given.isWellFormed(), 'takes whole characters only');
const scope = z.enum(SCOPES, `takes one of ${SCOPES.join(', ')}`);
const PAGE_MAX = 50;

/** Kept as it comes, like a name: half a surrogate pair has no bytes. */
export const commit = z.object({
  content: z
    .string()
    .min(1)
    .refine((given) => given.isWellFormed(), 'takes whole characters only'),
  scope,
  namespace: namespace.default(NAMESPACE),
});

export const list = z.object({
  scope: scope.optional(),
  q: z.string().min(1).max(500).optional(),
  namespace: namespace.optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_MAX),
  cursor: z
    .string()
    .max(40)
    .regex(/^(?:some\.)?\d+$/u, 'takes the cursor of the page before')
    .optional(),
});
