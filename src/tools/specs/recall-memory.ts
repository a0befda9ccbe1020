/**
 * Finds what was kept.
 */
import { z } from 'zod';
import { cut } from '../../core/text.ts';
import { tool } from '../spec.ts';
import * as words from '../words.ts';
import { SCOPES } from './commit-memory.ts';

const SHOWN = 20;
/** As much of a question as is looked for. */
const SOUGHT_CHARACTERS = 500;

export const recallMemory = tool({
  name: 'recall_memory',
  title: 'Recall',
  short: 'Find what was kept with commit_memory, by you, your team, or for everybody.',
  whenToUse: 'Before you start on something that you, or a peer, may have worked on before.',
  section: 'memory',
  input: z.strictObject({
    query: z.string().max(1000).default('').describe('Words to look for; empty for the latest.'),
    scope: z.enum(SCOPES).optional().describe('Only this one; else all that you may read.'),
  }),
  output: words.output({
    memories: z.array(
      z.object({
        id: z.string(),
        workspace_id: z.string(),
        content: z.string(),
        scope: z.string(),
        created_at: z.string(),
      }),
    ),
    count: z.number(),
    untrusted: words.untrusted,
  }),
  example: { query: 'how the user wants results' },
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  waits: false,
  async run({ desk }, { query, scope }) {
    const sought = cut(query.trim(), SOUGHT_CHARACTERS).text;
    const found = await desk.recall({
      limit: SHOWN,
      ...(sought === '' ? {} : { words: sought }),
      ...(scope === undefined ? {} : { scope }),
    });
    const memories = found.map(({ id, workspace_id, content, scope: of, created_at }) => ({
      ...{ id, workspace_id, content, scope: of, created_at },
    }));
    return { memories, count: memories.length, untrusted: `memories: ${words.FROM_OTHERS}` };
  },
  say({ memories }) {
    if (memories.length === 0) {
      return 'No memories found.';
    }
    const lines = memories.map(({ scope, content, workspace_id: by }) => `[${scope}] (${by}) ${content}`).join('\n');
    // What others have written down is data too.
    return words.quoted('memories', lines);
  },
});
