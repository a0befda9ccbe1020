/**
 * Every workspace is an A2A agent at the platform's address, whatever carrier is behind it. Version 0.3, JSON-RPC.
 *
 * A message is a delegation: kept before it is answered, queued when its callee is busy, and one with the delegation
 * that it names, if its caller had recorded one. A workspace that speaks to a busy one is told so at once, in the
 * original's words and in A2A's, in one body.
 */
import { z } from 'zod';
import {
  encodeTask,
  failure,
  readCall,
  readMessageSend,
  success,
  type IncomingCall,
  type IncomingMessage,
} from '../../a2a/index.ts';
import { isSettled, type Delegation } from '../../core/delegation/index.ts';
import { ErrandError } from '../../core/error.ts';
import type { Workspace } from '../../core/workspace/index.ts';
import { accept, adopt, answer, cancel, standing, watch, type Asking } from '../../flow/index.ts';
import type { Principal } from '../auth/principal.ts';
import { sees } from '../auth/principal.ts';
import type { Gateway } from '../gateway.ts';
import { DEFAULT_ORG } from '../gateway.ts';
import { personSeat } from '../person.ts';
import { ok, route, type Call, type Reply, type Route } from '../route.ts';
import { askingOf, notFound } from './common.ts';
import { isTraceparent } from './delegate.ts';

/** Shorter than the five minutes for which the original's runtime waits. */
const HOLD_MS = 240_000;
const SYSTEM_PREFIX = /^(?:webhook|system|test|channel):/u;

export const a2a: Route[] = [
  route({
    method: 'POST',
    path: '/workspaces/:id/a2a',
    access: 'known',
    summary: 'A2A 0.3 over JSON-RPC: message/send, tasks/get, tasks/cancel.',
    body: z.unknown(),
    large: true,
    answers: [200, 202],
    async handle(call) {
      const read = readCall(call.body);
      if ('fault' in read) {
        return ok(failure(read.id, read.fault, read.why), 400);
      }
      const target = await targetOf(call);
      const caller = await callerOf(call.gateway, call.principal, target);
      const asking = askingOf(call.principal, caller, undefined);
      const exchange: Exchange = { call, rpc: read, target, asking };
      switch (read.method) {
        case 'message/send':
          return send(exchange);
        case 'tasks/get':
          return showTask(exchange, await taskOf(exchange));
        case 'tasks/cancel':
          return cancelTask(exchange);
        default:
          return ok(failure(read.id, 'methodNotFound', `the method ${read.method.slice(0, 100)} is not served here`));
      }
    },
  }),
];

interface Exchange {
  call: Call<unknown, undefined>;
  rpc: IncomingCall;
  target: Workspace;
  asking: Asking;
}

async function targetOf({ gateway, principal, params }: Call<unknown, undefined>): Promise<Workspace> {
  const target = await gateway.line.engine.workspace(params['id'] ?? '');
  if (target === undefined || target.state === 'removed' || !sees(principal, target)) {
    throw notFound('workspace');
  }
  return target;
}

/** A workspace speaks for itself; anybody else speaks from the person's seat. */
async function callerOf(gateway: Gateway, principal: Principal, target: Workspace): Promise<string> {
  if (principal.workspace === null) {
    return personSeat(gateway, principal.org ?? target.org ?? DEFAULT_ORG);
  }
  if (principal.kind === 'open' && SYSTEM_PREFIX.test(principal.workspace)) {
    throw new ErrandError({ code: 'forbidden', message: 'invalid caller ID' });
  }
  return principal.workspace;
}

