/**
 * The tools for the AI SDK of Vercel: `generateText({ tools: tools({ desk }, { dynamicTool }) })`.
 *
 * The program gets the whole answer as the tool's output, the model its text, marked where it is an error. Not strict:
 * a strict mode would make every field required.
 */
import type { ToolAnswer } from '../call.ts';
import type { StandardSchema } from '../standard-schema.ts';
import { tools as plain, type Caller, type Options } from './json-schema.ts';

interface Definition {
  description: string;
  inputSchema: StandardSchema;
  strict: false;
  execute(input: unknown, call: { toolCallId: string; abortSignal?: AbortSignal | undefined }): Promise<ToolAnswer>;
  toModelOutput(done: { output: unknown }): { type: 'text' | 'error-text'; value: string };
}

export interface AiSdkOptions<Made> extends Options {
  /** `dynamicTool` of `ai`. */
  dynamicTool: (definition: Definition) => Made;
}

export function tools<Made>(context: Caller, { dynamicTool, ...options }: AiSdkOptions<Made>): Record<string, Made> {
  const made = plain(context, options).map(({ name, description, standardSchema: inputSchema, call }) => {
    const definition: Definition = {
      ...{ description, inputSchema, strict: false },
      execute: async (input, { toolCallId: callId, abortSignal: signal }) => call(input, { callId, signal }),
      toModelOutput({ output }) {
        const { text, isError } = output as ToolAnswer;
        return { type: isError ? 'error-text' : 'text', value: text };
      },
    };
    return [name, dynamicTool(definition)] as const;
  });
  return Object.fromEntries(made);
}
