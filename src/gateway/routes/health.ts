/**
 * Is it up, is it ready, and what can it do. Open to anyone; they say nothing about anybody.
 */
import { ok, route, type Route } from '../route.ts';

export const health: Route[] = [
  route({
    method: 'GET',
    path: '/health',
    access: 'anyone',
    summary: 'Answers as soon as requests are served.',
    handle: async ({ gateway }) => ok({ status: 'ok', version: gateway.version }),
  }),
  route({
    method: 'GET',
    path: '/ready',
    access: 'anyone',
    summary: 'Whether the store answers and the platform takes work.',
    handle: async ({ gateway }) => {
      const { live, queued, running, undelivered } = await gateway.line.engine.counts();
      const ready = !gateway.isStopping();
      const now = new Date(gateway.line.clock.now()).toISOString();
      const body = {
        status: ready ? 'ready' : 'stopping',
        version: gateway.version,
        engine: gateway.line.engine.name,
        open: gateway.open,
        now,
        delegations: { live, queued, running },
        undelivered_notices: undelivered,
        fenced_writes: gateway.line.recorder.fenced,
      };
      return ok(body, ready ? 200 : 503);
    },
  }),
];
