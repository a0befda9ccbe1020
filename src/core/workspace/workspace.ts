/**
 * An agent's seat on the platform: who it is, where it stands, how much it takes on, and how it is reached.
 *
 * The counters (`running`, `queued`) live in the row and change in the commit that changes a delegation, so that
 * a free slot and a ready delegation never coexist after one (D9, D16).
 */
import type { Durations, Priority } from '../delegation/index.ts';
import type { Program } from './program.ts';

export const CARRIERS = ['a2a', 'pull', 'command', 'in_process', 'none'] as const;

/** `none`: a seat that only delegates, such as a person's. */
export type CarrierName = (typeof CARRIERS)[number];

export type WorkspaceState = 'active' | 'paused' | 'draining' | 'removed';

/** `unknown`: it never said that it would beat, so silence means nothing. */
export type Presence = 'unknown' | 'online' | 'offline';

export interface Workspace {
  id: string;
  org: string;
  name: string;
  role: string | null;
  parent: string | null;
  tier: number;
  /** A person's seat: may talk to everyone in its organisation, and cannot be delegated to. */
  person: boolean;
  carrier: CarrierName;
  url: string | null;
  program: Program | null;
  card: Record<string, unknown> | null;
  capacity: number;
  roles: readonly string[];
  allowedActions: Readonly<Record<string, readonly string[]>> | null;
  /** Workspaces it may, or may not, talk to whatever the tree says. */
  grants: readonly string[];
  denials: readonly string[];
  state: WorkspaceState;
  presence: Presence;
  seenAt: number | null;
  running: number;
  queued: number;
  /** Deliveries in a row that it did not take; at the bound the circuit is open and one at a time probes. */
  strikes: number;
  /** No delivery before this moment. */
  holdUntil: number | null;
  /** The turn last served, per band of priority. */
  served: Readonly<Partial<Record<Priority, number>>>;
  durations: Durations;
  activity: { tasks: number; current: string | null; errorRate: number; uptimeSeconds: number };
  createdAt: number;
  version: number;
}

/** What a registration or a change may say about it; the rest is ours. */
export type WorkspaceProfile = Pick<
  Workspace,
  | 'name'
  | 'role'
  | 'parent'
  | 'tier'
  | 'carrier'
  | 'url'
  | 'program'
  | 'card'
  | 'capacity'
  | 'roles'
  | 'allowedActions'
  | 'grants'
  | 'denials'
>;

/** It used to say that it lives, and does not any more. A program is there whenever the platform is. */
export function isAway({ presence, carrier }: Pick<Workspace, 'presence' | 'carrier'>): boolean {
  return presence === 'offline' && carrier !== 'command';
}

/** How many it may run right now; a held or parked one takes nothing, an open circuit takes one. */
export function openSlots(workspace: Workspace, moment: { now: number; circuitFailures: number }): number {
  if (workspace.state !== 'active' || isAway(workspace)) {
    return 0;
  }
  if (workspace.holdUntil !== null && workspace.holdUntil > moment.now) {
    return 0;
  }
  const most = workspace.strikes >= moment.circuitFailures ? Math.min(1, workspace.capacity) : workspace.capacity;
  return Math.max(0, most - workspace.running);
}

/** An agent that fetches all the time is written down as seen so often in the time after which it counts as gone. */
const SEEN_PARTS = 12;

/** A fetch of it changes nothing: it is known to be there, or nothing is expected of it. */
export function isSeen({ presence, seenAt }: Workspace, moment: { now: number; presenceMs: number }): boolean {
  return (
    presence === 'unknown' || (presence === 'online' && moment.now - (seenAt ?? 0) < moment.presenceMs / SEEN_PARTS)
  );
}

/** A fetch that would find nothing and write nothing, so that no commit is asked for it. */
export function wouldFetchNothing(
  callee: Workspace,
  moment: { now: number; presenceMs: number; circuitFailures: number },
): boolean {
  return (
    callee.carrier === 'pull' &&
    callee.state !== 'removed' &&
    isSeen(callee, moment) &&
    (callee.queued === 0 || openSlots(callee, moment) === 0)
  );
}

/** The next moment at which time alone changes something for it. */
export function workspaceDueAt(workspace: Workspace, presenceMs: number): number | null {
  const moments: number[] = [];
  if (workspace.holdUntil !== null) {
    moments.push(workspace.holdUntil);
  }
  if (workspace.presence === 'online' && workspace.seenAt !== null) {
    moments.push(workspace.seenAt + presenceMs);
  }
  return moments.length === 0 ? null : Math.min(...moments);
}

/** A seat of which nothing is known but its name. */
export function blankProfile(name: string): WorkspaceProfile {
  return {
    name,
    role: null,
    parent: null,
    tier: 0,
    carrier: 'none',
    url: null,
    program: null,
    card: null,
    capacity: 1,
    roles: [],
    allowedActions: null,
    grants: [],
    denials: [],
  };
}
