/**
 * The tools for LangChain.js: `createAgent({ tools: tools({ desk }, { tool, ToolMessage }) })`.
 *
 * The model reads the text; the whole answer is the message's artifact. An error is a message whose status says so,
 * not something thrown: what is thrown reaches a model only where somebody catches it. The schema is one of zod: its
 * core takes others, but of its providers two send on whatever is not zod as if it were JSON Schema.
 */
import type { z } from 'zod';
import { shownAs } from '../shown-schema.ts';
import type { Json } from '../spec.ts';
import { tools as plain, type Caller, type Options } from './json-schema.ts';

interface Definition {
  name: string;
  description: string;
  schema: z.ZodType;
  responseFormat: 'content_and_artifact';
}

interface Config {
  signal?: AbortSignal;
  toolCall?: { id?: string };
}

interface Message {
  content: string;
  artifact: Json;
  status: 'error';
  tool_call_id: string;
  name: string;
}

export interface LangChainOptions<Made> extends Options {
  /** `tool` of `@langchain/core/tools`, or of `langchain`. */
  tool: (run: (input: unknown, config: Config) => Promise<unknown[]>, definition: Definition) => Made;
  /** `ToolMessage` of `@langchain/core/messages`, or of `langchain`. */
  ToolMessage: new (message: Message) => object;
}

export function tools<Made>(context: Caller, options: LangChainOptions<Made>): Made[] {
  const { tool, ToolMessage, ...rest } = options;
  return plain(context, rest).map(({ name, description, inputSchema, call }) =>
    tool(
      async (input, { signal, toolCall }) => {
        const callId = toolCall?.id;
        const { text, structured: artifact, isError } = await call(input, { callId, signal });
        const mark = { status: 'error', tool_call_id: callId ?? '', name } as const;
        return [isError ? new ToolMessage({ content: text, artifact, ...mark }) : text, artifact];
      },
      { name, description, schema: shownAs(inputSchema), responseFormat: 'content_and_artifact' },
    ),
  );
}
