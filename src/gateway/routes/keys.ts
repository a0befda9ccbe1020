/**
 * Keys of a workspace and of an organisation: issued and shown once, listed without their secret, revoked at once.
 */
import { query, seat as schema } from '../../core/contract/index.ts';
import { formId } from '../../core/ports/index.ts';
import type { Key } from '../../core/workspace/index.ts';
import { failureOf, time } from '../../flow/index.ts';
import { makeKey } from '../auth/keyring.ts';
import { requireKey, requireOperator, requirePlatformOperator, type Principal } from '../auth/principal.ts';
import { DEFAULT_ORG, type Gateway } from '../gateway.ts';
import { ok, route, type Route } from '../route.ts';

export const keys: Route[] = [
  route({
    method: 'GET',
    path: '/workspaces/:id/tokens',
    access: 'own',
    summary: 'The keys of a workspace, without their secrets.',
    handle: async ({ gateway, params, principal }) => list(gateway, await whereOf(gateway, principal, params['id'])),
  }),
  route({
    method: 'POST',
    path: '/workspaces/:id/tokens',
    access: 'own',
    summary: 'Issues a key of a workspace; it is shown this once.',
    body: schema.issueKey,
    bodyOptional: true,
    answers: [201],
    handle: async ({ gateway, params, principal, body }) =>
      issue(gateway, { ...(await whereOf(gateway, principal, params['id'])), principal, body }),
  }),
  route({
    method: 'DELETE',
    path: '/workspaces/:id/tokens/:key',
    access: 'own',
    summary: 'Revokes a key of a workspace.',
    handle: async ({ gateway, params, principal }) =>
      revoke(gateway, { ...(await whereOf(gateway, principal, params['id'])), id: params['key'] ?? '', principal }),
  }),
  route({
    method: 'GET',
    path: '/org/tokens',
    access: 'known',
    summary: 'The keys of the organisation.',
    query: query.organisation,
    async handle({ gateway, principal, query: asked }) {
      requireOperator(principal);
      return list(gateway, { org: orgOf(principal, asked), workspace: null });
    },
  }),
  route({
    method: 'POST',
    path: '/org/tokens',
    access: 'known',
    summary: 'Issues a key of an organisation; only the operator of the platform may.',
    body: schema.issueKey,
    bodyOptional: true,
    answers: [201],
    async handle({ gateway, principal, body }) {
      requirePlatformOperator(principal);
      return issue(gateway, { org: body.org ?? DEFAULT_ORG, workspace: null, principal, body });
    },
  }),
  route({
    method: 'DELETE',
    path: '/org/tokens/:key',
    access: 'known',
    summary: 'Revokes a key of the organisation.',
    query: query.organisation,
    async handle({ gateway, principal, params, query: asked }) {
      requireOperator(principal);
      const org = orgOf(principal, asked);
      return revoke(gateway, { org, workspace: null, id: params['key'] ?? '', principal });
    },
  }),
];

/** The operator of the platform names the organisation; a key of one stands for it. */
function orgOf(principal: Principal, asked: { org?: string | undefined }): string {
  return principal.org ?? asked.org ?? DEFAULT_ORG;
}

interface Where {
  org: string;
  workspace: string | null;
}

async function whereOf(gateway: Gateway, principal: Principal, id = ''): Promise<Where> {
  requireKey(principal);
  const workspace = await gateway.line.engine.workspace(id);
  return { org: workspace?.org ?? DEFAULT_ORG, workspace: id };
}

async function list(gateway: Gateway, where: Where) {
  const found = await gateway.line.engine.keys(where);
  const tokens = found.filter(({ revokedAt }) => revokedAt === null).map((key) => shape(key));
  return ok({ tokens, count: tokens.length });
}

function shape(key: Key) {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    created_at: time(key.createdAt),
    expires_at: key.expiresAt === null ? null : time(key.expiresAt),
  };
}

async function issue(
  gateway: Gateway,
  asked: Where & { principal: Principal; body: { name?: string | undefined; expires_in_ms?: number | undefined } },
) {
  const { line } = gateway;
  const { org, workspace, principal, body } = asked;
  const made = makeKey(workspace === null ? 'org' : 'ws');
  const id = formId('key', line.ids.key(), line.ids.random());
  const answer = await line.recorder.record({
    type: 'issue_key',
    id,
    org,
    workspace,
    name: body.name ?? 'key',
    hash: made.hash,
    prefix: made.prefix,
    expiresAt: body.expires_in_ms === undefined ? null : line.clock.now() + body.expires_in_ms,
    actor: principal.actor,
  });
  if (answer.kind !== 'count') {
    throw failureOf(answer);
  }
  const message = 'Keep it now; it is not shown again.';
  const where = workspace === null ? { org } : { workspace_id: workspace };
  return ok({ id, auth_token: made.secret, ...where, message }, 201);
}

async function revoke(gateway: Gateway, asked: Where & { id: string; principal: Principal }) {
  const { org, workspace, id, principal } = asked;
  const answer = await gateway.line.recorder.record({ type: 'revoke_key', id, org, workspace, actor: principal.actor });
  if (answer.kind !== 'count') {
    throw failureOf(answer);
  }
  gateway.keyring.forget();
  return ok({ status: 'revoked', id });
}
