/**
 * Our rows in the words of the wire. The fields of the original keep their names; ours stand beside them.
 */
import {
  aheadMs,
  isSettled,
  NEXT_ACTION,
  PRIORITIES,
  usualMs,
  type Delegation,
  type Part,
  type Request,
  type Result,
} from '../core/delegation/index.ts';
import type { Event } from '../core/ports/index.ts';
import { waitingFor, type Program, type Workspace } from '../core/workspace/index.ts';
import type { Line } from '../flow/index.ts';
import { cut } from '../core/text.ts';

export type Json = Record<string, unknown>;

export const PREVIEW_CHARACTERS = 16_000;
const SUMMARY_CHARACTERS = 200;
/** As many as may be said where a seat is made. */
const ROLE_CHARACTERS = 2000;
export const INLINE_BYTES_MAX = 1024 * 1024;

export function time(at: number): string {
  return new Date(at).toISOString();
}

function optionalTime(name: string, at: number | null): Json {
  return at === null ? {} : { [name]: time(at) };
}

/** Where it stands and what to do about it; the part that every answer about a delegation carries. */
export async function standing(line: Line, delegation: Delegation): Promise<Json> {
  const { status, reason, error } = delegation;
  const callee = isSettled(status) ? undefined : await line.engine.workspace(delegation.callee);
  return {
    ...(reason === null ? {} : { reason }),
    ...(error === null ? {} : { error }),
    ...(await waiting(line, delegation, callee)),
    next_action: NEXT_ACTION[status],
  };
}

async function waiting(line: Line, delegation: Delegation, callee: Workspace | undefined): Promise<Json> {
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
export async function receipt(line: Line, delegation: Delegation): Promise<Json> {
  return {
    delegation_id: delegation.id,
    target_id: delegation.callee,
    state: delegation.status,
    ...(await standing(line, delegation)),
  };
}

/** One row of a list, as the original's runtime reads it: its preview is taken for the result there. */
export function row(delegation: Delegation, bodies: { request?: Request; result?: Result }): Json {
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
    created_at: time(delegation.createdAt),
    ...optionalTime('dispatched_at', delegation.dispatchedAt),
    ...optionalTime('settled_at', delegation.settledAt),
  };
}

function priorityName(priority: number): string {
  return Object.entries(PRIORITIES).find(([, value]) => value === priority)?.[0] ?? String(priority);
}

export interface Whole {
  request: Request | undefined;
  result: Result | undefined;
  events?: readonly Event[];
  children?: readonly Delegation[];
  late?: readonly unknown[];
  batchId?: string;
  parentId?: string;
}

/** Everything about one delegation. */
export async function detail(line: Line, delegation: Delegation, whole: Whole): Promise<Json> {
  const { cancel, question, progress, usage, calleeMayStillRun, calleeConfirmed, supersededBy } = delegation.detail;
  return {
    delegation_id: delegation.id,
    source_id: delegation.caller,
    target_id: delegation.callee,
    ...(whole.batchId === undefined ? {} : { batch_id: whole.batchId }),
    ...(whole.parentId === undefined ? {} : { parent_id: whole.parentId }),
    status: delegation.status,
    ...(await standing(line, delegation)),
    task: whole.request?.task ?? '',
    ...requestFields(whole.request),
    ...(whole.result === undefined ? {} : { result: resultShape(whole.result) }),
    attempts: delegation.attempt,
    epoch: delegation.epoch,
    priority: priorityName(delegation.priority),
    ...(delegation.conversation === null ? {} : { conversation_id: delegation.conversation }),
    delivery: delegation.delivery,
    depth: delegation.depth,
    ...(question === undefined ? {} : { question }),
    ...(progress === undefined ? {} : { progress }),
    ...(cancel === undefined ? {} : { cancel_requested: { by: cancel.by, until: time(cancel.until) } }),
    ...(calleeConfirmed === undefined ? {} : { callee_confirmed: calleeConfirmed }),
    ...(calleeMayStillRun === undefined ? {} : { callee_may_still_run: calleeMayStillRun }),
    ...(supersededBy === undefined ? {} : { superseded_by: supersededBy }),
    usage: usage === undefined ? null : usageShape(usage),
    created_at: time(delegation.createdAt),
    deadline_at: time(delegation.deadlineAt),
    ...optionalTime('dispatched_at', delegation.dispatchedAt),
    ...optionalTime('settled_at', delegation.settledAt),
    version: delegation.version,
    ...(whole.events === undefined ? {} : { events: whole.events.map((event) => eventShape(event)) }),
    ...(whole.children === undefined || whole.children.length === 0
      ? {}
      : { children: whole.children.map((child) => row(child, {})) }),
    ...(whole.late === undefined || whole.late.length === 0 ? {} : { late_results: whole.late }),
  };
}

