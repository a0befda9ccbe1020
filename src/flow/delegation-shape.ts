/**
 * A delegation in the words of the wire: how it stands, what came back, and what to do about it.
 *
 * The API and every desk show it in these shapes, so that a model is told the same over a network and in one process.
 * Who is called what is for them to say: here it is the id of the seat.
 */
import {
  aheadMs,
  isSettled,
  NEXT_ACTION,
  PRIORITIES,
  type Delegation,
  type Part,
  type Request,
  type Result,
} from '../core/delegation/index.ts';
import { cut } from '../core/text.ts';
import { waitingFor, type Workspace } from '../core/workspace/index.ts';
import type { Line } from './line.ts';

export const PREVIEW_CHARACTERS = 16_000;
export const INLINE_BYTES_MAX = 1024 * 1024;
const SUMMARY_CHARACTERS = 200;

export function time(at: number): string {
  return new Date(at).toISOString();
}

/** Where it stands and what to do about it; the part that every answer about a delegation carries. */
export async function standing(line: Line, delegation: Delegation) {
  const { status, reason, error } = delegation;
  const callee = isSettled(status) ? undefined : await line.engine.workspace(delegation.callee);
  return {
    ...(reason === null ? {} : { reason }),
    ...(error === null ? {} : { error }),
    ...(await waiting(line, delegation, callee)),
    next_action: NEXT_ACTION[status],
  };
}

interface Waits {
  waiting_for?: { cause: string; until?: string; position?: number; ahead_ms?: number };
  position?: number;
  eta_ms?: number;
}

async function waiting(line: Line, delegation: Delegation, callee: Workspace | undefined): Promise<Waits> {
  const waits = waitingFor(delegation, callee, line.clock.now());
  if (waits === undefined) {
    return {};
  }
  const ahead = await line.engine.ahead(delegation);
  const etaMs =
    ahead === undefined || callee === undefined || waits.cause !== 'slot'
      ? undefined
      : aheadMs(ahead.position - 1, callee.capacity, callee.durations);
  return {
    waiting_for: {
      cause: waits.cause,
      ...(waits.until === undefined ? {} : { until: time(waits.until) }),
      ...(ahead === undefined ? {} : { position: ahead.position }),
      ...(etaMs === undefined ? {} : { ahead_ms: etaMs }),
    },
    ...(ahead === undefined ? {} : { position: ahead.position }),
    ...(etaMs === undefined ? {} : { eta_ms: etaMs }),
  };
}

/** The answer to a call that delegated. */
export async function receipt(line: Line, delegation: Delegation) {
  return {
    delegation_id: delegation.id,
    target_id: delegation.callee,
    state: delegation.status,
    ...(await standing(line, delegation)),
  };
}

/** The answer to a call that did something to it. */
export async function changed(line: Line, delegation: Delegation) {
  return {
    delegation_id: delegation.id,
    status: delegation.status,
    ...(await standing(line, delegation)),
    version: delegation.version,
  };
}

/** One row of a list, as the original's runtime reads it: its preview is taken for the result there. */
export function row(delegation: Delegation, bodies: { request?: Request | undefined; result?: Result | undefined }) {
  const preview = bodies.result === undefined ? undefined : cut(bodies.result.text, PREVIEW_CHARACTERS);
  const { id, status, reason, error } = delegation;
  return {
    id,
    type: 'delegation',
    delegation_id: id,
    source_id: delegation.caller,
    target_id: delegation.callee,
    summary: cut(bodies.request?.task ?? '', SUMMARY_CHARACTERS).text,
    status,
    ...(reason === null ? {} : { reason }),
    ...(error === null ? {} : { error }),
    ...(preview === undefined ? {} : { response_preview: preview.text }),
    response_truncated: preview?.truncated ?? false,
    priority: priorityName(delegation.priority),
    attempts: delegation.attempt,
    next_action: NEXT_ACTION[status],
    version: delegation.version,
    ...times(delegation),
  };
}

export function priorityName(priority: number): string {
  return Object.entries(PRIORITIES).find(([, value]) => value === priority)?.[0] ?? String(priority);
}

/** What its caller needs to go on: where it stands, and what came back. */
export async function brief(
  line: Line,
  delegation: Delegation,
  { request, result }: { request: Request | undefined; result: Result | undefined },
) {
  const { question, progress } = delegation.detail;
  return {
    delegation_id: delegation.id,
    target_id: delegation.callee,
    status: delegation.status,
    ...(await standing(line, delegation)),
    task: request?.task ?? '',
    ...(result === undefined ? {} : { result: resultShape(result) }),
    ...(question === undefined ? {} : { question }),
    ...(progress === undefined ? {} : { progress }),
    ...times(delegation),
    version: delegation.version,
  };
}

function times({ createdAt, dispatchedAt, settledAt }: Delegation) {
  return {
    created_at: time(createdAt),
    ...(dispatchedAt === null ? {} : { dispatched_at: time(dispatchedAt) }),
    ...(settledAt === null ? {} : { settled_at: time(settledAt) }),
  };
}

function resultShape(result: Result) {
  const { text, truncated } = cut(result.text, INLINE_BYTES_MAX);
  return {
    text,
    ...(truncated ? { truncated } : { parts: partsOf(result) }),
    length: result.length,
    sha256: result.sha256,
  };
}

export function partsOf(result: Result): Part[] {
  return result.parts ?? [{ kind: 'text', text: result.text }];
}
