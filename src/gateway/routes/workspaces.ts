/**
 * Workspaces: created, listed, read, changed, steered, removed.
 */
import type { z } from 'zod';
import { query, seat as schema } from '../../core/contract/index.ts';
import { ErrandError } from '../../core/error.ts';
import { formId } from '../../core/ports/index.ts';
import {
  blankProfile,
  mayTalk,
  type Program,
  type Workspace,
  type WorkspaceProfile,
} from '../../core/workspace/index.ts';
import { failureOf, limitsOf, workspaceOf } from '../../flow/index.ts';
import { makeKey } from '../auth/keyring.ts';
import {
  requireOperator,
  requirePlatformOperator,
  requireWorkspace,
  runsPlatform,
  sees,
  type Principal,
} from '../auth/principal.ts';
import { DEFAULT_ORG, OPERATOR, type Gateway } from '../gateway.ts';
import { ok, route, type Route } from '../route.ts';
import { programShape, workspaceShape, type Json } from '../shapes.ts';
import { addressOf, nextLink, notFound } from './common.ts';

export const workspaces: Route[] = [
  route({
    method: 'POST',
    path: '/workspaces',
    access: 'known',
    summary: 'Creates a workspace; its key is shown once.',
    body: schema.createWorkspace,
    answers: [201],
    async handle({ gateway, principal, body }) {
      requireOperator(principal);
      const { line } = gateway;
      requireFree(body.id ?? '');
      const id = body.id ?? formId('wks', line.ids.key(), line.ids.random());
      const org = orgFor(principal, body.org);
      const profile = { ...blankProfile(body.name), ...profileOf({ gateway, principal, body }) };
      const { actor } = principal;
      const { workspace } = workspaceOf(
        await line.recorder.record({ type: 'enrol', id, org, actor, person: false, profile }),
      );
      const shape = shapeFor(gateway, principal, workspace);
      return ok(gateway.open ? shape : { ...shape, token: await issueKey(gateway, workspace, actor) }, 201);
    },
  }),
  route({
    method: 'GET',
    path: '/workspaces',
    access: 'known',
    summary: 'All workspaces of the organisation.',
    query: query.listWorkspaces,
    async handle({ gateway, principal, query: asked }) {
      requireOperator(principal);
      const org = principal.org ?? asked.org;
      const after = asked.cursor ?? asked.after;
      const found = await gateway.line.engine.workspaces({
        limit: asked.limit,
        ...(org === undefined ? {} : { org }),
        ...(after === undefined ? {} : { after }),
      });
      const last = found.length === asked.limit ? found.at(-1) : undefined;
      const { after: _after, ...filter } = asked;
      return ok(
        found.map((workspace) => shapeFor(gateway, principal, workspace)),
        200,
        last === undefined ? {} : nextLink(`${gateway.baseUrl}/workspaces`, filter, last.id),
      );
    },
  }),
  route({
    method: 'GET',
    path: '/workspaces/:id',
    access: 'known',
    summary: 'One workspace, as those who may talk to it see it.',
    async handle({ gateway, principal, params }) {
      const workspace = await visible(gateway, principal, params['id'] ?? '');
      const limits = limitsOf(gateway.limits, workspace);
      return ok({ ...shapeFor(gateway, principal, workspace), limits });
    },
  }),
  route({
    method: 'PATCH',
    path: '/workspaces/:id',
    access: 'known',
    summary: 'Changes a workspace; a raised capacity drains its queue at once.',
    body: schema.changeWorkspace,
    async handle({ gateway, principal, params, body }) {
      const before = await steered(gateway, principal, params['id'] ?? '');
      const answer = await gateway.line.recorder.record({
        type: 'change',
        id: before.id,
        actor: principal.actor,
        profile: profileOf({ gateway, principal, body, before }),
      });
      return ok(shapeFor(gateway, principal, workspaceOf(answer).workspace));
    },
  }),
  steer('pause', 'Stops its queue; what runs goes on.'),
  steer('resume', 'Starts its queue again.'),
  steer('drain', 'Takes nothing new from its queue; what runs comes to its end.'),
  route({
    method: 'DELETE',
    path: '/workspaces/:id',
    access: 'known',
    summary: 'Removes a workspace; what was delegated to it and has not ended fails as peer_removed.',
    async handle({ gateway, principal, params }) {
      const before = await steered(gateway, principal, params['id'] ?? '');
      const { actor } = principal;
      const answer = await gateway.line.recorder.record({ type: 'remove', id: before.id, actor });
      gateway.keyring.forget();
      return ok({ id: workspaceOf(answer).workspace.id, status: 'removed' });
    },
  }),
];

/** What a program is started with is for those who run the platform; its peers know it by its name. */
function shapeFor(gateway: Gateway, principal: Principal, workspace: Workspace): Json {
  const shape = workspaceShape(workspace, addressOf(gateway, workspace.id));
  const { program } = workspace;
  return program === null || !runsPlatform(principal) ? shape : { ...shape, command: programShape(program) };
}

function steer(type: 'pause' | 'resume' | 'drain', summary: string): Route {
  return route({
    method: 'POST',
    path: `/workspaces/:id/${type}`,
    access: 'known',
    summary,
    async handle({ gateway, principal, params }) {
      const before = await steered(gateway, principal, params['id'] ?? '');
      const answer = await gateway.line.recorder.record({ type, id: before.id, actor: principal.actor });
      return ok(shapeFor(gateway, principal, workspaceOf(answer).workspace));
    },
  });
}

