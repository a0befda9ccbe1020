/**
 * What stands behind the question mark. Everything is text there; each field says how it is read and bounded.
 */
import { z } from 'zod';
import { STATUSES } from '../delegation/index.ts';

const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);
const seconds = whole(0, 60).default(0);
const moments = z.coerce.number().min(0).max(60).default(0);
const cursor = z.string().max(40).regex(/^\d+$/u, 'takes the cursor of the page before').optional();
const moment = z.iso.datetime({ offset: true });
const flag = z.enum(['1', 'true', '0', 'false']).transform((word) => word === '1' || word === 'true');

export const listDelegations = z.object({
  limit: whole(1, 500).default(50),
  cursor,
  status: z.enum(STATUSES).optional(),
  target_id: z.string().max(200).optional(),
  delegation_id: z.string().max(200).optional(),
  batch_id: z.string().max(200).optional(),
  since: moment.optional(),
  q: z.string().min(1).max(200).optional(),
  direction: z.enum(['out', 'in', 'all']).default('out'),
});

export const readDelegation = z.object({
  wait: moments,
  since: whole(0, 1e9).optional(),
  until: z.enum(['change', 'rest']).default('change'),
  view: z.enum(['whole', 'brief']).default('whole'),
  collect: flag.default(false),
});
export const readBatch = z.object({ view: z.enum(['whole', 'brief']).default('whole'), collect: flag.default(false) });
export const readResult = z.object({
  offset: whole(0, 1e9).default(0),
  limit: whole(1, 1e9).optional(),
});
export const readInbox = z.object({
  wait: seconds,
  limit: whole(1, 100).default(20),
  format: z.enum(['json', 'turn']).default('json'),
  view: z.enum(['whole', 'brief']).default('whole'),
  peek: flag.default(false),
  tries: whole(1, 1000).optional(),
});
/** A fetch is a sign of life: it may wait for as long as its seat counts as present without another. */
export const fetchAssignments = z.object({ wait: whole(0, 150).default(0), max: whole(1, 100).default(1) });
export const listActivity = z.object({
  limit: whole(1, 500).default(100),
  cursor,
  type: z.string().max(100).optional(),
  source: z.enum(['agent', 'canvas']).optional(),
});
export const peers = z.object({ q: z.string().max(200).optional(), limit: whole(1, 1000).default(1000) });
export const listWorkspaces = z.object({
  limit: whole(1, 1000).default(500),
  after: z.string().max(200).optional(),
  cursor: z.string().max(200).optional(),
  org: z.string().max(200).optional(),
});
export const stream = z.object({ last_event_id: whole(0, Number.MAX_SAFE_INTEGER).optional() });
export const audit = z.object({ limit: whole(1, 500).default(100), cursor, verify: flag.optional() });
export const organisation = z.object({ org: z.string().min(1).max(200).optional() });
export const listMessages = z.object({
  limit: whole(1, 100).default(30),
  cursor,
  wait: seconds,
  since: z.string().max(100).optional(),
});
export const attach = z.object({ name: z.string().min(1).max(1000) });
