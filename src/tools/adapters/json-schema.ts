/**
 * The tools for a framework that has no adapter: names, words and JSON Schema as plain data, and a function to call.
 * The other adapters are made of these.
 *
 * `call` never throws for what a model did: it answers with text, and says whether that is an error.
 */
import { callTool, type ToolAnswer } from '../call.ts';
import { TOOLS } from '../registry.ts';
import { schemasOf } from '../schemas.ts';
import { isOffered, type Annotations, type Json, type ToolContext, type ToolSpec } from '../spec.ts';
import { standardSchemaOf, type StandardSchema } from '../standard-schema.ts';

/** Who calls; what belongs to a single call comes with it. */
export type Caller = Omit<ToolContext, 'callId' | 'signal'>;

export interface Options {
  /**
   * Names this conversation, where the framework's ids of calls are not unique beyond it: one id delegates once, and
   * `call_1` of another conversation would otherwise be taken for a repetition of this one's.
   */
  conversation?: string;
}

export interface Call {
  callId?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface Tool {
  name: string;
  title: string;
  description: string;
  inputSchema: Json;
  outputSchema: Json;
  /** The input schema for whoever takes Standard Schema. */
  standardSchema: StandardSchema;
  annotations: Annotations;
  call(input: unknown, call?: Call): Promise<ToolAnswer>;
}

export function tools(context: Caller, options: Options = {}): Tool[] {
  return TOOLS.filter((spec) => isOffered(spec, context.desk)).map((spec) => bound(spec, context, options));
}

function bound(spec: ToolSpec, context: Caller, { conversation }: Options): Tool {
  const { name, title, annotations } = spec;
  const { input, output } = schemasOf(spec);
  return {
    ...{ name, title, annotations },
    description: `${spec.short}\n\n${spec.whenToUse}`,
    ...{ inputSchema: input, outputSchema: output, standardSchema: standardSchemaOf(spec) },
    async call(given, { callId = '', signal } = {}) {
      const id = conversation === undefined ? callId : `${conversation}:${callId}`;
      const own = { ...(callId === '' ? {} : { callId: id }), ...(signal === undefined ? {} : { signal }) };
      return callTool(spec, { ...context, ...own }, withoutNulls(given));
    },
  };
}

/** Strict modes make models send null for what they leave out; no input of the registry takes a null. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withoutNulls);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const said = Object.entries(value).filter(([, one]) => one !== null);
  return Object.fromEntries(said.map(([key, one]) => [key, withoutNulls(one)]));
}
