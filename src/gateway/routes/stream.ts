/**
 * Events as they happen, by SSE; `Last-Event-ID` resumes without a gap.
 */
import { query } from '../../core/contract/index.ts';
import { requireOperator } from '../auth/principal.ts';
import { route, STREAMED, type Call, type Route } from '../route.ts';
import { streamEvents } from '../sse.ts';

export const stream: Route[] = [
  route({
    method: 'GET',
    path: '/events/stream',
    access: 'known',
    summary: 'Everything that happens in the organisation, as it happens.',
    query: query.stream,
    async handle(call) {
      requireOperator(call.principal);
      await streamEvents(call.gateway, {
        response: call.response,
        signal: call.signal,
        isStillAllowed: call.isStillAllowed,
        after: lastEventId(call.headers, call.query),
        ...(call.principal.org === null ? {} : { org: call.principal.org }),
      });
      return STREAMED;
    },
  }),
  route({
    method: 'GET',
    path: '/workspaces/:id/events/stream',
    access: 'own',
    summary: 'Everything that concerns this workspace, on either side, as it happens.',
    query: query.stream,
    async handle(call) {
      await streamEvents(call.gateway, {
        response: call.response,
        signal: call.signal,
        isStillAllowed: call.isStillAllowed,
        after: lastEventId(call.headers, call.query),
        workspace: call.params['id'] ?? '',
      });
      return STREAMED;
    },
  }),
];

function lastEventId(
  headers: Call<never, never>['headers'],
  asked: { last_event_id?: number | undefined },
): number | undefined {
  const header = headers['last-event-id'];
  return typeof header === 'string' && /^\d{1,15}$/u.test(header) ? Number(header) : asked.last_event_id;
}
