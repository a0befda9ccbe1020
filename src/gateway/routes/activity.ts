/**
 * The log as a workspace sees it, and what it reports by itself.
 *
 * What it says to the person is a message (`messages.ts`), and the log only says that it was said.
 */
import type { z } from 'zod';
import { query, seat as schema } from '../../core/contract/index.ts';
import { ErrandError } from '../../core/error.ts';
import type { Engine, Event } from '../../core/ports/index.ts';
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
      const { events, next } = await pageOf(gateway.line.engine, workspace, asked);
      const url = `${gateway.baseUrl}/workspaces/${encodeURIComponent(workspace)}/activity`;
      return ok(
        events.map((event) => eventShape(event)),
        200,
        next === undefined ? {} : nextLink(url, asked, String(next)),
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

/** So many lines are looked at for one page; its cursor goes on from there. */
const LOOKED_AT_MAX = 20_000;
const AT_ONCE = 500;

/** The filter comes before the limit: what is rare is found behind what is not. */
async function pageOf(engine: Pick<Engine, 'events'>, workspace: string, asked: z.output<typeof query.listActivity>) {
  const found: Event[] = [];
  const most = asked.type === undefined ? asked.limit : AT_ONCE;
  let before = asked.cursor === undefined ? undefined : Number(asked.cursor);
  for (let looked = 0; looked < LOOKED_AT_MAX; looked += most) {
    const filter = { workspace, newestFirst: true, limit: most, ...(before === undefined ? {} : { before }) };
    const events = await engine.events(filter);
    for (const event of events) {
      before = event.seq;
      if (matches(asked.type, event.type, event.data) && found.push(event) === asked.limit) {
        return { events: found, next: before };
      }
    }
    if (events.length < most) {
      return { events: found, next: undefined };
    }
  }
  return { events: found, next: before };
}

/** The names of the original stand for kinds of ours. */
function matches(wanted: string | undefined, type: string, data: Record<string, unknown>): boolean {
  return wanted === undefined || type === wanted || type.startsWith(`${wanted}.`) || data['activity_type'] === wanted;
}
