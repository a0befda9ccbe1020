/**
 * Delegating: one task, a batch, and the record of an agent that delivers by itself.
 */
import { task as schema, type TaskFields } from '../../core/contract/index.ts';
import { PRIORITIES, type Priority } from '../../core/delegation/index.ts';
import { ErrandError } from '../../core/error.ts';
import { accept, acceptBatch, receipt, standing, type Task } from '../../flow/index.ts';
import { ok, route, type Call, type Route } from '../route.ts';
import { askingOf, keyFrom } from './common.ts';

export const delegate: Route[] = [
  route({
    method: 'POST',
    path: '/workspaces/:id/delegate',
    access: 'own',
    summary: 'Hands a task to another workspace and answers with a handle at once.',
    body: schema.delegate,
    large: true,
    answers: [202, 200],
    async handle(call) {
      const { gateway, principal, params, body } = call;
      const key = keyFrom(call.headers, body.idempotency_key);
      const asking = askingOf(principal, params['id'] ?? '', key);
      const { delegation, fresh } = await denied(call, async () =>
        accept(gateway.line, asking, taskOf(body, call.headers['traceparent'])),
      );
      const said = await receipt(gateway.line, delegation);
      return fresh
        ? ok({ ...said, status: 'delegated' }, 202)
        : ok({ ...said, status: delegation.status, idempotent_hit: true });
    },
  }),
  route({
    method: 'POST',
    path: '/workspaces/:id/delegate/batch',
    access: 'own',
    summary: 'Hands several tasks over as one; they come back as one notice.',
    body: schema.delegateBatch,
    large: true,
    answers: [202, 200],
    async handle(call) {
      const { gateway, principal, params, body } = call;
      const key = keyFrom(call.headers, body.idempotency_key);
      const asking = askingOf(principal, params['id'] ?? '', key);
      const tasks = body.tasks.map((task) => taskOf(task, call.headers['traceparent']));
      const { batch, delegations, fresh } = await denied(call, async () => acceptBatch(gateway.line, asking, tasks));
      const receipts = await Promise.all(delegations.map(async (delegation) => receipt(gateway.line, delegation)));
      return ok(
        {
          batch_id: batch.id,
          status: 'delegated',
          join: batch.join,
          delegations: receipts,
          ...(fresh ? {} : { idempotent_hit: true }),
        },
        fresh ? 202 : 200,
      );
    },
  }),
  route({
    method: 'POST',
    path: '/workspaces/:id/delegations/record',
    access: 'own',
    summary: 'Records a delegation that the calling agent delivers by itself.',
    body: schema.record,
    answers: [202],
    async handle(call) {
      const { gateway, principal, params, body } = call;
      const { delegation } = await denied(call, async () =>
        accept(gateway.line, askingOf(principal, params['id'] ?? '', undefined), {
          callee: body.target_id,
          task: body.task,
          id: body.delegation_id,
          origin: 'self',
        }),
      );
      return ok(
        {
          delegation_id: delegation.id,
          status: 'recorded',
          state: delegation.status,
          ...(await standing(gateway.line, delegation)),
        },
        202,
      );
    },
  }),
];

/** A refusal of access or role is written into the log, and then told. */
async function denied<T>(call: Call<object, unknown>, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof ErrandError && error.kind.status === 403) {
      await call.gateway.line.recorder.record({
        type: 'note',
        event: 'access.denied',
        workspace: call.params['id'] ?? '',
        peer: null,
        actor: call.principal.actor,
        data: {
          action: 'delegate',
          code: error.code,
          target_id: 'target_id' in call.body ? call.body.target_id : null,
        },
      });
    }
    throw error;
  }
}

function taskOf(fields: TaskFields, traceparent: string | string[] | undefined): Task {
  return {
    callee: fields.target_id,
    task: fields.task,
    ...(fields.context === undefined ? {} : { context: fields.context }),
    ...(fields.parts === undefined ? {} : { parts: fields.parts as NonNullable<Task['parts']> }),
    ...(fields.conversation_id === undefined ? {} : { conversation: fields.conversation_id }),
    ...(fields.priority === undefined ? {} : { priority: priorityOf(fields.priority) }),
    ...(fields.deadline_ms === undefined ? {} : { deadlineMs: fields.deadline_ms }),
    ...(fields.valid_for_ms === undefined ? {} : { validForMs: fields.valid_for_ms }),
    ...(fields.start_at === undefined ? {} : { startAt: Date.parse(fields.start_at) }),
    ...(fields.supersedes === undefined ? {} : { supersedes: fields.supersedes }),
    ...(fields.delivery === undefined ? {} : { delivery: fields.delivery }),
    ...(fields.labels === undefined ? {} : { labels: fields.labels }),
    ...(isTraceparent(traceparent) ? { traceparent } : {}),
  };
}

export function priorityOf(given: NonNullable<TaskFields['priority']>): Priority {
  return typeof given === 'number' ? given : PRIORITIES[given];
}

export function isTraceparent(value: unknown): value is string {
  return typeof value === 'string' && /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/u.test(value);
}
