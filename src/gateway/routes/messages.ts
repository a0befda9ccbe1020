/**
 * What persons and a workspace say to each other. An agent says something; what a person writes is a task for it.
 */
import { query, seat as schema } from '../../core/contract/index.ts';
import { ErrandError } from '../../core/error.ts';
import { waitFor } from '../../events/index.ts';
import { post, receipt, say, workspaceOf } from '../../flow/index.ts';
import { attachedTo, attachmentShape, filePart } from '../attached.ts';
import type { Principal } from '../auth/principal.ts';
import type { Gateway } from '../gateway.ts';
import { conversation, type Asked, type ConversationPage } from '../messages.ts';
import { personSeat } from '../person.ts';
import { ok, route, type Route } from '../route.ts';
import { keyFrom, nextLink, notFound } from './common.ts';
import { isTraceparent } from './delegate.ts';

export const messages: Route[] = [
  route({
    method: 'POST',
    path: '/workspaces/:id/notify',
    access: 'own',
    summary: 'A message to the person; the completion report of the original runtime is taken as well.',
    body: schema.notify,
    async handle({ gateway, params, principal, body }) {
      const workspace = params['id'] ?? '';
      const { actor } = principal;
      if (body.message !== undefined) {
        const attachments = await attachedTo(gateway, workspace, body.attachments);
        const message = await say(gateway.line, { workspace, actor, text: body.message, attachments });
        return ok({ status: 'sent', message_id: message.id });
      }
      if (body.type === undefined) {
        throw new ErrandError({ code: 'invalid_request', message: 'message is required' });
      }
      const about = { event: 'workspace.reported', workspace, peer: null, actor, data: body } as const;
      workspaceOf(await gateway.line.recorder.record({ type: 'note', ...about }));
      return ok({ status: 'sent' });
    },
  }),
  route({
    method: 'POST',
    path: '/workspaces/:id/messages',
    access: 'own',
    summary: 'A person writes to the workspace: a task for it, with what is attached.',
    body: schema.postMessage,
    answers: [202, 200],
    async handle({ gateway, params, principal, body, headers }) {
      requirePerson(principal);
      const seat = await gateway.line.engine.workspace(params['id'] ?? '');
      if (seat === undefined) {
        throw notFound('workspace');
      }
      const attachments = await attachedTo(gateway, seat.id, body.attachments);
      const idempotencyKey = keyFrom(headers, body.idempotency_key);
      const asking = {
        caller: await personSeat(gateway, seat.org),
        actor: principal.actor,
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      };
      const { traceparent } = headers;
      const task = {
        callee: seat.id,
        task: body.text,
        ...(attachments.length === 0 ? {} : { parts: attachments.map((one) => filePart(gateway, seat.id, one)) }),
        ...(body.conversation_id === undefined ? {} : { conversation: body.conversation_id }),
        ...(isTraceparent(traceparent) ? { traceparent } : {}),
      };
      const { delegation, message, fresh } = await post(gateway.line, asking, task, attachments);
      const said = {
        ...(await receipt(gateway.line, delegation)),
        message_id: message.id,
        attachments: message.attachments.map((one) => attachmentShape(gateway, seat.id, one)),
        source_id: delegation.caller,
        status: fresh ? 'delegated' : delegation.status,
      };
      return fresh ? ok(said, 202) : ok({ ...said, idempotent_hit: true });
    },
  }),
  route({
    method: 'GET',
    path: '/workspaces/:id/messages',
    access: 'own',
    summary: 'The conversation, newest first; with `wait` and `since` (the ETag seen last) as soon as it is another.',
    query: query.listMessages,
    async handle({ gateway, params, query: asked, signal }) {
      const workspace = params['id'] ?? '';
      const { rows, next, version } = await awaited(gateway, { ...asked, workspace, signal });
      const url = `${gateway.baseUrl}/workspaces/${encodeURIComponent(workspace)}/messages`;
      const link = next === undefined ? {} : nextLink(url, { limit: asked.limit }, String(next));
      return ok(rows, 200, { etag: `"${version}"`, ...link });
    },
  }),
];

interface Awaiting extends Asked {
  wait: number;
  since?: string | undefined;
  signal: AbortSignal;
}

/** The page as it is as soon as it is another than was seen; when the time is over, as it stands. */
async function awaited(gateway: Gateway, { wait, since, signal, ...asked }: Awaiting): Promise<ConversationPage> {
  const seen = since?.replaceAll('"', '');
  const changed =
    wait === 0 || seen === undefined
      ? undefined
      : await waitFor({
          clock: gateway.line.clock,
          waitMs: wait * 1000,
          signal,
          subscribe: (wake) => gateway.line.hub.onWorkspace(asked.workspace, wake),
          look: async () => {
            const page = await conversation(gateway, asked);
            return page.version === seen ? undefined : page;
          },
        });
  return changed ?? conversation(gateway, asked);
}

/** Whoever holds the key of the operator or of the organisation is a person; without keys, whoever comes. */
function requirePerson(principal: Principal): void {
  if (principal.kind === 'workspace') {
    const message =
      'only a person writes here, with the key of the operator or of the organisation; ' +
      'an agent says something with POST /workspaces/:id/notify and asks others with /delegate';
    throw new ErrandError({ code: 'forbidden', message });
  }
}
