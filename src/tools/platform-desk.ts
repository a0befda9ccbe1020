/**
 * A desk over the HTTP API: every question is one call of a route, and a refusal keeps the platform's own words.
 *
 * How a call gets there is the platform's affair (`Platform`): over the network with a key, or, inside the platform,
 * straight to the route. Either way it is the same route, with the same checks.
 */
import {
  DeskError,
  type Alone,
  type Attachment,
  type Delegated,
  type Desk,
  type Memory,
  type Peer,
  type Receipt,
  type Result,
  type Row,
  type Seat,
  type Standing,
  type Unread,
} from './desk.ts';

export interface PlatformCall {
  method: 'GET' | 'POST';
  path: string;
  query?: Readonly<Record<string, string | number | undefined>>;
  body?: unknown;
  /** Instead of a body that is JSON. */
  bytes?: Uint8Array;
  idempotencyKey?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface PlatformAnswer {
  status: number;
  body: unknown;
  headers: Readonly<Record<string, string>>;
}

export interface Platform {
  call(call: PlatformCall): Promise<PlatformAnswer>;
}

export function deskOf(platform: Platform, workspace: string): Desk {
  const place: Place = { platform, own: `/workspaces/${encodeURIComponent(workspace)}`, workspace };
  return { workspace, ...delegating(place), ...around(place), ...remembering(place) };
}

interface Place {
  platform: Platform;
  /** The path of this workspace. */
  own: string;
  workspace: string;
}

/** All that the platform gives at once: whom a model is shown is for the tool to choose. */
const PEERS_MAX = 1000;

function delegating({ platform, own }: Place) {
  const at = (id: string, rest = '') => `${own}/delegations/${encodeURIComponent(id)}${rest}`;
  return {
    async delegate(asked, idempotencyKey) {
      return bodyOf<Receipt>(
        await platform.call({ method: 'POST', path: `${own}/delegate`, body: asked, idempotencyKey }),
      );
    },
    async delegateBatch(tasks, idempotencyKey) {
      const path = `${own}/delegate/batch`;
      return bodyOf(await platform.call({ method: 'POST', path, body: { tasks }, idempotencyKey }));
    },
    async look(id, { waitMs = 0, collect = false, signal } = {}) {
      const query = { view: 'brief', until: 'rest', wait: waitMs / 1000, ...(collect ? { collect: 1 } : {}) };
      const answer = await platform.call({ method: 'GET', path: at(id), query, signal });
      return answer.status === 404 ? undefined : bodyOf<Delegated>(answer);
    },
    async batch(id, { collect }) {
      const path = `${own}/batches/${encodeURIComponent(id)}`;
      return bodyOf(
        await platform.call({ method: 'GET', path, query: { view: 'brief', ...(collect ? { collect: 1 } : {}) } }),
      );
    },
    async list({ limit, batch, status }) {
      const query = { limit, batch_id: batch, status };
      return bodyOf<Row[]>(await platform.call({ method: 'GET', path: `${own}/delegations`, query }));
    },
    async result(id) {
      return bodyOf<Result>(await platform.call({ method: 'GET', path: at(id, '/result') }));
    },
    async cancel(id, reason) {
      const body = reason === undefined ? {} : { reason };
      return bodyOf<Standing>(await platform.call({ method: 'POST', path: at(id, '/cancel'), body }));
    },
    async answer(id, text) {
      return bodyOf<Standing>(await platform.call({ method: 'POST', path: at(id, '/answer'), body: { text } }));
    },
  } satisfies Partial<Desk>;
}

function around({ platform, own, workspace }: Place) {
  return {
    async peers(words) {
      const path = `/registry/${encodeURIComponent(workspace)}/peers`;
      const answer = await platform.call({ method: 'GET', path, query: { q: words, limit: PEERS_MAX } });
      const peers = bodyOf<Peer[]>(answer);
      const why = answer.headers['errand-empty'] as Alone | undefined;
      return why === undefined ? { peers } : { peers, why };
    },
    async seat() {
      return bodyOf<Seat>(await platform.call({ method: 'GET', path: own }));
    },
    async unread(limit, signal) {
      const query = { peek: 1, limit };
      return bodyOf<Unread[]>(await platform.call({ method: 'GET', path: `${own}/inbox`, query, signal }));
    },
    async acknowledge(ids) {
      bodyOf(await platform.call({ method: 'POST', path: `${own}/inbox/ack`, body: { ids } }));
    },
    async say(message, attachments) {
      const body = { message, ...(attachments.length === 0 ? {} : { attachments }) };
      bodyOf(await platform.call({ method: 'POST', path: `${own}/notify`, body }));
    },
    async upload({ name, bytes }) {
      const path = `${own}/attachments`;
      return bodyOf<Attachment>(await platform.call({ method: 'POST', path, query: { name }, bytes }));
    },
  } satisfies Partial<Desk>;
}

function remembering({ platform, own }: Place) {
  const path = `${own}/memories`;
  return {
    async remember(content, scope) {
      return bodyOf(await platform.call({ method: 'POST', path, body: { content, scope } }));
    },
    async recall({ words, scope, limit }) {
      return bodyOf<Memory[]>(await platform.call({ method: 'GET', path, query: { q: words, scope, limit } }));
    },
  } satisfies Partial<Desk>;
}

interface Refusal {
  error?: unknown;
  code?: unknown;
  fix?: unknown;
  retry_after?: unknown;
}

/** What the platform answered; what it refused is thrown, in its own words. */
export function bodyOf<T>({ status, body }: PlatformAnswer): T {
  if (status >= 200 && status < 300) {
    return body as T;
  }
  const { error, code, fix, retry_after: after } = (body ?? {}) as Refusal;
  throw new DeskError({
    code: typeof code === 'string' ? code : 'unavailable',
    message: typeof error === 'string' ? error : `the platform answered ${status}`,
    ...(typeof fix === 'string' ? { fix } : {}),
    ...(typeof after === 'number' ? { retryAfterMs: after * 1000 } : {}),
  });
}
