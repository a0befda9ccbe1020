/**
 * The registry as the original's runtime knows it: register, beat, find one another.
 *
 * The address that discovery gives is always the platform's own, so that queueing, access rules and tracing hold for
 * every hop; who answers behind it stays our affair.
 */
import { query, seat as schema } from '../../core/contract/index.ts';
import { ErrandError } from '../../core/error.ts';
import { cut } from '../../core/text.ts';
import type { Workspace } from '../../core/workspace/index.ts';
import { isSought, peerShape, statusOf, workspaceOf } from '../../flow/index.ts';
import { requireKey, requireWorkspace, sees, type Principal } from '../auth/principal.ts';
import { DEFAULT_ORG, type Gateway } from '../gateway.ts';
import { ok, route, type Route } from '../route.ts';
import { addressOf, notFound } from './common.ts';
import { issueKey, requireFree, requireUrl, talks } from './workspaces.ts';

/** Enough to find one that is neither itself nor a person. */
const SOME = 20;
/** It is kept in a row that is read often; a sign of life is never refused for what else it says. */
const CURRENT_CHARACTERS = 1000;
/** All of them are looked through before any is left out. */
const NEIGHBOURS_MAX = 1000;

export const registry: Route[] = [
  route({
    method: 'POST',
    path: '/registry/register',
    access: 'known',
    summary: 'An agent takes its seat: a new one, or its own with a new address.',
    body: schema.register,
    async handle({ gateway, principal, body }) {
      requireKey(principal);
      // Asked before anything is looked up, so that whoever is there answers like whoever is not.
      if (principal.kind === 'workspace' && principal.workspace !== body.id) {
        throw new ErrandError({ code: 'forbidden', message: 'a key of one workspace cannot register another' });
      }
      requireFree(body.id);
      const known = await gateway.line.engine.workspace(body.id);
      if (known !== undefined) {
        requireWorkspace(principal, known);
      }
      if (typeof body.url === 'string') {
        requireUrl(gateway, body.url);
      }
      const { workspace, fresh } = workspaceOf(
        await gateway.line.recorder.record({
          type: 'register',
          id: body.id,
          org: known?.org ?? principal.org ?? DEFAULT_ORG,
          actor: principal.actor,
          url: body.url ?? null,
          card: body.agent_card ?? null,
          name: body.name ?? cardName(body.agent_card),
          capacity: body.capacity ?? null,
        }),
      );
      const token = fresh && !gateway.open ? await issueKey(gateway, workspace, principal.actor) : undefined;
      return ok({ status: 'registered', ...(token === undefined ? {} : { auth_token: token }) });
    },
  }),
  route({
    method: 'POST',
    path: '/registry/heartbeat',
    access: 'known',
    summary: 'A sign of life, or that the agent goes. It never says how much it may take on.',
    body: schema.heartbeat,
    async handle({ gateway, principal, body }) {
      requireKey(principal);
      const workspace = requireWorkspace(principal, await gateway.line.engine.workspace(body.workspace_id));
      const activity = {
        tasks: body.active_tasks ?? 0,
        current: typeof body.current_task === 'string' ? currentOf(body.current_task) : null,
        errorRate: body.error_rate ?? 0,
        uptimeSeconds: body.uptime_seconds ?? 0,
      };
      const leaving = body.leaving === true ? { leaving: true } : {};
      workspaceOf(await gateway.line.recorder.record({ type: 'beat', id: workspace.id, activity, ...leaving }));
      return ok({ status: 'ok' });
    },
  }),
  route({
    method: 'POST',
    path: '/registry/update-card',
    access: 'known',
    summary: 'Replaces the card of the calling agent.',
    body: schema.updateCard,
    async handle({ gateway, principal, body }) {
      requireKey(principal);
      const workspace = requireWorkspace(principal, await gateway.line.engine.workspace(body.workspace_id));
      const profile = { card: body.agent_card };
      const { actor } = principal;
      workspaceOf(await gateway.line.recorder.record({ type: 'change', id: workspace.id, actor, profile }));
      return ok({ status: 'updated' });
    },
  }),
  route({
    method: 'GET',
    path: '/registry/discover/:target',
    access: 'known',
    summary: 'Where to reach another workspace: its address on this platform.',
    async handle({ gateway, principal, params }) {
      const caller = await callerOf(gateway, principal);
      const target = await gateway.line.engine.workspace(params['target'] ?? '');
      if (target === undefined || target.state === 'removed' || !sees(principal, target)) {
        throw notFound('workspace');
      }
      if (caller !== undefined && !(await talks(gateway, caller, target))) {
        throw new ErrandError({ code: 'not_allowed_to_talk', message: 'not authorized to discover this workspace' });
      }
      const status = statusOf(target);
      if (status !== 'online') {
        const error = 'workspace is not online';
        return ok({ error, code: 'callee_unavailable', status, retry_after: 15 }, 503, { 'retry-after': '15' });
      }
      return ok({ id: target.id, url: addressOf(gateway, target.id), name: target.name });
    },
  }),
  route({
    method: 'GET',
    path: '/registry/:id/peers',
    access: 'own',
    summary: 'Whom it may delegate to: siblings, children, parent.',
    query: query.peers,
    async handle({ gateway, params, query: asked }) {
      const own = await gateway.line.engine.workspace(params['id'] ?? '');
      const found = own === undefined ? [] : await gateway.line.engine.neighbours(own, NEIGHBOURS_MAX);
      const words = asked.q?.toLowerCase();
      const peers = found
        .filter((peer) => !peer.person && !isDenied(own, peer) && isSought(peer, words))
        .slice(0, asked.limit);
      const why = peers.length === 0 && words === undefined ? await whyNobody(gateway, own) : undefined;
      const shapes = peers.map((peer) => ({ ...peerShape(peer), url: addressOf(gateway, peer.id) }));
      return ok(shapes, 200, why === undefined ? {} : { 'errand-empty': why });
    },
  }),
  route({
    method: 'POST',
    path: '/registry/check-access',
    access: 'known',
    summary: 'Whether one workspace may talk to another.',
    body: schema.checkAccess,
    async handle({ gateway, principal, body }) {
      const caller = await gateway.line.engine.workspace(body.caller_id);
      const target = await gateway.line.engine.workspace(body.target_id);
      const known = caller !== undefined && target !== undefined && sees(principal, caller) && sees(principal, target);
      return ok({ allowed: known && (await talks(gateway, caller, target)) });
    },
  }),
];

