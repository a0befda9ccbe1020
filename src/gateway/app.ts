/**
 * One request, from its first byte to its answer: who calls, what for, is it well formed, and then the route.
 *
 * No middleware: the steps are the lines of `answer`, in their order. The hot routes pay for nothing they do not need.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ErrandError } from '../core/error.ts';
import { identify } from './auth/identify.ts';
import { requireWorkspace } from './auth/principal.ts';
import { readJson } from './body.ts';
import type { Gateway } from './gateway.ts';
import { isForeign } from './origin.ts';
import { problemOf } from './problem.ts';
import { STREAMED, type Call, type Reply, type Route } from './route.ts';
import { Router } from './router.ts';
import { routes } from './routes/index.ts';
import { innerPlatform } from './inner.ts';
import { parse } from './parse.ts';
import { within } from './within.ts';

const BODY_BYTES_MAX = 1024 * 1024;
const LARGE_BODY_BYTES_MAX = 12 * 1024 * 1024;
/** An answer that took longer than this goes only to a caller that is still allowed to have it. */
const RECHECK_MS = 2000;

export type App = (request: IncomingMessage, response: ServerResponse) => void;

export function createApp(gateway: Gateway): App {
  const router = new Router(routes);
  return (request, response) => {
    void respond({ gateway, router, request, response });
  };
}

interface Exchange {
  gateway: Gateway;
  router: Router;
  request: IncomingMessage;
  response: ServerResponse;
}

async function respond(exchange: Exchange): Promise<void> {
  const { gateway, request, response } = exchange;
  try {
    const reply = await answer(exchange);
    if (reply !== STREAMED) {
      send(response, reply, request.method === 'HEAD');
    }
  } catch (error) {
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    const problem = problemOf(error, gateway.onFault);
    if (!request.complete) {
      // The rest of a body that was refused is not read; the connection ends with the answer.
      problem.headers['connection'] = 'close';
    }
    send(response, problem, request.method === 'HEAD');
  }
}

async function answer(exchange: Exchange): Promise<Reply | typeof STREAMED> {
  const { gateway, router, request, response } = exchange;
  const target = request.url ?? '/';
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const found = router.find(request.method ?? 'GET', path);
  if (found.kind === 'nothing') {
    throw new ErrandError({ code: 'not_found', message: `there is no route ${path.slice(0, 200)}` });
  }
  if (found.kind === 'no_method') {
    return notThisMethod(found.allowed, gateway);
  }
  const { route, params } = found;
  if (isForeign(gateway, request)) {
    throw new ErrandError({ code: 'forbidden', message: 'this comes from another site' });
  }
  if (gateway.isStopping() && route.access !== 'anyone') {
    throw new ErrandError({ code: 'shutting_down', message: 'the platform is stopping', retryAfterMs: 1000 });
  }
  const identified = async () => principalOf(gateway, request, route, params);
  const principal = await identified();
  const call: Call<unknown, unknown> = {
    gateway: route.access === 'anyone' ? gateway : within(gateway, principal.org),
    principal,
    params,
    body: await bodyOf(request, route),
    query: route.query === undefined ? undefined : parse(route.query, queryOf(target, mark), 'query'),
    headers: request.headers,
    request,
    get signal() {
      return goneOf(response);
    },
    response,
    get platform() {
      return innerPlatform(router, call);
    },
    isStillAllowed: async () => identified().then(yes, no),
  };
  const { clock } = gateway.line;
  const beganAt = clock.now();
  const reply = await route.handle(call as Call<never, never>);
  if (reply !== STREAMED && clock.now() - beganAt > RECHECK_MS) {
    await identified();
  }
  return reply;
}

function yes(): boolean {
  return true;
}

function no(): boolean {
  return false;
}

function notThisMethod(allowed: readonly string[], gateway: Gateway): Reply {
  const message = `this route takes ${allowed.join(', ')}`;
  const problem = problemOf(new ErrandError({ code: 'method_not_allowed', message }), gateway.onFault);
  return { ...problem, headers: { ...problem.headers, allow: allowed.join(', ') } };
}

const ANYONE: Call<never, never>['principal'] = {
  kind: 'org',
  actor: 'anyone',
  org: '',
  workspace: null,
  attempt: undefined,
};

async function principalOf(
  gateway: Gateway,
  request: IncomingMessage,
  route: Route,
  params: Readonly<Record<string, string>>,
): Promise<Call<never, never>['principal']> {
  if (route.access === 'anyone') {
    return ANYONE;
  }
  const principal = await identify(gateway, request.headers, route.access === 'own' ? params['id'] : undefined);
  if (route.access === 'own') {
    requireWorkspace(principal, await gateway.line.engine.workspace(params['id'] ?? ''));
  }
  return principal;
}

async function bodyOf(request: IncomingMessage, route: Route): Promise<unknown> {
  if (route.raw === true) {
    return undefined;
  }
  if (route.body === undefined) {
    request.resume();
    return undefined;
  }
  const json = await readJson(request, route.large === true ? LARGE_BODY_BYTES_MAX : BODY_BYTES_MAX);
  if (json === undefined && route.bodyOptional === true) {
    return parse(route.body, {}, 'body');
  }
  if (json === undefined) {
    throw new ErrandError({ code: 'invalid_json', message: 'the body is empty' });
  }
  return parse(route.body, json, 'body');
}

function queryOf(target: string, mark: number): Record<string, string> {
  return mark === -1 ? {} : Object.fromEntries(new URLSearchParams(target.slice(mark + 1)));
}

function send(response: ServerResponse, reply: Reply, headOnly: boolean): void {
  // Text is handed on as text: node writes it together with the head, in one call instead of two.
  const content = reply.raw?.bytes ?? (reply.body === undefined ? '' : JSON.stringify(reply.body));
  const length = Buffer.byteLength(content);
  response.writeHead(reply.status, {
    'content-type': reply.raw?.type ?? 'application/json; charset=utf-8',
    'content-length': length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...reply.headers,
  });
  // As many bytes as characters: it is ASCII, and that is copied as it is instead of being encoded.
  response.end(headOnly ? undefined : content, length === content.length ? 'latin1' : 'utf8');
}

const GONE = 'the caller has gone';

/** Made only for those who wait: most requests are answered before anybody could leave. */
function goneOf(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort(GONE));
  if (response.destroyed) {
    gone.abort(GONE);
  }
  return gone.signal;
}