async function send(exchange: Exchange): Promise<Reply> {
  const message = readMessageSend(exchange.rpc.params);
  if (message === undefined) {
    return ok(failure(exchange.rpc.id, 'invalidParams', 'params.message with at least one part is required'), 400);
  }
  const taken = await take(exchange, message);
  if (taken === undefined) {
    return ok(failure(exchange.rpc.id, 'taskNotFound', 'there is no such task, or it waits for no message'));
  }
  const isWorkspace = exchange.call.principal.workspace !== null;
  const held = message.blocking ? await hold(exchange, taken, isWorkspace) : taken;
  if (isWorkspace && !isSettled(held.status) && held.status !== 'input_required' && message.blocking) {
    return queued(exchange, held);
  }
  return isOriginal(exchange) && held.status === 'completed'
    ? showMessage(exchange, held)
    : showTask(exchange, held, isWorkspace || isOriginal(exchange));
}

/**
 * The original's runtime sends no configuration, and its synchronous tool reads the parts of a message and nothing of
 * a task. Both are A2A; whoever configures what it sends gets the task.
 */
function isOriginal({ call, rpc }: Exchange): boolean {
  const { kind, workspace } = call.principal;
  return (workspace !== null || kind === 'open') && !('configuration' in rpc.params);
}

/** The delegation that this message is: an answer, a recorded one that is ours from now on, or a new one. */
async function take(exchange: Exchange, message: IncomingMessage): Promise<Delegation | undefined> {
  const { call, target, asking } = exchange;
  const { line } = call.gateway;
  const named = message.task ?? message.delegation;
  const known = named === null ? undefined : await line.engine.delegation({ id: named });
  const own = known !== undefined && known.caller === asking.caller && known.callee === target.id ? known : undefined;
  if (message.task !== null) {
    if (own?.status !== 'input_required') {
      return undefined;
    }
    return (await answer(line, { ref: own, actor: asking.actor }, message.text)).delegation;
  }
  const { traceparent } = call.headers;
  const task = {
    callee: target.id,
    task: message.text,
    ...(message.parts.some(({ kind }) => kind !== 'text') ? { parts: message.parts } : {}),
    ...(message.context === null ? {} : { conversation: message.context }),
    ...(isTraceparent(traceparent) ? { traceparent } : {}),
  };
  if (own !== undefined) {
    return (await adopt(line, { ref: own, actor: asking.actor }, task)).delegation;
  }
  const isFree = named !== null && known === undefined;
  const key = message.messageId === null ? undefined : `a2a ${message.context ?? ''} ${message.messageId}`;
  const keyed = key === undefined || isFree ? asking : { ...asking, idempotencyKey: key };
  const { delegation } = await accept(line, keyed, { ...task, origin: 'a2a', ...(isFree ? { id: named } : {}) });
  return delegation;
}

/** Until it has an ending or a question; a workspace is not kept waiting while its task only waits. */
async function hold(exchange: Exchange, taken: Delegation, isWorkspace: boolean): Promise<Delegation> {
  const { gateway, headers, signal } = exchange.call;
  const { line } = gateway;
  const asked = Number(headers['x-timeout']);
  const holdMs = Math.min(Number.isFinite(asked) && asked > 0 ? asked * 1000 : HOLD_MS, HOLD_MS);
  const until = line.clock.now() + holdMs;
  // What was queued may have met a free slot in the same commit.
  let now = taken.status === 'queued' ? ((await line.engine.delegation({ key: taken.key })) ?? taken) : taken;
  while (!isSettled(now.status) && now.status !== 'input_required' && !signal.aborted) {
    const waits = now.status === 'queued' || now.status === 'pending';
    const leftMs = until - line.clock.now();
    if ((waits && isWorkspace) || leftMs <= 0) {
      return now;
    }
    now = (await watch(line, { key: now.key, since: now.version, waitMs: leftMs, signal })) ?? now;
  }
  return now;
}