function requestFields(request: Request | undefined): Json {
  return {
    ...(request?.context === undefined ? {} : { context: request.context }),
    ...(request?.parts === undefined ? {} : { parts: request.parts }),
    labels: request?.labels ?? {},
    ...(request?.retryOf === undefined ? {} : { retry_of: request.retryOf }),
  };
}

function usageShape(usage: NonNullable<Delegation['detail']['usage']>): Json {
  return {
    ...(usage.inputTokens === undefined ? {} : { input_tokens: usage.inputTokens }),
    ...(usage.outputTokens === undefined ? {} : { output_tokens: usage.outputTokens }),
    ...(usage.costUsd === undefined ? {} : { cost_usd: usage.costUsd }),
  };
}

export function partsOf(result: Result): Part[] {
  return result.parts ?? [{ kind: 'text', text: result.text }];
}

function resultShape(result: Result): Json {
  const { text, truncated } = cut(result.text, INLINE_BYTES_MAX);
  return {
    text,
    ...(truncated ? { truncated } : { parts: partsOf(result) }),
    length: result.length,
    sha256: result.sha256,
  };
}

/** By its place, and by what it says. */
export function eventId({ seq, hash }: Pick<Event, 'seq' | 'hash'>): string {
  return `evt_${seq.toString(32)}${hash.slice(0, 20)}`;
}

export function eventShape(event: Event): Json {
  return {
    seq: event.seq,
    id: eventId(event),
    type: event.type,
    at: time(event.at),
    workspace_id: event.workspace,
    ...(event.peer === null ? {} : { peer_id: event.peer }),
    ...(event.delegationId === null ? {} : { delegation_id: event.delegationId, n: event.n }),
    actor: event.actor,
    data: event.data,
  };
}

export function workspaceShape(workspace: Workspace, url: string): Json {
  const { id, org, name, parent, tier, capacity, state, presence, running, queued, activity } = workspace;
  return {
    id,
    org,
    name,
    role: roleOf(workspace),
    parent_id: parent,
    tier,
    status: statusOf(workspace),
    state,
    presence,
    carrier: workspace.carrier,
    url,
    agent_url: workspace.url,
    capacity,
    max_concurrent_tasks: capacity,
    running,
    queued,
    active_tasks: running,
    current_task: activity.current,
    last_error_rate: activity.errorRate,
    uptime_seconds: activity.uptimeSeconds,
    roles: workspace.roles,
    agent_card: workspace.card,
    circuit: circuitOf(workspace),
    ...usualOf(workspace),
    created_at: time(workspace.createdAt),
    ...optionalTime('last_heartbeat_at', workspace.seenAt),
  };
}

/** What it is good for: as whoever runs the organisation says, else as its card does. */
export function roleOf({ role, card }: Workspace): string | null {
  const said = card?.['description'];
  return role ?? (typeof said === 'string' && said !== '' ? cut(said, ROLE_CHARACTERS).text.toWellFormed() : null);
}

export function programShape(program: Program): Json {
  const { argv, shell, directory, environment, input, dialect, graceMs } = program;
  return { run: argv, shell, directory, environment, input, dialect, grace_ms: graceMs };
}

/** Absent while none is known. */
function usualOf({ durations }: Workspace): Json {
  const usual = usualMs(durations);
  return usual === undefined ? {} : { usual_ms: usual };
}

function circuitOf({ strikes, holdUntil }: Workspace): Json | string {
  return strikes === 0 ? 'closed' : { strikes, hold_until: holdUntil === null ? null : time(holdUntil) };
}

/** The original's one word for it. */
export function statusOf(workspace: Workspace): string {
  if (workspace.state !== 'active') {
    return workspace.state;
  }
  if (workspace.presence !== 'unknown') {
    return workspace.presence;
  }
  return workspace.carrier === 'none' && !workspace.person ? 'awaiting_agent' : 'online';
}
