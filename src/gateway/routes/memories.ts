/**
 * Memories: kept, found again, forgotten. What is read comes back as it is kept; the tools for models mark what others
 * have written as theirs.
 */
import { memory as schema } from '../../core/contract/index.ts';
import { ErrandError } from '../../core/error.ts';
import type { Memory } from '../../core/memory/index.ts';
import { commitMemory, forgetMemory, recallMemories, time, type Place } from '../../flow/index.ts';
import { ok, route, type Call, type Route } from '../route.ts';
import { nextLink, notFound } from './common.ts';

export const memories: Route[] = [
  route({
    method: 'POST',
    path: '/workspaces/:id/memories',
    access: 'own',
    summary:
      'Keeps a memory, for itself (LOCAL), for those who may talk to it (TEAM) or for the organisation (GLOBAL).',
    body: schema.commit,
    answers: [201],
    async handle(call) {
      const { gateway, principal, params, body } = call;
      const said = { workspace: params['id'] ?? '', actor: principal.actor, ...body };
      const { memory, redacted } = await denied(call, 'memory.write', async () => commitMemory(gateway.line, said));
      const { id, scope, namespace } = memory;
      return ok({ id, scope, namespace, ...(redacted.length === 0 ? {} : { redacted }) }, 201);
    },
  }),
  route({
    method: 'GET',
    path: '/workspaces/:id/memories',
    access: 'own',
    summary: 'What it may read, newest first; with q what has all of its words, then what has some of them.',
    query: schema.list,
    async handle(call) {
      const { gateway, params, query: asked } = call;
      const reader = await gateway.line.engine.workspace(params['id'] ?? '');
      if (reader === undefined) {
        throw notFound('workspace');
      }
      const { q: question, scope, namespace, limit, cursor } = asked;
      const after = cursor === undefined ? undefined : placeOf(cursor);
      const { memories: found, next } = await denied(call, 'memory.read', async () =>
        recallMemories(gateway.line, { reader, question, scope, namespace, limit, after }),
      );
      const url = `${gateway.baseUrl}/workspaces/${encodeURIComponent(reader.id)}/memories`;
      return ok(found.map(shapeOf), 200, next === undefined ? {} : nextLink(url, asked, cursorOf(next)));
    },
  }),
  route({
    method: 'DELETE',
    path: '/workspaces/:id/memories/:mid',
    access: 'own',
    summary: 'Forgets a memory of its own; those of others look absent.',
    async handle(call) {
      const { gateway, principal, params } = call;
      const said = { workspace: params['id'] ?? '', actor: principal.actor, id: params['mid'] ?? '' };
      await denied(call, 'memory.write', async () => forgetMemory(gateway.line, said));
      return ok({ status: 'deleted' });
    },
  }),
];

/** A refusal of role or scope is written into the log, and then told. */
async function denied<T>(
  { gateway, principal, params }: Call<unknown, unknown>,
  action: 'memory.read' | 'memory.write',
  attempt: () => Promise<T>,
): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof ErrandError && error.kind.status === 403) {
      await gateway.line.recorder.record({
        type: 'note',
        event: 'access.denied',
        workspace: params['id'] ?? '',
        peer: null,
        actor: principal.actor,
        data: { action, code: error.code },
      });
    }
    throw error;
  }
}

function shapeOf({ id, workspace, content, scope, namespace, createdAt }: Memory) {
  return { id, workspace_id: workspace, content, scope, namespace, created_at: time(createdAt) };
}

const SOME = 'some.';

function cursorOf({ has, key }: Place): string {
  return has === 'all' ? String(key) : `${SOME}${key}`;
}

function placeOf(cursor: string): Place {
  return cursor.startsWith(SOME)
    ? { has: 'some', key: keyIn(cursor.slice(SOME.length)) }
    : { has: 'all', key: keyIn(cursor) };
}

/** A number that no key can have names a place behind all of them. */
function keyIn(digits: string): number {
  return Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
}
