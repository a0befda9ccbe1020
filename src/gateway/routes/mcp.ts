/**
 * MCP over Streamable HTTP, both eras on one address: for the workspace in the path, or the one whose key this is.
 *
 * The body is read and bounded here like any other; what it says is the affair of `src/mcp`. Who calls is known before
 * that, and a session is bound to it.
 */
import { z } from 'zod';
import { deskOf } from '../../tools/index.ts';
import type { Principal } from '../auth/principal.ts';
import { DEFAULT_ORG } from '../gateway.ts';
import { personSeat } from '../person.ts';
import { route, STREAMED, type Call, type Method, type Route } from '../route.ts';
import { notFound } from './common.ts';

const SUMMARIES = {
  POST: 'MCP: a JSON-RPC message; the answer is JSON or a stream of events.',
  GET: 'MCP, revision 2025-11-25 and older: the stream of a session.',
  DELETE: 'MCP, revision 2025-11-25 and older: ends a session.',
} as const satisfies Partial<Record<Method, string>>;

const METHODS = ['POST', 'GET', 'DELETE'] as const;

export const mcp: Route[] = METHODS.flatMap((method) => [
  route({
    ...common(method),
    path: '/workspaces/:id/mcp',
    access: 'own',
    handle: async (call) => serve(call, call.params['id'] ?? ''),
  }),
  route({ ...common(method), path: '/mcp', access: 'known', handle: async (call) => serve(call, await seatOf(call)) }),
]);

function common(method: (typeof METHODS)[number]) {
  return { method, summary: SUMMARIES[method], ...(method === 'POST' ? { body: z.unknown(), large: true } : {}) };
}

/** Whoever has no workspace of its own calls from the person's seat. */
async function seatOf({ gateway, principal }: Call<unknown, undefined>): Promise<string> {
  return principal.workspace ?? personSeat(gateway, principal.org ?? DEFAULT_ORG);
}

async function serve(call: Call<unknown, undefined>, workspace: string): Promise<typeof STREAMED> {
  const { gateway, headers, body, response, isStillAllowed } = call;
  if (gateway.mcp === undefined) {
    throw notFound('route');
  }
  await gateway.mcp.handle({
    method: response.req.method ?? 'GET',
    headers,
    body,
    response,
    caller: {
      identity: identityOf(call.principal, workspace),
      desk: deskOf(call.platform, workspace),
      isStillAllowed,
    },
  });
  return STREAMED;
}

/** One key, or one attempt, at one workspace. */
function identityOf({ kind, actor, attempt }: Principal, workspace: string): string {
  return JSON.stringify([kind, actor, workspace, attempt?.key ?? null, attempt?.epoch ?? null]);
}
