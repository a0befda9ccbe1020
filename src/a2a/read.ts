/**
 * The one place where an answer of a peer is decoded: any JSON value becomes exactly one reading.
 *
 * It is total and tolerant: every dialect is read, nothing throws, and what says nothing is `nothing` and not a
 * result. A task is read by its state, never by its presence; whether that is an ending is for the carrier to say.
 * Text rule: the text parts of all artifacts in order, then of the message, joined by newlines.
 */
import type { Part, Usage } from '../core/delegation/index.ts';
import type { Output } from '../core/ports/index.ts';
import { asRecord, countAt, nameAt, isWithinDepth, type Json, listAt, member, recordAt, textAt } from './json.ts';
import { outputOf, partsOf, textOf } from './parts.ts';
import { readState, type RemoteState } from './states.ts';

export interface RemoteTask {
  id?: string;
  context?: string;
  state: RemoteState;
  /** Parts of all artifacts, in order. */
  made: Part[];
  /** Parts of the message that came with the state. */
  said: Part[];
  /** Differs whenever something happened: artifacts before the first `#`, state, time and message behind it. */
  mark: string;
  /** Failed, and its agent would take it again. */
  retryable?: true;
  usage?: Usage;
}

export interface RemoteError {
  kind: 'error';
  code: number | null;
  text: string;
}

export type Reading =
  | { kind: 'message'; output: Output; task?: string; context?: string; usage?: Usage }
  | { kind: 'task'; task: RemoteTask }
  | RemoteError
  | { kind: 'nothing'; why: string };

/** The result of a send, get or cancel, without its envelope. */
export function readResult(value: unknown): Reading {
  const result = asRecord(value);
  if (result === undefined) {
    return { kind: 'nothing', why: 'the result is not an object' };
  }
  if (!isWithinDepth(result)) {
    return { kind: 'nothing', why: 'the result is nested too deeply' };
  }
  // 1.0 wraps each in a member with its name; a task of 0.3 has neither member.
  const task = recordAt(result, 'task');
  if (task !== undefined) {
    return { kind: 'task', task: readTask(task) };
  }
  const message = recordAt(result, 'message') ?? recordAt(result, 'msg');
  return message === undefined ? readBare(result) : readMessage(message);
}

function readBare(result: Json): Reading {
  const kind = textAt(result, 'kind', 'type');
  if (kind === 'task' || Object.hasOwn(result, 'status')) {
    return { kind: 'task', task: readTask(result) };
  }
  if (kind === 'message' || Object.hasOwn(result, 'parts') || Object.hasOwn(result, 'artifacts')) {
    return readMessage(result);
  }
  return { kind: 'nothing', why: 'the result is neither a message nor a task' };
}

function readMessage(message: Json): Reading {
  const parts = [...artifactParts(message), ...partsOf(message)];
  if (parts.length === 0) {
    return { kind: 'nothing', why: 'the message has no parts' };
  }
  const task = nameAt(message, 'taskId', 'task_id');
  const context = nameAt(message, 'contextId', 'context_id');
  return {
    kind: 'message',
    output: outputOf(parts),
    ...(task === undefined ? {} : { task }),
    ...(context === undefined ? {} : { context }),
    ...usageOf(message),
  };
}

export function readTask(task: Json): RemoteTask {
  const status = recordAt(task, 'status');
  const state = readState(status === undefined ? member(task, 'status') : member(status, 'state'));
  const artifacts = listAt(task, 'artifacts');
  const said = saidIn(status);
  const made = [...artifactParts(task), ...partsOf(task)];
  const id = nameAt(task, 'id', 'taskId', 'task_id');
  const context = nameAt(task, 'contextId', 'context_id');
  return {
    ...(id === undefined ? {} : { id }),
    ...(context === undefined ? {} : { context }),
    state,
    made,
    said,
    mark: markOf({ status, state, said, size: `${artifacts.length}:${made.length}` }),
    ...(isRetryable(task) ? { retryable: true } : {}),
    ...usageOf(task),
  };
}

export function saidIn(status: Json | undefined): Part[] {
  const message = status === undefined ? undefined : recordAt(status, 'message');
  return message === undefined ? [] : partsOf(message);
}

export function markOf(seen: { status: Json | undefined; state: RemoteState; said: Part[]; size: string }): string {
  const stamp = seen.status === undefined ? '' : (textAt(seen.status, 'timestamp') ?? '');
  return `${seen.size}#${seen.state}|${stamp}|${textOf(seen.said)}`;
}

function artifactParts(holder: Json): Part[] {
  const parts: Part[] = [];
  for (const artifact of listAt(holder, 'artifacts')) {
    const record = asRecord(artifact);
    if (record !== undefined) {
      for (const part of partsOf(record)) {
        parts.push(part);
      }
    }
  }
  return parts;
}

/** The result of a completed task. A message that only repeats the artifacts is not said twice. */
export function resultOf(task: RemoteTask): Output {
  const repeats = task.made.length > 0 && textOf(task.said) === textOf(task.made);
  return outputOf(repeats ? task.made : [...task.made, ...task.said]);
}

/** What was made before it ended otherwise. */
export function partialOf(task: RemoteTask): Output | undefined {
  return task.made.length === 0 ? undefined : outputOf(task.made);
}

export function noteOf(task: RemoteTask): string {
  return textOf(task.said);
}

/** A failed task that its agent would take again, as ours say it. */
function isRetryable(task: Json): boolean {
  const metadata = recordAt(task, 'metadata');
  return metadata !== undefined && member(metadata, 'retryable') === true;
}

/** Usage as the common frameworks report it; what is not reported stays unknown. */
function usageOf(holder: Json): { usage?: Usage } {
  const metadata = recordAt(holder, 'metadata');
  const usage = metadata === undefined ? undefined : recordAt(metadata, 'usage');
  if (usage === undefined) {
    return {};
  }
  const inputTokens = tokensIn(usage, 'input_tokens', 'inputTokens', 'prompt_tokens');
  const outputTokens = tokensIn(usage, 'output_tokens', 'outputTokens', 'completion_tokens');
  const costUsd = countAt(usage, 'cost_usd', 'costUsd', 'total_cost_usd');
  const found: Usage = {
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
    ...(costUsd === undefined ? {} : { costUsd }),
  };
  return Object.keys(found).length === 0 ? {} : { usage: found };
}

/** Tokens are counted whole; what cannot be a count is not one. */
function tokensIn(usage: Json, ...names: readonly string[]): number | undefined {
  const found = countAt(usage, ...names);
  return Number.isSafeInteger(found) ? found : undefined;
}
