/**
 * Who is calling: the bearer token says so and nothing else.
 *
 * `X-Workspace-ID` and ids in bodies must agree with it and never grant anything. In open mode there are no keys, and
 * the path says who calls.
 */
import type { Delegation } from '../../core/delegation/index.ts';
import { ErrandError } from '../../core/error.ts';
import type { Workspace } from '../../core/workspace/index.ts';

export type Principal =
  | { kind: 'operator'; actor: string; org: null; workspace: null; attempt: undefined }
  | { kind: 'org'; actor: string; org: string; workspace: null; attempt: undefined }
  /** `attempt`: it speaks with the token of a delegation it is working on. */
  | { kind: 'workspace'; actor: string; org: string; workspace: string; attempt: Delegation | undefined }
  /** Open mode: whoever it says it is, or nobody in particular. */
  | { kind: 'open'; actor: string; org: null; workspace: string | null; attempt: undefined };

/** May it act as, or see the inside of, this workspace? Foreign ones look like absent ones. */
export function requireWorkspace(principal: Principal, workspace: Workspace | undefined): Workspace {
  if (workspace === undefined || !sees(principal, workspace)) {
    throw new ErrandError({ code: 'not_found', message: 'workspace not found' });
  }
  if (principal.kind === 'workspace' && principal.workspace !== workspace.id) {
    throw new ErrandError({ code: 'forbidden', message: 'this key belongs to another workspace' });
  }
  return workspace;
}

/** The token of an attempt stands for that attempt; it opens nothing that outlives it. */
export function requireKey(principal: Principal): void {
  if (principal.attempt !== undefined) {
    throw new ErrandError({ code: 'forbidden', message: 'this takes a key, not the token of an attempt' });
  }
}

export function sees(principal: Principal, workspace: Workspace): boolean {
  return principal.org === null || principal.org === workspace.org;
}

export function requireOperator(principal: Principal): void {
  if (principal.kind === 'workspace') {
    throw new ErrandError({ code: 'forbidden', message: 'this takes the key of the operator or of the organisation' });
  }
}

/** Whoever runs the platform: by its key, or, where there are none, whoever reaches it. */
export function runsPlatform(principal: Principal): boolean {
  return principal.kind === 'operator' || principal.kind === 'open';
}

export function requirePlatformOperator(principal: Principal): void {
  if (!runsPlatform(principal)) {
    throw new ErrandError({ code: 'forbidden', message: 'this takes the key of the operator' });
  }
}
