/**
 * Who the agent itself is.
 */
import { z } from 'zod';
import { tool } from '../spec.ts';
import * as words from '../words.ts';

export const getWorkspaceInfo = tool({
  name: 'get_workspace_info',
  title: 'Your own workspace',
  short: 'See your own id, name, role, parent, status and limits.',
  whenToUse: 'To learn who you are among the others, and how much a delegation may hold.',
  section: 'delegation',
  input: z.strictObject({}),
  output: words.output({
    id: z.string(),
    name: z.string(),
    role: z.string().nullable(),
    tier: z.number(),
    parent_id: z.string().nullable(),
    status: z.string(),
    capacity: z.number(),
    running: z.number(),
    queued: z.number(),
    limits: z.record(z.string(), z.number()),
  }),
  example: {},
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  waits: false,
  async run({ desk }) {
    const { id, name, role, tier, parent_id, status, capacity, running, queued, limits = {} } = await desk.seat();
    return { id, name, role, tier, parent_id, status, capacity, running, queued, limits };
  },
});
