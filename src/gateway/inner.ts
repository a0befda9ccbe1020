/**
 * The platform's own routes without the network: for the tools of a model that calls through another route.
 *
 * The same table, the same schemas, the same checks of who may do what; only the key has been looked at already, when
 * the outer call came in, and its answer waits for that of the inner one.
 */
import { ErrandError } from '../core/error.ts';
import type { Platform, PlatformAnswer, PlatformCall } from '../tools/index.ts';
import { requireWorkspace } from './auth/principal.ts';
import { parse } from './parse.ts';
import { problemOf } from './problem.ts';
import { STREAMED, type Call } from './route.ts';
import type { Router } from './router.ts';

type Outer = Call<unknown, unknown>;

export function innerPlatform(router: Router, outer: Outer): Platform {
  return {
    async call(asked) {
      // As over the network: who has gone asks nothing any more, and is told nothing.
      asked.signal?.throwIfAborted();
      try {
        return await answer(router, outer, asked);
      } catch (error) {
        const { status, body, headers } = problemOf(error, outer.gateway.onFault);
        return { status, body, headers };
      }
    },
  };
}

async function answer(router: Router, outer: Outer, asked: PlatformCall): Promise<PlatformAnswer> {
  const found = router.find(asked.method, asked.path);
  if (found.kind !== 'route' || found.route.raw === true || asked.bytes !== undefined) {
    throw new ErrandError({
      code: 'not_found',
      message: `there is no such inner route: ${asked.method} ${asked.path}`,
    });
  }
  const { route, params } = found;
  const { gateway, principal } = outer;
  if (route.access === 'own') {
    requireWorkspace(principal, await gateway.line.engine.workspace(params['id'] ?? ''));
  }
  const { idempotencyKey, signal } = asked;
  const call: Outer = {
    ...{
      gateway,
      principal,
      params,
      request: outer.request,
      response: outer.response,
      isStillAllowed: outer.isStillAllowed,
    },
    body: route.body === undefined ? undefined : parse(route.body, asked.body ?? {}, 'body'),
    query: route.query === undefined ? undefined : parse(route.query, given(asked.query), 'query'),
    headers: {
      ...pick(outer.headers, 'traceparent'),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    },
    get signal() {
      return signal ?? outer.signal;
    },
    platform: outer.platform,
  };
  const reply = await route.handle(call as Call<never, never>);
  if (reply === STREAMED) {
    throw new Error(`${route.path} streams and has no inner answer.`);
  }
  return { status: reply.status, body: reply.body, headers: reply.headers ?? {} };
}

function given(query: PlatformCall['query']): Record<string, string> {
  const entries = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

function pick(headers: Outer['headers'], name: 'traceparent'): Outer['headers'] {
  const { [name]: value } = headers;
  return value === undefined ? {} : { [name]: value };
}
