/**
 * Hands a task over and waits for its ending, as long as a call may be held; from then on it is the asynchronous one.
 */
import { z } from 'zod';
import { tool, type ToolContext } from '../spec.ts';
import { collected, holdOf, isAtRest, waitForRest } from '../wait.ts';
import * as words from '../words.ts';

export const delegateTask = tool({
  name: 'delegate_task',
  title: 'Delegate a task and wait',
  short: 'Hand a task to a peer and wait for the answer; for quick questions.',
  whenToUse:
    'For a quick question whose answer you need before you can go on. Where the answer takes longer than the call may be ' +
    'held, you get a handle instead and are told later: that is not a failure.',
  section: 'delegation',
  input: z.strictObject({
    ...words.handover,
    wait_ms: z.int().min(0).max(110_000).optional().describe('How long to wait for the answer, at most.'),
  }),
  output: words.output(words.standing),
  example: { workspace_id: 'translator', task: 'How does one say "queue" in German? One word.' },
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  isCore: true,
  waits: true,
  async run(context, input) {
    const receipt = await context.desk.delegate(words.askedOf(input), words.keyOf(context.callId));
    return ended(context, words.standingOfReceipt(receipt), holdOf(context, input.wait_ms));
  },
  say: words.said,
});

/** Waits, and shows the ending: that is how its caller is told, so it is not told again. */
async function ended(context: ToolContext, handle: words.Standing, holdMs: number): Promise<words.Standing> {
  const [now] = await waitForRest(context, { ids: [handle.task_id], enough: 1, holdMs });
  if (now === undefined || !isAtRest(now)) {
    const standing = now === undefined ? handle : words.standingOf(now);
    return { ...standing, message: words.stillWaiting(standing.status) };
  }
  return words.standingOf(await collected(context, now));
}