/** In open mode `X-Workspace-ID` says who asks; the original requires it, and so do we. */
async function callerOf(gateway: Gateway, principal: Principal): Promise<Workspace | undefined> {
  if (principal.kind === 'operator' || principal.kind === 'org') {
    return undefined;
  }
  if (principal.workspace === null) {
    throw new ErrandError({ code: 'invalid_request', message: 'X-Workspace-ID header is required' });
  }
  const caller = await gateway.line.engine.workspace(principal.workspace);
  if (caller === undefined) {
    throw new ErrandError({ code: 'not_allowed_to_talk', message: 'not authorized to discover this workspace' });
  }
  return caller;
}

/** Whether there is nobody at all, or nobody that it may talk to; who they are is not said. */
async function whyNobody(gateway: Gateway, own: Workspace | undefined): Promise<'alone' | 'not_allowed'> {
  const some = own === undefined ? [] : await gateway.line.engine.workspaces({ org: own.org, limit: SOME });
  const others = some.filter(({ id, person, state }) => id !== own?.id && !person && state !== 'removed');
  return others.length === 0 ? 'alone' : 'not_allowed';
}

function isDenied(own: Workspace | undefined, peer: Workspace): boolean {
  return own === undefined || own.denials.includes(peer.id) || peer.denials.includes(own.id);
}

function currentOf(said: string): string {
  return cut(said.toWellFormed(), CURRENT_CHARACTERS).text;
}

function cardName(card: Record<string, unknown> | null | undefined): string | null {
  const name = card?.['name'];
  return typeof name === 'string' && name !== '' ? name.slice(0, 200).toWellFormed() : null;
}
