/**
 * What a caller sends to delegate: one task, or a batch. Bounds of size that are limits of the product are checked on
 * the line; here only form. Unknown fields are ignored, so that newer callers work against older platforms.
 */
import { z } from 'zod';

export const id = z
  .string()
  .min(1)
  .max(200)
  .regex(/^(?!\.+$)[\w.:@-]+$/u, 'takes letters, digits and . : @ _ -');
export const text = z.string().min(1);
/** Kept as it comes: half a surrogate pair has no bytes, so that a name with one would come back as another. */
export const name = z
  .string()
  .min(1)
  .max(200)
  .refine((given) => given.isWellFormed(), 'takes whole characters only');
/** A key that is empty is none, as in the original. */
const key = z.union([name, z.literal('')]).nullish();
const YEARS_10 = 10 * 366 * 24 * 60 * 60 * 1000;
/** Longer than anything lasts, and short enough to be added to a moment. */
export const milliseconds = z.int().positive().max(YEARS_10);

export const part = z.union([
  z.object({ kind: z.literal('text'), text: z.string() }),
  z.object({ kind: z.literal('data'), data: z.json() }),
  z
    .object({
      kind: z.literal('file'),
      name: name.optional(),
      mimeType: name.optional(),
      uri: z.string().max(4096).optional(),
      bytes: z.base64().optional(),
    })
    .refine((file) => (file.uri === undefined) !== (file.bytes === undefined), 'takes either uri or bytes'),
]);

export const priority = z.union([z.enum(['critical', 'task', 'info']), z.literal([100, 50, 10])]);

const fields = {
  target_id: id,
  task: text,
  context: z.string().optional(),
  parts: z.array(part).min(1).max(100).optional(),
  conversation_id: name.optional(),
  priority: priority.optional(),
  deadline_ms: milliseconds.optional(),
  valid_for_ms: milliseconds.optional(),
  start_at: z.iso.datetime({ offset: true }).optional(),
  supersedes: id.optional(),
  delivery: z.enum(['at_least_once', 'at_most_once']).optional(),
  labels: z.record(z.string().max(100), z.string().max(1000)).optional(),
};

export const delegate = z.object({
  ...fields,
  idempotency_key: key,
  join: z.literal('all').optional(),
});

export const delegateBatch = z.object({
  tasks: z.array(z.object(fields)).min(1),
  join: z.literal('all').default('all'),
  idempotency_key: key,
});

export const record = z.object({ target_id: id, task: text, delegation_id: id });

export const update = z.object({
  status: z.enum(['queued', 'in_progress', 'completed', 'failed']),
  error: z.string().nullish(),
  response_preview: z.string().nullish(),
});

export const cancel = z.object({ reason: z.string().max(500).optional() });
export const answer = z.object({ text });
export const retry = z.object({ idempotency_key: key });
export const reprioritise = z.object({ priority });

const noticeIds = z.array(z.string().max(100)).max(1000);

export const acknowledge = z.object({ ids: noticeIds });

/** From now on; 0 gives them back. */
export const renewNotices = z.object({ ids: noticeIds, lease_ms: z.int().min(0).max(3_600_000).default(60_000) });

/** No epoch grows beyond what every store can keep. */
const epoch = z.int32().nonnegative();
const usage = z
  .object({
    input_tokens: z.int().nonnegative().optional(),
    output_tokens: z.int().nonnegative().optional(),
    cost_usd: z.number().nonnegative().optional(),
  })
  .optional();

export const working = z.object({ epoch });
export const renewing = z.object({
  assignments: z.array(z.object({ delegation_id: z.string().max(200), epoch })).max(1000),
});
export const workProgress = z.object({
  epoch,
  message: z.string().max(4000).optional(),
  percent: z.number().min(0).max(100).optional(),
  in_tool: z.boolean().optional(),
});
export const workAsk = z.object({ epoch, question: text.max(64_000) });
export const workComplete = z
  .object({ epoch, text: z.string().optional(), parts: z.array(part).min(1).max(100).optional(), usage })
  .refine((body) => body.text !== undefined || body.parts !== undefined, 'takes text or parts');
export const workFail = z.object({
  epoch,
  error: text.max(64_000),
  retryable: z.boolean().default(false),
  reason: z.enum(['callee_failed', 'result_too_large']).optional(),
  text: z.string().optional(),
});

export type Delegate = z.infer<typeof delegate>;
export type TaskFields = Omit<Delegate, 'idempotency_key' | 'join'>;
