/**
 * The pull carrier: an agent fetches its own tasks and says how they go. Every call brings the epoch it works under.
 */
import type { z } from 'zod';
import { query, task as schema } from '../../core/contract/index.ts';
import type { Delegation, Part, Usage } from '../../core/delegation/index.ts';
import {
  acknowledge,
  ask,
  complete,
  confirmCancel,
  fail,
  fetchAssignments,
  progress,
  renew,
  time,
  type Fetched,
  type Working,
} from '../../flow/index.ts';
import { ErrandError } from '../../core/error.ts';
import { requireKey, type Principal } from '../auth/principal.ts';
import type { Gateway } from '../gateway.ts';
import { ok, route, type Route } from '../route.ts';
import type { Json } from '../shapes.ts';
import { notFound } from './common.ts';

export const assignments: Route[] = [
  route({
    method: 'GET',
    path: '/workspaces/:id/assignments',
    access: 'own',
    summary: 'Takes what is next in the queue of this workspace, each under a lease.',
    query: query.fetchAssignments,
    async handle({ gateway, params, query: asked, signal, principal }) {
      requireKey(principal);
      const fetched = await fetchAssignments(gateway.line, {
        callee: params['id'] ?? '',
        most: asked.max,
        waitMs: asked.wait * 1000,
        signal,
      });
      return ok(fetched.map((assignment) => ({ ...assignmentShape(assignment), lease_ms: gateway.limits.leaseMs })));
    },
  }),
  route({
    method: 'POST',
    path: '/workspaces/:id/assignments/renew',
    access: 'own',
    summary: 'Keeps many leases in one call; says of each whether to stop.',
    body: schema.renewing,
    async handle({ gateway, params, body, principal }) {
      const callee = params['id'] ?? '';
      const renewed = body.assignments.map(async ({ delegation_id: id, epoch }) =>
        renewOne(gateway, { callee, id, epoch, principal }),
      );
      return ok(await Promise.all(renewed));
    },
  }),
  verb('ack', 'Says that the work has begun.', schema.working, async (gateway, working) =>
    acknowledge(gateway.line, working),
  ),
  verb('renew', 'Keeps the lease, and learns whether to stop.', schema.working, async (gateway, working) =>
    renew(gateway.line, working),
  ),
  verb(
    'progress',
    'A sign of life, with words and a percentage.',
    schema.workProgress,
    async (gateway, working, body) =>
      progress(gateway.line, working, {
        ...(body.message === undefined ? {} : { message: body.message }),
        ...(body.percent === undefined ? {} : { percent: body.percent }),
        ...(body.in_tool === undefined ? {} : { inTool: body.in_tool }),
      }),
  ),
  verb('ask', 'Asks the caller; the slot is free meanwhile.', schema.workAsk, async (gateway, working, body) =>
    ask(gateway.line, working, body.question),
  ),
  verb('complete', 'Ends it with a result.', schema.workComplete, async (gateway, working, body) => {
    const parts = body.parts as Part[] | undefined;
    const text = body.text ?? textOf(parts ?? []);
    return complete(gateway.line, working, parts === undefined ? { text } : { text, parts }, usageOf(body.usage));
  }),
  verb(
    'fail',
    'Ends it without one, or gives it back for another try.',
    schema.workFail,
    async (gateway, working, body) =>
      fail(gateway.line, working, {
        error: body.error,
        retryable: body.retryable,
        reason: body.reason,
        ...(body.text === undefined ? {} : { partial: { text: body.text } }),
      }),
  ),
  verb('cancelled', 'Confirms that it stopped because it was asked to.', schema.working, async (gateway, working) =>
    confirmCancel(gateway.line, working),
  ),
];

/** The verbs differ in their body and in what they do; everything else is the same. */
function verb<B extends z.ZodType<{ epoch: number }>>(
  name: string,
  summary: string,
  body: B,
  act: (gateway: Gateway, working: Working, body: z.output<B>) => Promise<{ delegation: Delegation }>,
): Route {
  return route<B>({
    method: 'POST',
    path: `/workspaces/:id/assignments/:did/${name}`,
    access: 'own',
    summary,
    body,
    large: name === 'complete',
    async handle({ gateway, params, body: given, principal }) {
      const asked = { callee: params['id'] ?? '', id: params['did'] ?? '', epoch: given.epoch, principal };
      const { delegation } = await act(gateway, await workingOf(gateway, asked), given);
      return ok(standing(delegation));
    },
  });
}

interface Asked {
  callee: string;
  id: string;
  epoch: number;
  principal: Principal;
}

/** What is refused of one is said of that one; what the store cannot do is the answer to the whole call. */
async function renewOne(gateway: Gateway, asked: Asked): Promise<Json> {
  try {
    const { delegation } = await renew(gateway.line, await workingOf(gateway, asked));
    return standing(delegation);
  } catch (error) {
    if (error instanceof ErrandError && error.kind.status < 500) {
      return { delegation_id: asked.id, epoch: asked.epoch, error: error.message, code: error.code };
    }
    throw error;
  }
}

async function workingOf(gateway: Gateway, asked: Asked): Promise<Working> {
  const delegation = await gateway.line.engine.delegation({ id: asked.id });
  const { attempt } = asked.principal;
  if (delegation === undefined || delegation.callee !== asked.callee) {
    throw notFound('assignment');
  }
  if (attempt !== undefined && attempt.key !== delegation.key) {
    throw new ErrandError({ code: 'forbidden', message: 'this token belongs to another attempt' });
  }
  return {
    ref: { key: delegation.key, id: delegation.id },
    epoch: asked.epoch,
    actor: asked.principal.actor,
    seen: delegation,
  };
}

function standing(delegation: Delegation): Json {
  return {
    delegation_id: delegation.id,
    status: delegation.status,
    epoch: delegation.epoch,
    ...(delegation.leaseUntil === null ? {} : { lease_until: time(delegation.leaseUntil) }),
    cancel_requested: delegation.detail.cancel !== undefined,
  };
}

function assignmentShape(assignment: Fetched): Json {
  return {
    delegation_id: assignment.id,
    source_id: assignment.caller,
    task: assignment.task,
    parts: assignment.parts ?? [{ kind: 'text', text: assignment.task }],
    ...(assignment.context === undefined ? {} : { context: assignment.context }),
    conversation_id: assignment.conversation,
    attempt: assignment.attempt,
    epoch: assignment.epoch,
    lease_until: time(assignment.leaseUntil),
    attempt_token: assignment.attemptToken,
    deadline: time(assignment.deadlineAt),
    may_have_run: assignment.mayHaveRun,
    ...(assignment.answer === undefined ? {} : { answer: assignment.answer }),
    ...(assignment.question === undefined ? {} : { question: assignment.question }),
    ...(assignment.traceparent === undefined ? {} : { traceparent: assignment.traceparent }),
  };
}

/** What is not said stays unknown, and is never taken for zero. */
function usageOf(said: z.output<typeof schema.workComplete>['usage']): Usage | undefined {
  return said === undefined
    ? undefined
    : {
        ...(said.input_tokens === undefined ? {} : { inputTokens: said.input_tokens }),
        ...(said.output_tokens === undefined ? {} : { outputTokens: said.output_tokens }),
        ...(said.cost_usd === undefined ? {} : { costUsd: said.cost_usd }),
      };
}

function textOf(parts: readonly Part[]): string {
  return parts
    .filter((part) => part.kind === 'text')
    .map((part) => part.text)
    .join('\n');
}
