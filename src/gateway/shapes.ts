/**
 * Our rows in the words of the wire. The fields of the original keep their names; ours stand beside them.
 */
import type { Delegation, Request, Result } from '../core/delegation/index.ts';
import type { Event } from '../core/ports/index.ts';
import type { Program, Workspace } from '../core/workspace/index.ts';
import { brief, priorityName, roleOf, row, statusOf, time, usualOf, type Line } from '../flow/index.ts';

export type Json = Record<string, unknown>;

function optionalTime(name: string, at: number | null): Json {
  return at === null ? {} : { [name]: time(at) };
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
  const { cancel, usage, calleeMayStillRun, calleeConfirmed, supersededBy } = delegation.detail;
  return {
    ...(await brief(line, delegation, whole)),
    source_id: delegation.caller,
    ...(whole.batchId === undefined ? {} : { batch_id: whole.batchId }),
    ...(whole.parentId === undefined ? {} : { parent_id: whole.parentId }),
    ...requestFields(whole.request),
    attempts: delegation.attempt,
    epoch: delegation.epoch,
    priority: priorityName(delegation.priority),
    ...(delegation.conversation === null ? {} : { conversation_id: delegation.conversation }),
    delivery: delegation.delivery,
    depth: delegation.depth,
    ...(cancel === undefined ? {} : { cancel_requested: { by: cancel.by, until: time(cancel.until) } }),
    ...(calleeConfirmed === undefined ? {} : { callee_confirmed: calleeConfirmed }),
    ...(calleeMayStillRun === undefined ? {} : { callee_may_still_run: calleeMayStillRun }),
    ...(supersededBy === undefined ? {} : { superseded_by: supersededBy }),
    usage: usage === undefined ? null : usageShape(usage),
    deadline_at: time(delegation.deadlineAt),
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

export function programShape(program: Program): Json {
  const { argv, shell, directory, environment, input, dialect, graceMs } = program;
  return { run: argv, shell, directory, environment, input, dialect, grace_ms: graceMs };
}

function circuitOf({ strikes, holdUntil }: Workspace): Json | string {
  return strikes === 0 ? 'closed' : { strikes, hold_until: holdUntil === null ? null : time(holdUntil) };
}
