/**
 * The tools for the Claude Agent SDK: `createSdkMcpServer({ name: 'errand', tools: tools({ desk }, { tool }) })`.
 *
 * The SDK takes nothing but fields of zod, and checks by them. So each field is one that takes anything and shows the
 * registry's JSON Schema; a field that does not exist is left out by the SDK before it comes here.
 */
import type { z } from 'zod';
import { shownAs } from '../shown-schema.ts';
import type { Annotations, Json } from '../spec.ts';
import { tools as plain, type Caller, type Options } from './json-schema.ts';

interface Result {
  [more: string]: unknown;
  content: { type: 'text'; text: string }[];
  structuredContent: Json;
  isError: boolean;
}

type Shape = Record<string, z.ZodType>;

export interface ClaudeAgentSdkOptions<Made> extends Options {
  /** `tool` of `@anthropic-ai/claude-agent-sdk`. */
  tool: (
    ...definition: [
      name: string,
      description: string,
      shape: Shape,
      handler: (input: unknown, extra: unknown) => Promise<Result>,
      extras: { annotations: Annotations & { title: string } },
    ]
  ) => Made;
}

export function tools<Made>(context: Caller, { tool, ...options }: ClaudeAgentSdkOptions<Made>): Made[] {
  return plain(context, options).map(({ name, title, description, annotations, inputSchema, call }) => {
    async function handle(input: unknown, extra: unknown): Promise<Result> {
      const { text, structured, isError } = await call(input, callOf(extra));
      return { content: [{ type: 'text', text }], structuredContent: structured, isError };
    }
    return tool(name, description, shapeOf(inputSchema), handle, { annotations: { title, ...annotations } });
  });
}

interface Extra {
  signal?: AbortSignal;
  _meta?: Json;
}

function callOf(extra: unknown): { callId: string | undefined; signal: AbortSignal | undefined } {
  const { signal, _meta: meta } = (extra ?? {}) as Extra;
  const id = meta?.['claudecode/toolUseId'];
  return { callId: typeof id === 'string' ? id : undefined, signal };
}

function shapeOf(schema: Json): Shape {
  const { properties = {}, required = [] } = schema as { properties?: Record<string, Json>; required?: string[] };
  const fields = Object.entries(properties).map(
    ([name, shown]) => [name, shownAs(shown, { isOptional: !required.includes(name) })] as const,
  );
  return Object.fromEntries(fields);
}
