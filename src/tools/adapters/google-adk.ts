/**
 * The tools for Google's ADK: `new LlmAgent({ tools: tools({ desk }, { FunctionTool }) })`.
 *
 * A schema goes there as Gemini's own kind, which ADK shows as it stands and does not check by: its types are in
 * capitals, its bounds of length are texts, and it cannot say that there are no further fields. An answer is an object
 * whose key says whether it is a result or an error, as Gemini has it.
 */
import type { Json } from '../spec.ts';
import { tools as plain, type Caller, type Options } from './json-schema.ts';

interface Definition {
  name: string;
  description: string;
  parameters: Json;
  execute(input: unknown, context?: Context): Promise<{ output: string } | { error: string }>;
}

interface Context {
  abortSignal?: AbortSignal | undefined;
  functionCallId?: string | undefined;
}

export interface GoogleAdkOptions<Made> extends Options {
  /** `FunctionTool` of `@google/adk`. */
  FunctionTool: new (definition: Definition) => Made;
}

export function tools<Made>(context: Caller, { FunctionTool, ...options }: GoogleAdkOptions<Made>): Made[] {
  const made = plain(context, options).map(({ name, description, inputSchema, call }) => {
    const definition: Definition = {
      ...{ name, description, parameters: geminiSchemaOf(inputSchema) },
      async execute(input, of) {
        const { text, isError } = await call(input, { callId: of?.functionCallId, signal: of?.abortSignal });
        return isError ? { error: text } : { output: text };
      },
    };
    return new FunctionTool(definition);
  });
  return made;
}

const BOUNDS = new Set(['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties']);

function geminiSchemaOf({ additionalProperties: _closed, ...schema }: Json): Json {
  return Object.fromEntries(Object.entries(schema).map(([keyword, value]) => [keyword, geminiValue(keyword, value)]));
}

function geminiValue(keyword: string, value: unknown): unknown {
  if (keyword === 'type') {
    return String(value).toUpperCase();
  }
  if (keyword === 'properties') {
    return Object.fromEntries(Object.entries(value as Json).map(([name, one]) => [name, geminiSchemaOf(one as Json)]));
  }
  if (keyword === 'items') {
    return geminiSchemaOf(value as Json);
  }
  if (keyword === 'anyOf') {
    return (value as Json[]).map(geminiSchemaOf);
  }
  return BOUNDS.has(keyword) ? String(value) : value;
}
