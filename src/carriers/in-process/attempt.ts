/**
 * What a function is given besides its task: what there is to know, and what it may say while it works.
 */
import type { Part, Reason, Usage } from '../../core/delegation/index.ts';
import type { Output } from '../../core/ports/index.ts';

export interface Step {
  message?: string;
  percent?: number;
  /** In a tool of its own it may be silent for longer. */
  inTool?: boolean;
  /** From where it may go on, should it have to begin again. */
  checkpoint?: string;
  /** What it has used by now. */
  usage?: Usage;
}

export interface Attempt {
  readonly key: number;
  readonly id: string;
  /** In whose name it delegates itself. */
  readonly workspace: string;
  readonly caller: string;
  readonly attempt: number;
  readonly epoch: number;
  readonly conversation: string | null;
  readonly deadlineAt: number;
  /** An earlier attempt may have got somewhere. */
  readonly mayHaveRun: boolean;
  /** Lets the function delegate on behalf of this delegation. */
  readonly attemptToken: string;
  readonly traceparent: string | undefined;
  readonly context: string | undefined;
  readonly parts: readonly Part[] | undefined;
  readonly skill: string | undefined;
  /** What an earlier attempt said last of how far it was. */
  readonly checkpoint: string | undefined;
  /** Aborted, with the reason, when nobody waits for it any more. */
  readonly signal: AbortSignal;
  /** The same as a word, for whoever does not listen. */
  readonly isLetGo: boolean;
  progress(step: Step): void;
  /** What is there by now, for an ending that comes before its own. */
  partial(output: Output): void;
  /** The slot is free until the answer comes. What was answered before a restart is answered at once. */
  ask(question: string): Promise<string>;
  /** A question of what it waits for, put while it rests and at no other time: it works on without that answer. */
  passOn(question: string): Promise<string>;
  /** The slot is free until this is there: for what it has delegated itself. */
  rest<T>(until: Promise<T>): Promise<T>;
  /** What it was told meanwhile, and has not taken yet. */
  steers(): string[];
  /** Calls once if it is left behind: it was told to stop, and did not. */
  whenLeft(call: () => void): void;
  /** Words that came while it runs here. */
  steer(text: string): void;
}

export type Handled = string | (Output & { usage?: Usage });

/** Thrown by a function that knows better than `callee_failed` why it did. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly reason: Reason;

  constructor(reason: Reason, message: string) {
    super(message);
    this.reason = reason;
  }
}

export type Handler = (task: string, attempt: Attempt) => Handled | Promise<Handled>;
