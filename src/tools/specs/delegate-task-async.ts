/**
 * Hands a task over and answers with a handle at once.
 */
import { z } from 'zod';
import { tool } from '../spec.ts';
import * as words from '../words.ts';

export const delegateTaskAsync = tool({
  name: 'delegate_task_async',
  title: 'Delegate a task',
  short: 'Hand a task to a peer and carry on; you get a handle at once and are told when it is done.',
  whenToUse:
    'For anything that takes longer than a quick question, and for several tasks at once. Go on with other work: the ' +
    'ending comes to you by itself. A busy peer queues the task; that is not a failure, so do not delegate it again and ' +
    'do not do it yourself.',
  section: 'delegation',
  input: z.strictObject(words.handover),
  output: words.output({ ...words.standing, status: z.literal('delegated'), state: words.standing.status }),
  example: {
    workspace_id: 'researcher',
    task: 'Compare the three storage engines; a page, with sources.',
    context: 'For Monday.',
  },
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  isCore: true,
  waits: false,
  async run({ desk, callId }, input) {
    const handle = words.standingOfReceipt(await desk.delegate(words.askedOf(input), words.keyOf(callId)));
    const { status: state, ...standing } = handle;
    return {
      success: true,
      ...standing,
      status: 'delegated' as const,
      state,
      message: words.handedOver(handle),
    };
  },
});
