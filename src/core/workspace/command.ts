/**
 * What can happen to a workspace, its keys and its inbox, as data; written through the same seam as delegations.
 */
import type { Post, Say } from './message.ts';
import type { Workspace, WorkspaceProfile } from './workspace.ts';

export interface Enrol {
  type: 'enrol';
  id: string;
  org: string;
  actor: string;
  person: boolean;
  profile: WorkspaceProfile;
}

/** A registration by the agent itself: creates the seat or brings it online. */
export interface Register {
  type: 'register';
  id: string;
  org: string;
  actor: string;
  url: string | null;
  card: Record<string, unknown> | null;
  name: string | null;
  /** How many it takes on at a time; null where it does not say. */
  capacity: number | null;
}

export interface Change {
  type: 'change';
  id: string;
  actor: string;
  profile: Partial<WorkspaceProfile>;
}

export interface Steer {
  type: 'pause' | 'resume' | 'drain' | 'remove';
  id: string;
  actor: string;
}

/** A sign of life, or the last one; capacity is never read from it. */
export interface Beat {
  type: 'beat';
  id: string;
  activity: Workspace['activity'];
  /** It goes: nobody has to wait until it has been silent for long. */
  leaving?: boolean;
}

/** Time passed: a hold may be over, a beating workspace may have fallen silent. */
export interface Look {
  type: 'look';
  id: string;
}

/** A pulling agent takes what is next in its queue. */
export interface Claim {
  type: 'claim';
  callee: string;
  most: number;
  /** It has been asking for a while: of one that has left meanwhile this is no sign of life. */
  still?: boolean;
}

export interface IssueKey {
  type: 'issue_key';
  id: string;
  org: string;
  workspace: string | null;
  name: string;
  hash: string;
  prefix: string;
  expiresAt: number | null;
  actor: string;
}

export interface RevokeKey {
  type: 'revoke_key';
  id: string;
  org: string;
  workspace: string | null;
  actor: string;
}

/** A line in the log that no row stands behind: a refusal, an agent's own report. */
export interface Note {
  type: 'note';
  event: 'access.denied' | 'workspace.reported';
  workspace: string;
  peer: string | null;
  actor: string;
  data: Record<string, unknown>;
}

/** Hands out notices that are free, under a lease. */
export interface LeaseNotices {
  type: 'lease_notices';
  workspace: string;
  most: number;
  /** Only what was handed out less often: what a reader gave up waits, and holds up nothing. */
  tries?: number;
}

/** Whoever has them in hand keeps them longer, or gives them back: then they are free at once. */
export interface RenewNotices {
  type: 'renew_notices';
  workspace: string;
  ids: readonly string[];
  leaseMs: number;
}

export interface AcknowledgeNotices {
  type: 'acknowledge_notices';
  workspace: string;
  ids: readonly string[];
  actor: string;
}

/** The caller read the ending, or a question, by itself: it is not told again (D7). */
export interface Collect {
  type: 'collect';
  workspace: string;
  delegation: number;
  /** As it was read: what came after that is still told. */
  version: number;
  actor: string;
}

/** Retention: what is settled, told and old enough goes. */
export interface Prune {
  type: 'prune';
  before: number;
  most: number;
}

export interface Key {
  id: string;
  org: string;
  workspace: string | null;
  name: string;
  hash: string;
  prefix: string;
  createdAt: number;
  expiresAt: number | null;
  revokedAt: number | null;
}

export type WorkspaceCommand =
  | Enrol
  | Register
  | Change
  | Steer
  | Beat
  | Look
  | Claim
  | IssueKey
  | RevokeKey
  | Note
  | LeaseNotices
  | RenewNotices
  | AcknowledgeNotices
  | Collect
  | Prune
  | Say
  | Post;
