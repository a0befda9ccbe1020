/**
 * A delegation as a task of MCP: the same thing, seen through the words of the protocol.
 *
 * There is no store of tasks. The task's id is the delegation's, its ending is the delegation's ending, and whoever may
 * look at the delegation may look at the task. What the callee could not do is a result that says so; only what the
 * platform itself could not do is a failure of the task.
 */
import { hash } from 'node:crypto';
import type { CallToolResult, ClientCapabilities } from '@modelcontextprotocol/server';
import { cut } from '../../core/text.ts';
import { visible } from '../../core/untrusted.ts';
import { callTool, toolNamed, type Delegated, type Desk } from '../../tools/index.ts';
import { fieldsOf } from '../fields.ts';
import type { Caller, McpParts } from '../parts.ts';

export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

export type TaskStatus = 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled';

const SHOWN_CHARACTERS = 500;
const POLL_LEAST_MS = 1000;
const POLL_MOST_MS = 15_000;

/** As much of a delegation as a task shows. */
export type Seen = Pick<Delegated, 'delegation_id' | 'status' | 'created_at' | 'next_action' | 'version'> &
  Partial<Pick<Delegated, 'reason' | 'error' | 'question' | 'position' | 'eta_ms' | 'progress' | 'settled_at'>>;

export function statusOf({ status, reason }: Pick<Seen, 'status' | 'reason'>): TaskStatus {
  switch (status) {
    case 'completed':
    case 'cancelled':
    case 'input_required':
      return status;
    case 'failed':
      return reason === 'internal' ? 'failed' : 'completed';
    default:
      return 'working';
  }
}

/** What both generations of tasks say in the same words. */
export function taskOf(seen: Seen) {
  return {
    taskId: seen.delegation_id,
    status: statusOf(seen),
    statusMessage: saidOf(seen),
    createdAt: seen.created_at,
    // When it last moved is not kept apart from when it began and when it ended.
    lastUpdatedAt: seen.settled_at ?? seen.created_at,
  };
}

/** Often while it is young, seldom when it is old: a tenth of its age. */
export function pollMsOf({ created_at: createdAt }: Pick<Seen, 'created_at'>, now: number): number {
  const age = Math.max(0, now - Date.parse(createdAt));
  return Math.round(Math.min(POLL_MOST_MS, Math.max(POLL_LEAST_MS, age / 10)));
}

function saidOf(seen: Seen): string {
  const { status, reason, position, eta_ms: eta, progress, question } = seen;
  const parts: string[] = [reason === undefined ? status : `${status} (${reason})`];
  if (position !== undefined) {
    parts.push(`place ${position} in its queue${eta === undefined ? '' : `, about ${Math.ceil(eta / 1000)} s`}`);
  }
  if (progress?.percent !== undefined) {
    parts.push(`${progress.percent} %`);
  }
  const said = question ?? progress?.message;
  if (said !== undefined) {
    // As a quotation, which it cannot end by itself.
    parts.push(`the peer says ${JSON.stringify(visible(cut(said, SHOWN_CHARACTERS).text))}`);
  }
  parts.push(seen.next_action);
  return parts.join('; ');
}

/** The ending as the answer of a tool, in the words in which it is told everywhere else. */
export async function outcomeOf(desk: Desk, seen: Seen): Promise<CallToolResult> {
  const check = toolNamed('check_task_status');
  if (check === undefined) {
    throw new Error('There is no tool that shows how a task stands.');
  }
  const { text, structured, isError } = await callTool(check, { desk }, { task_id: seen.delegation_id });
  const content = [{ type: 'text' as const, text }];
  return isError || seen.status === 'failed'
    ? { content, structuredContent: structured, isError: true }
    : { content, structuredContent: structured };
}

/** The one question that waits, under a key that is new whenever the question is. */
function questionKeyOf({ question = '', version }: Pick<Seen, 'question' | 'version'>): string {
  return `q${version}.${fingerprint(question)}`;
}

/** Whether this key was given to the question that waits now, be it at an earlier look. */
export function isKeyOf(key: string, { question = '' }: Pick<Seen, 'question'>): boolean {
  return /^q\d+\.(.+)$/u.exec(key)?.[1] === fingerprint(question);
}

function fingerprint(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 16);
}

/** The question as the client puts it to its user. */
export function elicitationOf({ delegation_id: id, question = '' }: Pick<Seen, 'delegation_id' | 'question'>) {
  return {
    mode: 'form' as const,
    message: `The task ${id} asks: ${visible(question.slice(0, SHOWN_CHARACTERS * 4))}`,
    requestedSchema: {
      type: 'object' as const,
      properties: { answer: { type: 'string' as const, title: 'Answer', description: 'Goes to the peer as it is.' } },
      required: ['answer'],
    },
  };
}

/** What the peer is told; undefined where the user has put the question off. */
export function answerTextOf(response: unknown): string | undefined {
  const { action, content } = fieldsOf(response);
  if (action === 'accept' && content !== undefined) {
    const { answer } = fieldsOf(content);
    return typeof answer === 'string' ? answer : JSON.stringify(content);
  }
  return action === 'decline' ? 'The user does not want to answer this.' : undefined;
}

export function canElicit(capabilities: ClientCapabilities | undefined): boolean {
  return capabilities?.elicitation !== undefined;
}

interface Viewed {
  caller: Caller;
  /** The client can put a question to its user. */
  canAsk: boolean;
}

/** The whole task, with its ending or its question, as the extension of 2026 shows it. */
export async function detailedTaskOf(
  { clock }: Pick<McpParts, 'clock'>,
  { caller, canAsk }: Viewed,
  seen: Seen,
): Promise<Record<string, unknown>> {
  const task = { ...taskOf(seen), ttlMs: null, pollIntervalMs: pollMsOf(seen, clock.now()) };
  switch (task.status) {
    case 'completed':
      return { ...task, result: await outcomeOf(caller.desk, seen) };
    case 'failed':
      return { ...task, error: { code: -32_603, message: visible(seen.error ?? task.statusMessage) } };
    case 'input_required':
      // Nothing is asked through a client that cannot ask: the status says what is asked, and a tool answers it.
      return { ...task, inputRequests: canAsk ? { [questionKeyOf(seen)]: elicitRequestOf(seen) } : {} };
    default:
      return task;
  }
}

function elicitRequestOf(seen: Seen) {
  return { method: 'elicitation/create', params: elicitationOf(seen) };
}
