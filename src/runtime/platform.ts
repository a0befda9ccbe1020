/**
 * The platform over the network, as an agent calls it: its address, the key of the agent's workspace, and nothing else.
 *
 * A platform that cannot be reached is a refusal like any other, so that a tool can say it in words; an answer is read
 * to its bound and no further.
 */
import {
  bodyOf,
  DeskError,
  deskOf,
  type Desk,
  type Platform,
  type PlatformAnswer,
  type PlatformCall,
} from '../tools/index.ts';

export interface PlatformAt {
  url: string;
  token?: string | undefined;
}

/** What does not end is read as it comes. */
export interface Reachable extends Platform {
  open(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response>;
}

export function openDesk({ workspace, ...at }: PlatformAt & { workspace: string }): Desk {
  return deskAt(() => at, workspace);
}

/** Where the platform is, and with which key, is asked again for each call: it may have moved, or come up since. */
export function deskAt(find: () => PlatformAt, workspace: string): Desk {
  return deskOf({ call: async (asked) => platformAt(find(), workspace).call(asked) }, workspace);
}

/** `workspace` says who calls where there are no keys. The key is read for each call: that of an attempt changes. */
export function platformAt(at: PlatformAt, workspace: string | undefined): Reachable {
  const base = at.url.replace(/\/+$/u, '');
  const who = (): Record<string, string> => whoCalls(at.token, workspace);
  return {
    async call(asked) {
      return send(`${base}${asked.path}${search(asked.query)}`, asked, who());
    },
    async open(path, headers, signal) {
      const response = await fetched(`${base}${path}`, { method: 'GET', headers: { ...who(), ...headers }, signal });
      if (!response.ok || !(response.headers.get('content-type') ?? '').startsWith('text/event-stream')) {
        bodyOf(await read(response));
        throw foreign(response);
      }
      return response;
    },
  };
}

function whoCalls(token: string | undefined, workspace: string | undefined): Record<string, string> {
  if (token !== undefined) {
    return { authorization: `Bearer ${token}` };
  }
  return workspace === undefined ? {} : { 'x-workspace-id': workspace };
}

async function send(url: string, asked: PlatformCall, who: Record<string, string>): Promise<PlatformAnswer> {
  const { method, body, bytes, idempotencyKey, signal } = asked;
  const type = bytes === undefined ? 'application/json' : 'application/octet-stream';
  const content = bytes ?? (body === undefined ? undefined : JSON.stringify(body));
  const headers = {
    ...who,
    ...(content === undefined ? {} : { 'content-type': type }),
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
  };
  const sent = content === undefined ? {} : { body: content as string | Uint8Array<ArrayBuffer> };
  const response = await fetched(url, { method, headers, ...(signal === undefined ? {} : { signal }), ...sent });
  try {
    return await read(response);
  } catch (cause) {
    throw signal?.aborted === true || cause instanceof DeskError ? cause : unreachable(url, cause);
  }
}

async function fetched(url: string, how: RequestInit): Promise<Response> {
  try {
    // What sends its callers elsewhere is no platform, and does not learn who they are.
    return await fetch(url, { ...how, redirect: 'manual' });
  } catch (cause) {
    throw how.signal?.aborted === true ? cause : unreachable(url, cause);
  }
}

/** A gateway that found nobody behind it. */
const NOBODY_BEHIND: ReadonlySet<number> = new Set([502, 503, 504]);

async function read(response: Response): Promise<PlatformAnswer> {
  const headers = Object.fromEntries(response.headers);
  const text = await textOf(response);
  try {
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers };
  } catch {
    throw foreign(response);
  }
}

/** Something stands before the platform and speaks for it. */
function foreign({ status, url, headers }: Response): DeskError {
  if (NOBODY_BEHIND.has(status)) {
    return unreachable(url, `HTTP ${status}`, Number(headers.get('retry-after') ?? 0) * 1000);
  }
  return new DeskError({
    code: 'unavailable',
    message: `what answers is no platform of ours (HTTP ${status})`,
    fix: 'Check the address of the platform.',
  });
}

/** The longest result, with every character of it escaped, and what stands around it. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > ANSWER_BYTES_MAX) {
      throw new DeskError({
        code: 'answer_too_large',
        message: `the answer has more than ${ANSWER_BYTES_MAX} bytes`,
      });
    }
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks, length));
}

function search(query: PlatformCall['query'] = {}): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

function unreachable(url: string, cause: unknown, retryAfterMs = 0): DeskError {
  const root = cause instanceof Error ? (cause.cause ?? cause) : cause;
  const why = root instanceof Error ? (('code' in root ? root.code : undefined) ?? root.message) : root;
  return new DeskError({
    code: 'unreachable',
    message: `the platform at ${new URL(url).origin} cannot be reached (${String(why)})`,
    fix: 'Nothing is lost that was delegated before. Try again in a while, and tell the user if it stays so.',
    ...(retryAfterMs > 0 ? { retryAfterMs } : {}),
  });
}