/** The original's answer and A2A's, at once: `queue_id` is the task's id. */
async function queued(exchange: Exchange, delegation: Delegation): Promise<Reply> {
  const { line } = exchange.call.gateway;
  const stands = await standing(line, delegation);
  const callee = await line.engine.workspace(delegation.callee);
  const depth = callee?.queued ?? 0;
  const task = await taskShape(exchange, delegation);
  return ok(
    {
      ...success(exchange.rpc.id ?? delegation.id, task),
      queued: true,
      queue_id: delegation.id,
      queue_depth: depth,
      position: stands.position ?? depth,
      ...(stands.eta_ms === undefined ? {} : { eta_ms: stands.eta_ms }),
      next_action: stands.next_action,
      message: `${callee?.name ?? delegation.callee} is busy; the task waits in its queue and the reply will arrive.`,
    },
    202,
  );
}

async function showTask(exchange: Exchange, delegation: Delegation | undefined, plain = false): Promise<Reply> {
  const { id } = exchange.rpc;
  if (delegation === undefined) {
    return ok(failure(id, 'taskNotFound', 'there is no such task'));
  }
  // The original's runtime takes any result for success, so that a failure has to be an error for it.
  if (plain && (delegation.status === 'failed' || delegation.status === 'cancelled')) {
    const why = delegation.reason === null ? delegation.status : `${delegation.status}: ${delegation.reason}`;
    return ok(failure(id ?? delegation.id, 'internalError', `${why}: ${delegation.error ?? ''}`));
  }
  return ok(success(id ?? delegation.id, await taskShape(exchange, delegation)));
}

/** The whole text in its first part, since the original's runtime looks no further. */
async function showMessage(exchange: Exchange, delegation: Delegation): Promise<Reply> {
  const { line } = exchange.call.gateway;
  const result = await line.engine.result(delegation.key);
  const { artifacts, contextId } = await taskShape(exchange, delegation);
  const [artifact] = (artifacts ?? []) as { parts: { kind: string }[] }[];
  const others = (artifact?.parts ?? []).filter(({ kind }) => kind !== 'text');
  const text = result?.text ?? '';
  const message = {
    kind: 'message',
    role: 'agent',
    messageId: `${delegation.id}.${delegation.status}`,
    taskId: delegation.id,
    contextId,
    parts: text === '' && others.length > 0 ? others : [{ kind: 'text', text }, ...others],
    metadata: { delegation_id: delegation.id, ...(await standing(line, delegation)) },
  };
  return ok(success(exchange.rpc.id ?? delegation.id, message));
}

async function taskShape(exchange: Exchange, delegation: Delegation) {
  const { line } = exchange.call.gateway;
  const result = isSettled(delegation.status) ? await line.engine.result(delegation.key) : undefined;
  const note = delegation.error ?? delegation.detail.question ?? delegation.detail.progress?.message;
  return encodeTask({
    id: delegation.id,
    context: delegation.conversation,
    status: delegation.status,
    reason: delegation.reason,
    started: delegation.epoch > 0,
    at: delegation.settledAt ?? delegation.progressAt ?? delegation.createdAt,
    ...(note === undefined ? {} : { note }),
    ...(result === undefined ? {} : { result }),
    metadata: { delegation_id: delegation.id, ...(await standing(line, delegation)) },
  });
}

async function taskOf(exchange: Exchange): Promise<Delegation | undefined> {
  const id = exchange.rpc.params['id'];
  const found = typeof id === 'string' ? await exchange.call.gateway.line.engine.delegation({ id }) : undefined;
  return found !== undefined && found.caller === exchange.asking.caller && found.callee === exchange.target.id
    ? found
    : undefined;
}

async function cancelTask(exchange: Exchange): Promise<Reply> {
  const found = await taskOf(exchange);
  if (found === undefined) {
    return showTask(exchange, undefined);
  }
  if (isSettled(found.status) && found.status !== 'cancelled') {
    return ok(failure(exchange.rpc.id, 'taskNotCancelable', `the task is ${found.status}`));
  }
  const { delegation } = await cancel(exchange.call.gateway.line, { ref: found, actor: exchange.asking.actor });
  return showTask(exchange, delegation);
}
