/**
 * Whom a program delegates to: a function of its own, a command on this machine, or a peer that speaks A2A.
 *
 * A function is registered under its name, and what is kept is the name: a process that comes later finds its own
 * function under it. What it takes and gives may have a schema (Standard Schema, any vendor).
 */
import type { ChildProcess } from 'node:child_process';
import type { Part, Usage } from '../core/delegation/index.ts';
import type { ProgramWish } from '../core/workspace/index.ts';
import type { Desk } from '../tools/index.ts';
import type { Asking, Ending, Handle, Waited, WaitMode, Waiting } from './background.ts';

/** What of Standard Schema is needed here. */
export interface Schema<I = unknown, O = I> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => Checked<O> | Promise<Checked<O>>;
    readonly types?: { readonly input: I; readonly output: O } | undefined;
  };
}

export type Checked<O> =
  | { readonly value: O; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly unknown[] | undefined }[] };

export interface Task<I = unknown> {
  /** Of the delegation; the same on every attempt. */
  readonly id: string;
  readonly text: string;
  /** Checked against the schema, where the callee has one. */
  readonly input: I;
  readonly context: string | undefined;
  readonly parts: readonly Part[];
  readonly session: string;
  readonly attempt: number;
  readonly deadline: Date;
  /** An earlier attempt may have got somewhere. */
  readonly mayHaveRun: boolean;
  /** What an earlier attempt kept of how far it was; undefined at the first. */
  readonly checkpoint: unknown;
}

export interface Progress {
  message?: string;
  percent?: number;
  /** In a tool of its own it may be silent for longer. */
  inTool?: boolean;
}

export type Output = string | { text?: string; parts?: readonly Part[]; usage?: Usage };

/** Let go of at the end of its task, last in first out: a function, something disposable, a child process. */
export type Resource = (() => unknown) | Disposable | AsyncDisposable | ChildProcess;

export interface TaskContext {
  /** Aborted, with a `Stopped` as its reason, when nobody waits for the task any more. */
  readonly signal: AbortSignal;
  /** Any word of it is a sign of life. */
  progress(step: string | Progress): void;
  /** What is there by now, for an ending that comes before its own. */
  partial(output: Output): void;
  /** What it has used by now, all in all: charged to its budget, and to those above it. */
  usage(usage: Usage): void;
  /** Kept with the task: should it have to begin again, it begins with this (`recovery: 'resume'`). */
  checkpoint(value: unknown): void;
  /** Asks whoever delegated it; the slot is free until the answer comes. */
  ask(question: string): Promise<string>;
  /** A child of this task: cancelled with it, bound by its bounds. While it is waited for, the slot is free. */
  delegate(asking: Asking): Handle;
  wait(mode: WaitMode, handles: readonly Handle[], options?: Waiting): Promise<Waited>;
  /** The endings of its children as they come, until none is left. */
  endings(): AsyncIterable<Ending>;
  /** For a model of its own: the tools of the one list, where it sees the children of this task. */
  desk(): Desk;
  /** What it was told by `steer` and has not taken yet. */
  steers(): readonly string[];
  /** Belongs to this task and ends with it, however it ends. */
  own<R extends Resource>(resource: R): R;
}

export type Work<I = unknown, O = unknown> = (task: Task<I>, context: TaskContext) => O | Promise<O>;

/**
 * What becomes of a task that was at work when the process ended: nobody knows (`unknown`, the default), it is done
 * again, or it goes on from its checkpoint.
 */
export type Recovery = 'unknown' | 'retry' | 'resume';

interface Common {
  /** Slots of its own, beside those that all functions share. */
  capacity?: number;
  recovery?: Recovery;
  /** For people and models: what it is good for. */
  role?: string;
}

/** What a schema takes may be something else than what it gives: a default filled in, a text made a number. */
export interface FunctionCallee<I = never, O = unknown, Given = I, Brought = O> extends Common {
  run: Work<I, O>;
  input?: Schema<Given, I>;
  output?: Schema<O, Brought>;
  /** A task of it may delegate to it again; otherwise that is refused as a cycle. */
  recursive?: boolean;
}

export interface CommandCallee extends Common {
  command: ProgramWish['run'];
  shell?: boolean;
  directory?: string;
  /** The names of the variables it gets from `environment`, beside the ones it always gets. */
  variables?: readonly string[];
  dialect?: ProgramWish['dialect'];
  graceMs?: number;
}

export interface PeerCallee extends Common {
  url: string;
}

/** Whatever it takes and gives. */
export interface AnyFunctionCallee extends Common {
  run: Work<never, unknown>;
  input?: Schema | undefined;
  output?: Schema | undefined;
  recursive?: boolean | undefined;
}

export type Callee = Work<never, unknown> | AnyFunctionCallee | CommandCallee | PeerCallee;

/** What is given to whoever delegates to it: what its schema takes, or else what its function does. */
export type InputOf<C> = C extends { run: Work<infer Named, unknown>; input?: Schema<infer Given> | undefined }
  ? unknown extends Given
    ? Named
    : Given
  : C extends Work<infer Bare, unknown>
    ? Bare
    : unknown;

/** What its ending brings: what its schema gives, or else what its function does. */
export type OutputOf<C> = C extends {
  run: Work<never, infer Named>;
  output?: Schema<unknown, infer Brought> | undefined;
}
  ? unknown extends Brought
    ? Named
    : Brought
  : C extends Work<never, infer Bare>
    ? Bare
    : unknown;

/** The same, with what it takes and gives known to its function. */
export function callee<I = never, O = unknown, Given = I, Brought = O>(
  definition: FunctionCallee<I, O, Given, Brought>,
): FunctionCallee<I, O, Given, Brought> {
  return definition;
}
