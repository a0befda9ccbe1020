/**
 * The tools for the OpenAI Agents SDK: `new Agent({ tools: tools({ desk }, { tool }) })`.
 *
 * As JSON Schema and not strict: the strict mode makes every field required and refuses bounds on the length of a text.
 * An error is text like any other answer; the SDK has no mark for it.
 */
import type { Json } from '../spec.ts';
import { tools as plain, type Caller, type Options } from './json-schema.ts';

interface Definition {
  name: string;
  description: string;
  parameters: Parameters;
  strict: false;
  execute(input: unknown, run: unknown, details?: Details): Promise<string>;
}

/** What the SDK's types ask of a schema that is not strict; it sends the schema as it is. */
interface Parameters {
  type: 'object';
  properties: Json;
  required: string[];
  additionalProperties: true;
}

interface Details {
  signal?: AbortSignal;
  toolCall?: { callId: string };
}

export interface OpenAiAgentsOptions<Made> extends Options {
  /** `tool` of `@openai/agents`. */
  tool: (definition: Definition) => Made;
}

export function tools<Made>(context: Caller, { tool, ...options }: OpenAiAgentsOptions<Made>): Made[] {
  return plain(context, options).map(({ name, description, inputSchema, call }) =>
    tool({
      ...{ name, description, parameters: inputSchema as unknown as Parameters, strict: false },
      async execute(input, _run, details) {
        const { text } = await call(input, { callId: details?.toolCall?.callId, signal: details?.signal });
        return text;
      },
    }),
  );
}
