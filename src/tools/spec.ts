/**
 * A tool for models as data: its name, its words, its schemas, and the function that carries it out.
 *
 * Every surface reads the same list (`registry.ts`): MCP, the adapters, the prompt text, the command line, the docs.
 * Adding a tool is adding one spec. A spec knows no framework and no transport: it is given a desk.
 */
import type { z } from 'zod';
import type { Desk, Service } from './desk.ts';

export type Section = 'delegation' | 'memory';

/** What a client may assume of a call before it makes it; all four are always said. */
export interface Annotations {
  readOnlyHint: boolean;
  destructiveHint: boolean;
  idempotentHint: boolean;
  openWorldHint: boolean;
}

export interface OpenedFile {
  name: string;
  bytes: Uint8Array;
}

/** Who calls, and what the surface it calls through can do. */
export interface ToolContext {
  desk: Desk;
  /** The framework's own id of this very call: what it delegates, it delegates once, however often it is repeated. */
  callId?: string;
  /** Aborted when nobody waits for the answer any more. What was delegated goes on. */
  signal?: AbortSignal;
  /** How long a call may be held, at most. */
  holdMs?: number;
  /** Told every few seconds while a call is held. */
  onProgress?: (said: string) => void;
  /** The version of each task that this agent was shown last, so that an unchanged one is answered shortly. */
  seen?: Map<string, number>;
  /** Only where the agent and this process have the same disk. */
  openFile?: (path: string) => Promise<OpenedFile>;
}

export interface ToolSpec {
  name: string;
  title: string;
  /** One line; what a list of tools shows. */
  short: string;
  /** When to take it and when not, for the prompt text and the docs. */
  whenToUse: string;
  section: Section;
  input: z.ZodObject;
  output: z.ZodObject;
  /** An input as a model would send it; the pages and the API description show it. */
  example: Json;
  annotations: Annotations;
  /** One of the few without which there is no delegating. */
  isCore?: true;
  /** What it asks of a desk that not every desk has. */
  needs?: Service;
  /** It waits for an ending: a client that knows tasks is given the delegation as its task instead. */
  waits: boolean;
  run(context: ToolContext, input: never): Promise<Json>;
  /** What a model reads of an answer; the answer itself as JSON, if it says nothing of its own. */
  say?(output: Json): string;
}

export type Json = Record<string, unknown>;

interface Typed<I extends z.ZodObject, O extends z.ZodObject> extends Omit<
  ToolSpec,
  'input' | 'output' | 'run' | 'say'
> {
  input: I;
  output: O;
  run(context: ToolContext, input: z.output<I>): Promise<z.input<O>>;
  say?(output: z.input<O>): string;
}

/** A model is shown only what can be done. */
export function isOffered({ needs }: ToolSpec, { lacks = [] }: Pick<Desk, 'lacks'>): boolean {
  return needs === undefined || !lacks.includes(needs);
}

/** Ties the types of a tool's schemas to its function. */
export function tool<I extends z.ZodObject, O extends z.ZodObject>(typed: Typed<I, O>): ToolSpec {
  return typed as unknown as ToolSpec;
}
