/**
 * A batch that is there: how it stands, and what came of each of its tasks.
 */
import { query } from '../../core/contract/index.ts';
import { keyOf } from '../../core/ports/index.ts';
import { acknowledgeNotices, batchBrief } from '../../flow/index.ts';
import { batchShape } from '../notices.ts';
import { ok, route, type Route } from '../route.ts';
import { notFound, readerOf } from './common.ts';

export const batches: Route[] = [
  route({
    method: 'GET',
    path: '/workspaces/:id/batches/:bid',
    access: 'own',
    summary:
      'How a batch stands, with the outcome of each task unless `view` is brief; `collect` counts as being told of its ending.',
    query: query.readBatch,
    async handle({ gateway, params, query: asked, principal, signal }) {
      const { engine } = gateway.line;
      const id = params['bid'] ?? '';
      const batch = await engine.batch(keyOf('bat', id) ?? -1);
      if (batch === undefined || batch.id !== id || batch.caller !== params['id']) {
        throw notFound('batch');
      }
      const shape = await (asked.view === 'brief' ? batchBrief(batch) : batchShape(gateway, batch));
      const reader = asked.collect && !signal.aborted ? await readerOf(gateway, principal, batch.caller) : null;
      const notice = reader === null || batch.settledAt === null ? undefined : await engine.notice(batch.key);
      if (notice !== undefined) {
        const said = { workspace: batch.caller, ids: [notice.id], actor: principal.actor };
        await acknowledgeNotices(gateway.line, said);
      }
      return ok(shape);
    },
  }),
];
