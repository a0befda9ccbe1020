/**
 * One framework, as the suite sees it: an agent of that framework with our tools and a model that does what it is told.
 *
 * The model is a function. The framework's own fake model asks it, with what the framework would have sent to a real
 * one; what it does goes through the framework's own loop.
 */
import type { Caller } from '../../src/tools/adapters/json-schema.ts';
import type { Json } from '../../src/tools/index.ts';

/** A tool as the model is shown it. */
export interface Shown {
  name: string;
  description: string;
  schema: Json;
}

/** What a tool answered, as the model reads it. */
export interface Answered {
  text: string;
  /** Undefined where the framework has no mark for it. */
  isError?: boolean | undefined;
}

export interface Seen {
  tools: Shown[];
  /** Every answer of this conversation, the last one last. */
  answers: Answered[];
}

export type Move = { call: string; id: string; input: Json } | { say: string };

export type Model = (seen: Seen) => Move;

export interface Kit {
  name: string;
  /** What a model is shown instead of the registry's schema; the same, if nothing is said. */
  showsAs?: (schema: Json) => Json;
  /** It leaves out what its schema does not name, before it comes to us. */
  dropsUnknown?: true;
  /** Runs the model until it says something; or until it is aborted, and then it fails or says nothing. */
  run: (context: Caller, model: Model, signal?: AbortSignal) => Promise<string>;
}

export const STEPS_MAX = 20;
