/**
 * The tools for Mastra: `new Agent({ tools: tools({ desk }, { createTool }) })`.
 *
 * The program gets the whole answer as the tool's output, the model its text, marked where it is an error.
 */
import type { ToolAnswer } from '../call.ts';
import type { Annotations } from '../spec.ts';
import type { StandardSchema } from '../standard-schema.ts';
import { tools as plain, type Caller, type Options } from './json-schema.ts';

interface Definition {
  id: string;
  description: string;
  inputSchema: StandardSchema;
  strict: false;
  mcp: { annotations: Annotations & { title: string } };
  execute(input: unknown, context?: Context): Promise<ToolAnswer>;
  toModelOutput(output: unknown): { type: 'text' | 'error-text'; value: string };
}

interface Context {
  abortSignal?: AbortSignal;
  agent?: { toolCallId?: string };
}

export interface MastraOptions<Made> extends Options {
  /** `createTool` of `@mastra/core/tools`. */
  createTool: (definition: Definition) => Made;
}

export function tools<Made>(context: Caller, { createTool, ...options }: MastraOptions<Made>): Record<string, Made> {
  const made = plain(context, options).map(({ name, title, description, annotations, standardSchema, call }) => {
    const definition: Definition = {
      ...{ id: name, description, inputSchema: standardSchema, strict: false },
      mcp: { annotations: { title, ...annotations } },
      execute: async (input, of) => call(input, { callId: of?.agent?.toolCallId, signal: of?.abortSignal }),
      toModelOutput(output) {
        const { text, isError } = output as ToolAnswer;
        return { type: isError ? 'error-text' : 'text', value: text };
      },
    };
    return [name, createTool(definition)] as const;
  });
  return Object.fromEntries(made);
}
