/**
 * What the tests that are generated from the table of routes know of each: a body that is taken, ids that are there,
 * and what a refusal has to look like.
 */
import assert from 'node:assert/strict';
import { ERRORS, type ErrorCode } from '../../src/core/error.ts';
import { routes } from '../../src/gateway/index.ts';
import type { Answer } from './support.ts';

export type TableRoute = (typeof routes)[number];

export const table: readonly TableRoute[] = routes;

export function nameOf(route: Pick<TableRoute, 'method' | 'path'>): string {
  return `${route.method} ${route.path}`;
}

const TASK = {
  target_id: 'b',
  task: 'x',
  context: 'c',
  parts: [{ kind: 'text', text: 'x' }],
  conversation_id: 'talk',
  priority: 'task',
  deadline_ms: 60_000,
  valid_for_ms: 60_000,
  start_at: '2026-01-01T00:00:00Z',
  delivery: 'at_least_once',
  labels: { a: 'b' },
};

/** A body that each route takes, with every field it knows. A route that is not here fails the tests. */
/** A session is opened; it needs no header. */
const MCP_BEGIN = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'n', version: '1' } },
};

export const BODIES: Readonly<Record<string, Record<string, unknown>>> = {
  'POST /workspaces': { name: 'n', role: 'r', tier: 1, capacity: 2, pull: true, roles: [], grants: [], denials: [] },
  'PATCH /workspaces/:id': { name: 'a', role: 'r', capacity: 2, parent_id: null, allowed_actions: null, url: null },
  'POST /registry/register': { id: 'a', url: null, agent_card: {}, name: 'a', capacity: 1 },
  'POST /registry/heartbeat': {
    workspace_id: 'a',
    error_rate: 0,
    sample_error: '',
    active_tasks: 0,
    uptime_seconds: 1,
    current_task: '',
    leaving: false,
  },
  'POST /registry/update-card': { workspace_id: 'a', agent_card: {} },
  'POST /registry/check-access': { caller_id: 'a', target_id: 'b' },
  'POST /workspaces/:id/delegate': { ...TASK, idempotency_key: 'k', join: 'all' },
  'POST /workspaces/:id/delegate/batch': { tasks: [TASK], join: 'all', idempotency_key: 'kb' },
  'POST /workspaces/:id/delegations/record': { target_id: 'b', task: 'x', delegation_id: 'rec-1' },
  'POST /workspaces/:id/delegations/:did/update': { status: 'in_progress', error: '', response_preview: '' },
  'POST /workspaces/:id/delegations/:did/cancel': { reason: 'r' },
  'POST /workspaces/:id/delegations/:did/answer': { text: 't' },
  'POST /workspaces/:id/delegations/:did/retry': { idempotency_key: 'kr' },
  'POST /workspaces/:id/delegations/:did/priority': { priority: 'info' },
  'POST /workspaces/:id/inbox/ack': { ids: ['ntc_1'] },
  'POST /workspaces/:id/assignments/renew': { assignments: [{ delegation_id: 'd', epoch: 1 }] },
  'POST /workspaces/:id/inbox/renew': { ids: ['ntc_1'], lease_ms: 1000 },
  'POST /workspaces/:id/assignments/:did/ack': { epoch: 1 },
  'POST /workspaces/:id/assignments/:did/renew': { epoch: 1 },
  'POST /workspaces/:id/assignments/:did/progress': { epoch: 1, message: 'm', percent: 1, in_tool: false },
  'POST /workspaces/:id/assignments/:did/ask': { epoch: 1, question: 'q' },
  'POST /workspaces/:id/assignments/:did/complete': { epoch: 1, text: 't', usage: { input_tokens: 1, cost_usd: 0.1 } },
  'POST /workspaces/:id/assignments/:did/fail': {
    epoch: 1,
    error: 'e',
    retryable: false,
    reason: 'callee_failed',
    text: 't',
  },
  'POST /workspaces/:id/assignments/:did/cancelled': { epoch: 1 },
  'POST /workspaces/:id/activity': {
    activity_type: 'agent_log',
    method: 'm',
    summary: 's',
    target_id: 'b',
    source_id: 'a',
    status: 'ok',
    error_detail: 'e',
    duration_ms: 1,
    request_body: {},
    response_body: {},
    metadata: {},
  },
  'POST /workspaces/:id/notify': { message: 'm', type: 't', task_id: 'x', attachments: [] },
  'POST /workspaces/:id/messages': { text: 't', attachments: [], conversation_id: 'c', idempotency_key: 'km' },
  'POST /workspaces/:id/tokens': { name: 'n', expires_in_ms: 60_000 },
  'POST /org/tokens': { name: 'n', expires_in_ms: 60_000, org: 'other' },
  'POST /workspaces/:id/memories': { content: 'm', scope: 'LOCAL', namespace: 'n' },
  'POST /workspaces/:id/mcp': MCP_BEGIN,
  'POST /mcp': MCP_BEGIN,
  'POST /workspaces/:id/a2a': {
    jsonrpc: '2.0',
    id: 1,
    method: 'message/send',
    params: { message: { role: 'user', messageId: 'm', parts: [{ kind: 'text', text: 'x' }] } },
  },
};

export interface Ids {
  id?: string;
  did?: string;
  key?: string;
  aid?: string;
  target?: string;
  mid?: string;
}

/** The path with its parameters filled in, as they stand. */
export function pathOf(route: Pick<TableRoute, 'path'>, ids: Ids): string {
  return route.path.replaceAll(/:(\w+)/gu, (_, name: string) => ids[name as keyof Ids] ?? 'none');
}

/** `{error, code, fix}` with the status that belongs to the code, and never a fault of ours. */
export function assertTyped(answer: Answer, what: string): void {
  const about = `${what}: ${answer.status} ${answer.text.slice(0, 300)}`;
  assert.ok(answer.status >= 400 && answer.status < 500, about);
  if (/\/(?:a2a|mcp)/u.test(what) && answer.body['jsonrpc'] === '2.0') {
    const error = answer.body.error as unknown as { code: number; message: string };
    assert.equal(typeof error.code, 'number', about);
    assert.ok(error.message.length > 0, about);
    return;
  }
  const { error, code, fix } = answer.body;
  assert.ok(typeof error === 'string' && error.length > 0 && error.length < 1000, about);
  assert.ok(Object.hasOwn(ERRORS, code), about);
  assert.equal(ERRORS[code as ErrorCode].status, answer.status, about);
  assert.equal(fix, ERRORS[code as ErrorCode].fix, about);
}
