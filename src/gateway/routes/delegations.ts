/**
 * Delegations that are there: listed, read, awaited, and acted upon.
 */
import type { z } from 'zod';
import { query, task as schema } from '../../core/contract/index.ts';
import { isSettled, type Delegation } from '../../core/delegation/index.ts';
import { ErrandError } from '../../core/error.ts';
import { keyOf, type DelegationFilter } from '../../core/ports/index.ts';
import { part } from '../../core/text.ts';
import {
  answer,
  cancel,
  changed,
  collect,
  collectEnding,
  partsOf,
  PREVIEW_CHARACTERS,
  receipt,
  report,
  reprioritise,
  retry,
  row,
  watch,
} from '../../flow/index.ts';
import type { Gateway } from '../gateway.ts';
import { ok, route, type Reply, type Route } from '../route.ts';
import { detail } from '../shapes.ts';
import { priorityOf } from './delegate.ts';
import { askingOf, delegationOf, keyFrom, nextLink, ownDelegation, readerOf } from './common.ts';

const TIMELINE_MAX = 500;

export const delegations: Route[] = [
  route({
    method: 'GET',
    path: '/workspaces/:id/delegations',
    access: 'own',
    summary: 'One row per delegation, newest first.',
    query: query.listDelegations,
    async handle({ gateway, params, query: asked }) {
      const found = await list(gateway, params['id'] ?? '', asked);
      const keys = found.map(({ key }) => key);
      const [requests, results] = await Promise.all([
        gateway.line.engine.requests(keys),
        gateway.line.engine.results(keys, PREVIEW_CHARACTERS + 1),
      ]);
      const rows = found.map((delegation) => {
        const [request, result] = [requests.get(delegation.key), results.get(delegation.key)];
        return row(delegation, { request, result });
      });
      const last = found.length === asked.limit ? found.at(-1) : undefined;
      const url = `${gateway.baseUrl}/workspaces/${encodeURIComponent(params['id'] ?? '')}/delegations`;
      return ok(rows, 200, last === undefined ? {} : nextLink(url, asked, String(last.key)));
    },
  }),
  route({
    method: 'GET',
    path: '/workspaces/:id/delegations/:did',
    access: 'own',
    summary: 'Everything about one delegation; `wait` makes it a long poll, `collect` counts as being told.',
    query: query.readDelegation,
    async handle(call) {
      const { gateway, params, query: asked } = call;
      const workspace = params['id'] ?? '';
      const found = await delegationOf(gateway, workspace, params['did'] ?? '');
      const since = asked.until === 'rest' ? 'rest' : (asked.since ?? found.version);
      const now =
        asked.wait === 0 || isSettled(found.status)
          ? found
          : await watch(gateway.line, { key: found.key, since, waitMs: asked.wait * 1000, signal: call.signal });
      const shown = await (asked.view === 'brief' ? brief : whole)(gateway, now ?? found);
      // Whoever has gone was shown nothing.
      if (asked.collect && !call.signal.aborted) {
        const { principal } = call;
        const reader = { workspace: await readerOf(gateway, principal, workspace), actor: principal.actor };
        await collectEnding(gateway.line, now ?? found, reader);
      }
      return ok(shown);
    },
  }),
  route({
    method: 'GET',
    path: '/workspaces/:id/delegations/:did/result',
    access: 'own',
    summary: 'The whole result; as text, or a range of it. Its caller reading it counts as being told.',
    query: query.readResult,
    async handle({ gateway, params, query: asked, headers, principal }) {
      const workspace = params['id'] ?? '';
      const found = await delegationOf(gateway, workspace, params['did'] ?? '');
      if (!isSettled(found.status)) {
        throw new ErrandError({
          code: 'not_now',
          message: `the delegation is ${found.status}; there is no result yet`,
        });
      }
      const reader = { workspace: await readerOf(gateway, principal, workspace), actor: principal.actor };
      const result = await collect(gateway.line, found, reader);
      if (result === undefined) {
        throw new ErrandError({ code: 'not_found', message: `the delegation is ${found.status} and has no result` });
      }
      const isWhole = asked.offset === 0 && asked.limit === undefined;
      const text = isWhole ? result.text : part(result.text, asked).text;
      const etag = { etag: `"${result.sha256}"` };
      if (headers['if-none-match'] === etag.etag) {
        return { status: 304, headers: etag };
      }
      if (/\btext\/plain\b/u.test(headers.accept ?? '')) {
        return { status: 200, raw: { type: 'text/plain; charset=utf-8', bytes: text }, headers: etag };
      }
      const shape = {
        delegation_id: found.id,
        status: found.status,
        ...(found.reason === null ? {} : { reason: found.reason }),
        ...(found.error === null ? {} : { error: found.error }),
        text,
        ...(isWhole
          ? { parts: partsOf(result) }
          : { offset: asked.offset, characters: part(text, { offset: 0 }).characters }),
        length: result.length,
        sha256: result.sha256,
      };
      return ok(shape, 200, etag);
    },
  }),
  route({
    method: 'POST',
    path: '/workspaces/:id/delegations/:did/cancel',
    access: 'own',
    summary: 'Asks for it to stop; answers with what is certain.',
    body: schema.cancel,
    bodyOptional: true,
    async handle({ gateway, params, body, principal }) {
      const found = await ownDelegation(gateway, params['id'] ?? '', params['did'] ?? '');
      const { delegation, fresh } = await cancel(gateway.line, { ref: found, actor: principal.actor }, body.reason);
      return told(gateway, delegation, { cancel_requested: fresh });
    },
  }),
  route({
    method: 'POST',
    path: '/workspaces/:id/delegations/:did/answer',
    access: 'own',
    summary: 'Answers the question the callee asked.',
    body: schema.answer,
    async handle({ gateway, params, body, principal }) {
      const found = await ownDelegation(gateway, params['id'] ?? '', params['did'] ?? '');
      const { delegation } = await answer(gateway.line, { ref: found, actor: principal.actor }, body.text);
      return told(gateway, delegation, {});
    },
  }),
  route({
    method: 'POST',
    path: '/workspaces/:id/delegations/:did/retry',
    access: 'own',
    summary: 'Delegates the same task again, as a new delegation linked to this one.',
    body: schema.retry,
    bodyOptional: true,
    answers: [202, 200],
    async handle({ gateway, params, body, principal, headers }) {
      const found = await ownDelegation(gateway, params['id'] ?? '', params['did'] ?? '');
      if (!isSettled(found.status)) {
        throw new ErrandError({
          code: 'not_now',
          message: `the delegation is ${found.status}; only an ended one is retried`,
        });
      }
      const asking = askingOf(principal, found.caller, keyFrom(headers, body.idempotency_key));
      const { delegation, fresh } = await retry(gateway.line, asking, found);
      return ok(
        { ...(await receipt(gateway.line, delegation)), status: 'delegated', retry_of: found.id },
        fresh ? 202 : 200,
      );
    },
  }),
  route({
    method: 'POST',
    path: '/workspaces/:id/delegations/:did/priority',
    access: 'own',
    summary: 'Changes its place in the queue.',
    body: schema.reprioritise,
    async handle({ gateway, params, body, principal }) {
      const found = await ownDelegation(gateway, params['id'] ?? '', params['did'] ?? '');
      const acting = { ref: found, actor: principal.actor };
      const { delegation } = await reprioritise(gateway.line, acting, priorityOf(body.priority));
      return told(gateway, delegation, {});
    },
  }),
  route({
    method: 'POST',
    path: '/workspaces/:id/delegations/:did/update',
    access: 'own',
    summary: 'An agent that delivers by itself says how far it is.',
    body: schema.update,
    async handle({ gateway, params, body, principal }) {
      const found = await ownDelegation(gateway, params['id'] ?? '', params['did'] ?? '');
      const { delegation } = await report(
        gateway.line,
        { ref: found, actor: principal.actor },
        {
          status: body.status,
          ...(typeof body.response_preview === 'string' && body.status === 'completed'
            ? { text: body.response_preview }
            : {}),
          ...(typeof body.error === 'string' && body.error !== '' ? { error: body.error } : {}),
        },
      );
      return ok({ status: delegation.status, delegation_id: delegation.id });
    },
  }),
];

