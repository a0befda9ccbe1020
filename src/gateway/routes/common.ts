/**
 * What several routes do the same way: finding a delegation its reader may see, and asking on a caller's behalf.
 */
import type { Delegation } from '../../core/delegation/index.ts';
import { ErrandError } from '../../core/error.ts';
import type { Asking } from '../../flow/index.ts';
import type { Principal } from '../auth/principal.ts';
import type { Gateway } from '../gateway.ts';

export function notFound(what: string): ErrandError {
  return new ErrandError({ code: 'not_found', message: `${what} not found` });
}

/** A delegation of the workspace in the path, on either side; to everybody else it is not there. */
export async function delegationOf(gateway: Gateway, workspace: string, id: string): Promise<Delegation> {
  const delegation = await gateway.line.engine.delegation({ id });
  if (delegation === undefined || (delegation.caller !== workspace && delegation.callee !== workspace)) {
    throw notFound('delegation');
  }
  return delegation;
}

/** Only its caller may cancel, answer, retry; the operator acts in the caller's name. */
export async function ownDelegation(gateway: Gateway, workspace: string, id: string): Promise<Delegation> {
  const delegation = await delegationOf(gateway, workspace, id);
  if (delegation.caller !== workspace) {
    throw new ErrandError({ code: 'forbidden', message: 'only the workspace that delegated it may do this' });
  }
  return delegation;
}

/** Who has read it: whoever runs the platform looks at an agent's result, and the agent still has to be told (D7). */
export async function readerOf(gateway: Gateway, principal: Principal, workspace: string): Promise<string | null> {
  const isOwn = principal.kind !== 'operator' || (await gateway.line.engine.workspace(workspace))?.person === true;
  return isOwn ? workspace : null;
}

export function askingOf(principal: Principal, caller: string, idempotencyKey: string | null | undefined): Asking {
  return {
    caller,
    actor: principal.actor,
    ...(principal.attempt === undefined ? {} : { parent: principal.attempt.key }),
    ...(idempotencyKey === null || idempotencyKey === undefined ? {} : { idempotencyKey }),
  };
}

/** The header wins over the field; one of the two is enough. */
export function keyFrom(headers: NodeJS.Dict<string | string[]>, field: string | null | undefined): string | undefined {
  const header = headers['idempotency-key'];
  const key = (typeof header === 'string' && header !== '' ? header : field) || undefined;
  if (key !== undefined && key.length > 200) {
    throw new ErrandError({ code: 'invalid_request', message: 'Idempotency-Key: at most 200 characters' });
  }
  return key;
}

/** The address under which this platform serves a workspace, whatever is behind it. */
export function addressOf(gateway: Gateway, workspace: string): string {
  return `${gateway.baseUrl}/workspaces/${encodeURIComponent(workspace)}/a2a`;
}

export function nextLink(url: string, query: Record<string, unknown>, cursor: string): Record<string, string> {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...query, cursor })) {
    if (value !== undefined) {
      search.set(name, String(value));
    }
  }
  return { link: `<${url}?${search.toString()}>; rel="next"` };
}
