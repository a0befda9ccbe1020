/**
 * A call of a tool that waits, answered by a task instead: the delegation is made, and nobody waits.
 *
 * It is committed before it is answered, so a client that asks for its task at once finds it. Modern clients say with
 * each request that they know tasks; older ones ask for a task with each call.
 */
import type { CallToolResult, Result } from '@modelcontextprotocol/server';
import { isSettled } from '../../core/delegation/index.ts';
import { callTool, type ToolContext, type ToolSpec } from '../../tools/index.ts';
import type { McpCall } from '../method.ts';
import type { McpParts } from '../parts.ts';
import { pollMsOf, TASKS_EXTENSION, taskOf, type Seen } from './task.ts';

export function declaresTasks({ capabilities }: Pick<McpCall, 'capabilities'>): boolean {
  return capabilities?.extensions?.[TASKS_EXTENSION] !== undefined;
}

export function wantsTask(call: McpCall, asked: unknown): boolean {
  return call.era === 'modern' ? declaresTasks(call) : typeof asked === 'object' && asked !== null;
}

export interface Making {
  parts: McpParts;
  call: McpCall;
  context: ToolContext;
  spec: ToolSpec;
  input: unknown;
}

/** Undefined for a tool that waits for something else than one delegation. */
export async function asTask({ parts, call, context, spec, input }: Making): Promise<Result | undefined> {
  const { onProgress: _, ...silent } = context;
  const { structured, text, isError } = await callTool(spec, { ...silent, holdMs: 0 }, input);
  const content = [{ type: 'text' as const, text }];
  if (isError) {
    return { content, isError };
  }
  const id = structured['task_id'];
  const seen = typeof id === 'string' ? await call.caller.desk.look(id) : undefined;
  if (seen === undefined) {
    return undefined;
  }
  if (call.era === 'legacy') {
    return { content: [], task: legacyTaskOf(parts, seen) };
  }
  if (isSettled(seen.status)) {
    return { content, structuredContent: structured } satisfies CallToolResult;
  }
  const pollIntervalMs = pollMsOf(seen, parts.clock.now());
  return { resultType: 'task', ...taskOf(seen), ttlMs: null, pollIntervalMs };
}

export function legacyTaskOf({ clock }: Pick<McpParts, 'clock'>, seen: Seen) {
  return { ...taskOf(seen), ttl: null, pollInterval: pollMsOf(seen, clock.now()) };
}
