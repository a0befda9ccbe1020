/**
 * The log as a workspace sees it, what it reports by itself, and what it says to the person.
 */
import { query, seat as schema } from '../../core/contract/index.ts';
import { ErrandError } from '../../core/error.ts';
import { hashChain } from '../audit.ts';
import { requireOperator } from '../auth/principal.ts';
import { ok, route, type Route } from '../route.ts';
import { eventShape } from '../shapes.ts';
import { nextLink } from './common.ts';
import { workspaceOf } from '../../flow/index.ts';

export const activity: Route[] = [
  route({
    method: 'GET',
    path: '/workspaces/:id/activity',
    access: 'own',
    summary: 'What happened to it and through it, newest first.',
    query: query.listActivity,
    async handle({ gateway, params, query: asked }) {
      const workspace = params['id'] ?? '';
      const events = await gateway.line.engine.events({
        workspace,
        newestFirst: true,
        limit: asked.limit,
        ...(asked.cursor === undefined ? {} : { before: Number(asked.cursor) }),
      });
      const last = events.length === asked.limit ? events.at(-1) : undefined;
      const url = `${gateway.baseUrl}/workspaces/${encodeURIComponent(workspace)}/activity`;
      const shown = events.filter(({ type, data }) => matches(asked.type, type, data));
      return ok(
        shown.map((event) => eventShape(event)),
        200,
        last === undefined ? {} : nextLink(url, asked, String(last.seq)),
      );
    },
  }),
  route({
    method: 'POST',
    path: '/workspaces/:id/activity',
    access: 'own',
    summary: 'The agent reports what it did; the source is itself.',
    body: schema.reportActivity,
    async handle({ gateway, params, principal, body }) {
      const workspace = params['id'] ?? '';
      if (typeof body.source_id === 'string' && body.source_id !== '' && body.source_id !== workspace) {
        throw new ErrandError({ code: 'forbidden', message: 'source_id is not the reporting workspace' });
      }
      workspaceOf(
        await gateway.line.recorder.record({
          type: 'note',
          event: 'workspace.reported',
          workspace,
          peer: null,
          actor: principal.actor,
          data: body,
        }),
      );
      return ok({ status: 'logged' });
    },
  }),
  route({
    method: 'POST',
    path: '/workspaces/:id/notify',
    access: 'own',
    summary: 'A message to the person; the completion report of the original runtime is taken as well.',
    body: schema.notify,
    async handle({ gateway, params, principal, body }) {
      if (body.message === undefined && body.type === undefined) {
        throw new ErrandError({ code: 'invalid_request', message: 'message is required' });
      }
      workspaceOf(
        await gateway.line.recorder.record({
          type: 'note',
          event: body.message === undefined ? 'workspace.reported' : 'message.sent',
          workspace: params['id'] ?? '',
          peer: null,
          actor: principal.actor,
          data: body,
        }),
      );
      return ok({ status: 'sent' });
    },
  }),
  route({
    method: 'GET',
    path: '/workspaces/:id/audit',
    access: 'known',
    summary: 'The log of the organisation, and with `verify` whether its chain of hashes holds.',
    query: query.audit,
    async handle({ gateway, params, principal, query: asked }) {
      requireOperator(principal);
      const workspace = await gateway.line.engine.workspace(params['id'] ?? '');
      if (workspace === undefined || (principal.org !== null && principal.org !== workspace.org)) {
        throw new ErrandError({ code: 'not_found', message: 'workspace not found' });
      }
      const events = await gateway.line.engine.events({
        org: workspace.org,
        newestFirst: true,
        limit: asked.limit,
        ...(asked.cursor === undefined ? {} : { before: Number(asked.cursor) }),
      });
      const chain = asked.verify === true ? await hashChain(gateway.line.engine, workspace.org) : undefined;
      return ok({
        events: events.map((event) => ({ ...eventShape(event), hash: event.hash })),
        ...(chain === undefined
          ? {}
          : { chain_valid: chain.broken === null, checked: chain.checked, broken_at: chain.broken }),
      });
    },
  }),
];

/** The names of the original stand for kinds of ours. */
function matches(wanted: string | undefined, type: string, data: Record<string, unknown>): boolean {
  return wanted === undefined || type === wanted || type.startsWith(`${wanted}.`) || data['activity_type'] === wanted;
}
