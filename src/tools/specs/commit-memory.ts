/**
 * Keeps something for later.
 */
import { z } from 'zod';
import { tool } from '../spec.ts';
import * as words from '../words.ts';

export const SCOPES = ['LOCAL', 'TEAM', 'GLOBAL'] as const;

export const commitMemory = tool({
  name: 'commit_memory',
  title: 'Remember',
  short: 'Keep something for later: for yourself (LOCAL), your team (TEAM), or everybody (GLOBAL).',
  whenToUse:
    'For decisions, facts and preferences that outlive this task. Not for secrets: they are taken out before it is kept, ' +
    'and you are told so.',
  section: 'memory',
  input: z.strictObject({
    content: z.string().min(1).max(65_536),
    scope: z.enum(SCOPES).default('LOCAL').describe('GLOBAL is for workspaces without a parent.'),
  }),
  output: words.output({
    success: z.boolean(),
    id: z.string(),
    scope: z.enum(SCOPES),
    redacted: z.array(z.object({ kind: z.string(), count: z.number() })).optional(),
    message: z.string().optional(),
  }),
  example: { content: 'The user wants results as tables.', scope: 'LOCAL' },
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  waits: false,
  async run({ desk }, { content, scope }) {
    const { id, redacted = [] } = await desk.remember(content, scope);
    const what = redacted.map(({ kind, count }) => `${count} × ${kind}`).join(', ');
    const message = `Secrets were taken out before it was kept: ${what}.`;
    return { success: true, id, scope, ...(redacted.length === 0 ? {} : { redacted, message }) };
  },
});