/** A workspace may not raise its own rights; the operator and its organisation may. */
async function steered(gateway: Gateway, principal: Principal, id: string): Promise<Workspace> {
  const workspace = requireWorkspace(principal, await gateway.line.engine.workspace(id));
  requireOperator(principal);
  return workspace;
}

async function visible(gateway: Gateway, principal: Principal, id: string): Promise<Workspace> {
  const workspace = await gateway.line.engine.workspace(id);
  if (workspace === undefined || !sees(principal, workspace)) {
    throw notFound('workspace');
  }
  if (principal.kind !== 'workspace' || principal.workspace === id) {
    return workspace;
  }
  const own = await gateway.line.engine.workspace(principal.workspace);
  if (own === undefined || !(await talks(gateway, own, workspace))) {
    throw notFound('workspace');
  }
  return workspace;
}

/** The rule is pure and asks for seats one by one; they are read ahead here, up to the root on both sides. */
export async function talks(gateway: Gateway, from: Workspace, to: Workspace): Promise<boolean> {
  const above = new Map<string, Workspace>();
  for (const start of [from, to]) {
    let parent = start.parent;
    while (parent !== null && !above.has(parent) && above.size < 64) {
      const found: Workspace | undefined = await gateway.line.engine.workspace(parent);
      if (found === undefined) {
        break;
      }
      above.set(parent, found);
      parent = found.parent;
    }
  }
  return mayTalk(from, to, (id) => above.get(id));
}

function orgFor(principal: Principal, wished: string | undefined): string {
  if (principal.org !== null && wished !== undefined && wished !== principal.org) {
    throw new ErrandError({ code: 'forbidden', message: 'org: this key belongs to another organisation' });
  }
  return principal.org ?? wished ?? DEFAULT_ORG;
}

type Said = z.output<typeof schema.changeWorkspace>;

interface Saying {
  gateway: Gateway;
  principal: Principal;
  body: Said;
  before?: Workspace;
}

/** Only what was said; the rest stays as it is. */
function profileOf(saying: Saying): Partial<WorkspaceProfile> {
  const { gateway, principal, body, before } = saying;
  if (body.capacity !== undefined && before?.carrier === 'command') {
    requirePlatformOperator(principal);
  }
  if (typeof body.url === 'string') {
    requireUrl(gateway, body.url);
  }
  return {
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.role === undefined ? {} : { role: body.role }),
    ...(body.parent_id === undefined ? {} : { parent: body.parent_id }),
    ...(body.tier === undefined ? {} : { tier: body.tier }),
    ...(body.capacity === undefined ? {} : { capacity: body.capacity }),
    ...carrierOf(saying),
    ...(body.agent_card === undefined ? {} : { card: body.agent_card }),
    ...(body.roles === undefined ? {} : { roles: body.roles }),
    ...(body.allowed_actions === undefined ? {} : { allowedActions: body.allowed_actions }),
    ...(body.grants === undefined ? {} : { grants: body.grants }),
    ...(body.denials === undefined ? {} : { denials: body.denials }),
  };
}

type Reached = Partial<Pick<WorkspaceProfile, 'carrier' | 'url' | 'program'>>;

/** One way to reach it; saying a new one replaces the old. */
function carrierOf({ gateway, principal, body, before }: Saying): Reached {
  const { url, pull, command } = body;
  if ([typeof url === 'string', pull === true, command !== undefined && command !== null].filter(Boolean).length > 1) {
    throw new ErrandError({
      code: 'invalid_request',
      message: 'url, pull, command: an agent is called, fetches, or is a program; say one of them',
    });
  }
  if (typeof url === 'string') {
    return { carrier: 'a2a', url, program: null };
  }
  if (pull === true) {
    return { carrier: 'pull', url: null, program: null };
  }
  if (command !== undefined && command !== null) {
    requirePlatformOperator(principal);
    return { carrier: 'command', url: null, program: programOf(gateway, command) };
  }
  const loses = { a2a: url === null, pull: pull === false, command: command === null, in_process: false, none: false };
  return before !== undefined && loses[before.carrier] ? { carrier: 'none', url: null, program: null } : {};
}

/** It runs on this machine as whoever started the platform, so its operator alone may say what it is. */
function programOf(gateway: Gateway, said: NonNullable<Said['command']>): Program {
  const { grace_ms: graceMs, ...wish } = typeof said === 'string' || Array.isArray(said) ? { run: said } : said;
  const program = gateway.readProgram({ ...wish, graceMs });
  if ('why' in program) {
    throw new ErrandError({ code: 'invalid_request', message: `command: ${program.why}` });
  }
  return program;
}

/** The seats of persons are made by the platform, for each organisation under a name of this form. */
export function requireFree(id: string): void {
  if (id === OPERATOR || id.startsWith(`${OPERATOR}.`)) {
    throw new ErrandError({ code: 'already_exists', message: `The id ${id} is taken.` });
  }
}

export function requireUrl(gateway: Gateway, url: string): void {
  const why = gateway.checkUrl(url);
  if (why !== undefined) {
    throw new ErrandError({ code: 'invalid_request', message: `url: it may not be called, because ${why}` });
  }
}

export async function issueKey(gateway: Gateway, workspace: Workspace, actor: string): Promise<string> {
  const made = makeKey('ws');
  const { line } = gateway;
  const answer = await line.recorder.record({
    type: 'issue_key',
    id: formId('key', line.ids.key(), line.ids.random()),
    org: workspace.org,
    workspace: workspace.id,
    name: 'first',
    hash: made.hash,
    prefix: made.prefix,
    expiresAt: null,
    actor,
  });
  if (answer.kind !== 'count') {
    throw failureOf(answer);
  }
  return made.secret;
}
