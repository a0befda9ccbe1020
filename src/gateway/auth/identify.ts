/**
 * From the headers of a request to its principal, or to a 401 that says what is missing.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { ErrandError } from '../../core/error.ts';
import { attemptOf } from '../../flow/index.ts';
import type { Gateway } from '../gateway.ts';
import type { Principal } from './principal.ts';

const BEARER = /^Bearer +(\S+)$/iu;

export async function identify(
  gateway: Gateway,
  headers: IncomingHttpHeaders,
  workspaceInPath: string | undefined,
): Promise<Principal> {
  const secret = BEARER.exec(headers.authorization ?? '')?.[1];
  const claimed = headers['x-workspace-id'];
  const principal = secret === undefined ? undefined : await bySecret(gateway, secret);
  if (principal === undefined) {
    if (!gateway.open) {
      throw unauthenticated();
    }
    const workspace = workspaceInPath ?? (typeof claimed === 'string' ? claimed : null);
    return { kind: 'open', actor: workspace ?? 'anyone', org: null, workspace, attempt: undefined };
  }
  if (principal.kind === 'workspace' && claimed !== undefined && claimed !== principal.workspace) {
    throw new ErrandError({ code: 'forbidden', message: 'X-Workspace-ID is not the workspace of this key' });
  }
  return principal;
}

async function bySecret(gateway: Gateway, secret: string): Promise<Principal | undefined> {
  if (gateway.keyring.isOperator(secret)) {
    return { kind: 'operator', actor: 'operator', org: null, workspace: null, attempt: undefined };
  }
  if (secret.startsWith('att_')) {
    const attempt = await attemptOf(gateway.line, secret);
    if (attempt === undefined) {
      throw unauthenticated();
    }
    return { kind: 'workspace', actor: attempt.callee, org: attempt.org, workspace: attempt.callee, attempt };
  }
  const key = await gateway.keyring.find(secret);
  if (key === undefined || (key.workspace !== null && (await isGone(gateway, key.workspace)))) {
    return undefined;
  }
  const actor = key.id;
  return key.workspace === null
    ? { kind: 'org', actor, org: key.org, workspace: null, attempt: undefined }
    : { kind: 'workspace', actor, org: key.org, workspace: key.workspace, attempt: undefined };
}

/** The keys of a workspace go with it. */
async function isGone(gateway: Gateway, workspace: string): Promise<boolean> {
  const seat = await gateway.line.engine.workspace(workspace);
  return seat === undefined || seat.state === 'removed';
}

function unauthenticated(): ErrandError {
  return new ErrandError({ code: 'unauthenticated', message: 'missing or invalid bearer token' });
}
