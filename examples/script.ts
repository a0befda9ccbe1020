/**
 * A scripted model: what it is shown, what it has read, and what it does next. Beside each example stands how that
 * framework's own fake model is made to ask it.
 */
import type { Json } from '../src/tools/index.ts';

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
  /** What was said to it last, by its user or by a turn. */
  heard?: string | undefined;
}

export type Move = { call: string; id: string; input: Json } | { say: string };

export type Model = (seen: Seen) => Move;

/** More than any script has. */
export const STEPS_MAX = 20;
