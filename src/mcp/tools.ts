/**
 * tools/list and tools/call, from the one registry: its order, its schemas, its words.
 *
 * Whoever knows tasks is given the delegation as its task, by a tool that would otherwise wait. Everybody else waits
 * for as long as a call may be held, and is shown progress meanwhile if it asked for that.
 */
import { ProtocolError, ProtocolErrorCode, type CallToolResult, type Result } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { callTool, schemasOf, type ToolAnswer, type ToolContext, type ToolSpec } from '../tools/index.ts';
import { method, noParams, type McpCall, type Method } from './method.ts';
import type { Era, McpParts } from './parts.ts';
import { asTask, wantsTask } from './tasks/create.ts';

/** What clients say of a call by themselves: Claude Code, and Codex, whose ids are unique within a thread. */
const NAMED_BY = [['claudecode/toolUseId'], ['threadId', 'callId']] as const;
const LIST_TTL_MS = 300_000;

const callParams = z.looseObject({
  name: z.string().max(200),
  arguments: z.record(z.string(), z.unknown()).optional(),
  task: z.unknown().optional(),
});

export function toolMethods(parts: McpParts, era: Era): [string, Method][] {
  const specs = new Map(parts.tools.map((spec) => [spec.name, spec]));
  const listed = parts.tools.map((spec) => shown(spec, era));
  return [
    ['tools/list', method(noParams, async () => ({ tools: listed, ttlMs: LIST_TTL_MS, cacheScope: 'public' }))],
    [
      'tools/call',
      method(callParams, async (params, call) => {
        const spec = specs.get(params.name);
        if (spec === undefined) {
          const message = `there is no tool ${params.name.slice(0, 100)}; tools/list names them`;
          throw new ProtocolError(ProtocolErrorCode.InvalidParams, message);
        }
        return answerOf(parts, call, { spec, input: params.arguments, task: params.task });
      }),
    ],
  ];
}

interface Asked {
  spec: ToolSpec;
  input: unknown;
  task: unknown;
}

async function answerOf(parts: McpParts, call: McpCall, { spec, input, task }: Asked): Promise<Result> {
  const context = contextOf(call);
  if (spec.waits && wantsTask(call, task)) {
    const made = await asTask({ parts, call, context, spec, input });
    if (made !== undefined) {
      return made;
    }
  }
  return resultOf(await callTool(spec, context, input));
}

/** An error is said in words; only an answer has the shape that the tool promises. */
function resultOf({ text, structured, isError }: ToolAnswer): CallToolResult {
  const content = [{ type: 'text' as const, text }];
  return isError ? { content, isError } : { content, structuredContent: structured };
}

function contextOf(call: McpCall): ToolContext {
  const { request } = call;
  const callId = callIdOf(call);
  const { desk, openFile } = call.caller;
  const token = request._meta?.progressToken;
  let steps = 0;
  const onProgress = (said: string): void => {
    steps += 1;
    const params = { progressToken: token ?? 0, progress: steps, message: said };
    // Whoever has gone is not shown anything; that it has gone is told by the signal.
    request.notify({ method: 'notifications/progress', params }).catch(() => {});
  };
  return {
    desk,
    signal: request.signal,
    ...(callId === undefined ? {} : { callId }),
    ...(openFile === undefined ? {} : { openFile }),
    ...(token === undefined ? {} : { onProgress }),
    ...(call.connection === undefined ? {} : { seen: call.connection.seen }),
  };
}

/**
 * The id that the caller's own framework gives to this call; else session and number, in the era in which a number is
 * used once in a session.
 */
function callIdOf({ era, connection, request }: McpCall): string | undefined {
  const { id, _meta: meta } = request;
  const named = NAMED_BY.map((keys) => keys.map((key) => meta?.[key]))
    .find((words) => words.every((word) => typeof word === 'string' && word !== ''))
    ?.join(' ');
  const isNumbered = era === 'legacy' && connection !== undefined;
  return named ?? (isNumbered ? `${connection.id} ${JSON.stringify(id)}` : undefined);
}

function shown(spec: ToolSpec, era: Era) {
  const { input, output } = schemasOf(spec);
  return {
    name: spec.name,
    title: spec.title,
    description: `${spec.short}\n\n${spec.whenToUse}`,
    inputSchema: input,
    outputSchema: output,
    annotations: { title: spec.title, ...spec.annotations },
    // A client that looks tools up by need knows these from the beginning.
    ...(spec.isCore === true ? { _meta: { 'anthropic/alwaysLoad': true } } : {}),
    ...(era === 'legacy' && spec.waits ? { execution: { taskSupport: 'optional' } } : {}),
  };
}