async function list(
  gateway: Gateway,
  workspace: string,
  asked: z.output<typeof query.listDelegations>,
): Promise<Delegation[]> {
  if (asked.delegation_id !== undefined) {
    const one = await gateway.line.engine.delegation({ id: asked.delegation_id });
    return one !== undefined && (one.caller === workspace || one.callee === workspace) ? [one] : [];
  }
  const batch = asked.batch_id === undefined ? undefined : await batchKey(gateway, asked.batch_id);
  if (batch === null) {
    return [];
  }
  const side = { out: 'caller', in: 'callee', all: 'party' } as const;
  const filter: DelegationFilter = { limit: asked.limit, [side[asked.direction]]: workspace };
  return gateway.line.engine.delegations({
    ...filter,
    ...(asked.cursor === undefined ? {} : { before: Number(asked.cursor) }),
    ...(asked.target_id === undefined ? {} : { callee: asked.target_id }),
    ...(asked.status === undefined ? {} : { status: asked.status }),
    ...(batch === undefined ? {} : { batch }),
    ...(asked.since === undefined ? {} : { since: Date.parse(asked.since) }),
    ...(asked.q === undefined ? {} : { text: asked.q }),
  });
}

async function batchKey(gateway: Gateway, id: string): Promise<number | null> {
  const key = keyOf('bat', id);
  const batch = key === undefined ? undefined : await gateway.line.engine.batch(key);
  return batch?.id === id ? batch.key : null;
}

async function whole(gateway: Gateway, delegation: Delegation) {
  const { engine } = gateway.line;
  const [request, result, events, children, late, batch, parent] = await Promise.all([
    engine.request(delegation.key),
    engine.result(delegation.key),
    engine.events({ delegation: delegation.key, limit: TIMELINE_MAX }),
    engine.children(delegation.key),
    engine.late(delegation.key),
    delegation.batch === null ? undefined : engine.batch(delegation.batch),
    delegation.parent === null ? undefined : engine.delegation({ key: delegation.parent }),
  ]);
  return detail(gateway.line, delegation, {
    request,
    result,
    events,
    children,
    late,
    ...(batch === undefined ? {} : { batchId: batch.id }),
    ...(parent === undefined ? {} : { parentId: parent.id }),
  });
}

/** What its caller needs to go on: where it stands, and what came back. */
async function brief(gateway: Gateway, delegation: Delegation) {
  const { engine } = gateway.line;
  const [request, result] = await Promise.all([
    engine.request(delegation.key),
    isSettled(delegation.status) ? engine.result(delegation.key) : undefined,
  ]);
  return detail(gateway.line, delegation, { request, result });
}

async function told(gateway: Gateway, delegation: Delegation, more: object): Promise<Reply> {
  return ok({ ...(await changed(gateway.line, delegation)), ...more });
}
