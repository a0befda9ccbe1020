/**
 * The caller's inbox: notices under a lease, and their acknowledgement.
 */
import { query, task as schema } from '../../core/contract/index.ts';
import { acknowledgeNotices, glance, readInbox, renewNotices } from '../../flow/index.ts';
import { noticeShape } from '../notices.ts';
import { ok, route, type Route } from '../route.ts';

export const inbox: Route[] = [
  route({
    method: 'GET',
    path: '/workspaces/:id/inbox',
    access: 'own',
    summary:
      'Endings and questions that were not acknowledged, leased to whoever reads them; brief without results; `peek` only names them.',
    query: query.readInbox,
    async handle({ gateway, params, query: asked, signal }) {
      if (asked.peek) {
        const { line } = gateway;
        return ok(await glance(line, await line.engine.unacknowledged(params['id'] ?? '', asked.limit)));
      }
      const notices = await readInbox(gateway.line, {
        workspace: params['id'] ?? '',
        most: asked.limit,
        waitMs: asked.wait * 1000,
        ...(asked.tries === undefined ? {} : { tries: asked.tries }),
        signal,
      });
      const shapes = await Promise.all(notices.map(async (notice) => noticeShape(gateway, notice, asked)));
      return ok(shapes.filter((shape) => shape !== undefined));
    },
  }),
  route({
    method: 'POST',
    path: '/workspaces/:id/inbox/ack',
    access: 'own',
    summary: 'Acknowledges notices; how many of them are acknowledged now.',
    body: schema.acknowledge,
    async handle({ gateway, params, body, principal }) {
      const said = { workspace: params['id'] ?? '', ids: body.ids, actor: principal.actor };
      return ok({ acknowledged: await acknowledgeNotices(gateway.line, said) });
    },
  }),
  route({
    method: 'POST',
    path: '/workspaces/:id/inbox/renew',
    access: 'own',
    summary: 'Keeps notices that are being worked through, or gives them back; names those still to be acknowledged.',
    body: schema.renewNotices,
    async handle({ gateway, params, body }) {
      const said = { workspace: params['id'] ?? '', ids: body.ids, leaseMs: body.lease_ms };
      return ok({ renewed: (await renewNotices(gateway.line, said)).map(({ id }) => id) });
    },
  }),
];
