/**
 * What happens to a seat, and what follows for its queue in the same commit.
 *
 * Nothing waits for a heartbeat: a seat that comes online, is resumed or raises its capacity drains at once (D16).
 */
import { NO_DURATIONS, type Delegation } from '../delegation/index.ts';
import { refusal } from '../error.ts';
import type { Answer, EventType } from '../ports/index.ts';
import {
  blankProfile,
  isSeen,
  type Beat,
  type Change,
  type Claim,
  type Enrol,
  type Look,
  type Register,
  type Steer,
  type Workspace,
  type WorkspaceProfile,
} from '../workspace/index.ts';
import { claim, isServed } from './dispatch.ts';
import { forgetLocal } from './memory.ts';
import { takeBack } from './requeue.ts';
import { settle } from './settle.ts';
import { sayWorkspace, takesSlot, type Work } from './work.ts';

const LIVE_AT_MOST = 100_000;

export function enrol(work: Work, command: Enrol): Answer {
  const known = work.tx.workspace(command.id);
  if (known !== undefined) {
    return known.org === command.org && command.person && known.person
      ? { kind: 'workspace', workspace: known, fresh: false }
      : { kind: 'refused', refusal: refusal('already_exists', `The id ${command.id} is taken.`) };
  }
  const refused = refuseParent(work, command.org, command.profile.parent);
  if (refused !== undefined) {
    return refused;
  }
  const workspace = seat(work, command, command.profile);
  return saved(work, workspace, { type: 'workspace.enrolled', actor: command.actor, fresh: true });
}

/** The agent registers itself: a new seat, or its seat with an address and online. */
export function register(work: Work, command: Register): Answer {
  const known = work.tx.workspace(command.id);
  if (known !== undefined && (known.state === 'removed' || known.person || known.org !== command.org)) {
    return { kind: 'refused', refusal: refusal('not_found', `There is no workspace ${command.id}.`) };
  }
  const before = known ?? seat(work, command, blankProfile(command.name ?? command.id));
  const workspace: Workspace = {
    ...before,
    name: command.name ?? before.name,
    url: command.url ?? before.url,
    ...(command.url === null ? {} : { carrier: 'a2a', program: null }),
    card: command.card ?? before.card,
    // How many programs run on a machine is for those who run it to say.
    capacity: before.carrier === 'command' ? before.capacity : (command.capacity ?? before.capacity),
    presence: before.presence === 'offline' ? 'online' : before.presence,
    seenAt: work.tx.now,
    strikes: 0,
    holdUntil: null,
  };
  const type = known === undefined ? 'workspace.enrolled' : 'workspace.online';
  const answer = saved(work, workspace, { type, actor: command.actor, fresh: known === undefined });
  if (known !== undefined && known.url !== null && workspace.url !== known.url) {
    letGoOf(work, known.id);
  }
  return answer;
}

/** Who is called at another address than before is not followed at the old one: it is asked anew, or given it again. */
function letGoOf(work: Work, id: string): void {
  for (const delegation of work.tx.liveAt(id, LIVE_AT_MOST)) {
    if (takesSlot(delegation)) {
      takeBack(work, delegation);
    }
  }
}

export function change(work: Work, command: Change): Answer {
  const before = work.tx.workspace(command.id);
  if (before === undefined || before.state === 'removed') {
    return missing(command.id);
  }
  const refused = refuseParent(work, before.org, command.profile.parent ?? null, command.id);
  if (refused !== undefined) {
    return refused;
  }
  return saved(
    work,
    { ...before, ...command.profile, ...reachedAnew(before, command.profile) },
    { type: 'workspace.changed', actor: command.actor, data: { fields: Object.keys(command.profile) } },
  );
}

/** What is known of how it could be reached says nothing about another way to reach it. */
function reachedAnew(before: Workspace, { carrier = before.carrier }: Change['profile']): Partial<Workspace> {
  return carrier === before.carrier ? {} : { presence: 'unknown', seenAt: null, strikes: 0, holdUntil: null };
}

const STATES = { pause: 'paused', resume: 'active', drain: 'draining', remove: 'removed' } as const;
const SAYS = {
  pause: 'workspace.paused',
  resume: 'workspace.resumed',
  drain: 'workspace.draining',
  remove: 'workspace.removed',
} as const;

export function steer(work: Work, command: Steer): Answer {
  const before = work.tx.workspace(command.id);
  if (before === undefined || before.state === 'removed') {
    return missing(command.id);
  }
  if (before.person && command.type !== 'resume') {
    return {
      kind: 'refused',
      refusal: refusal('invalid_request', `The seat of a person cannot take ${command.type}.`),
    };
  }
  const state = STATES[command.type];
  if (before.state === state) {
    return { kind: 'workspace', workspace: before, fresh: false };
  }
  const answer = saved(work, { ...before, state }, { type: SAYS[command.type], actor: command.actor });
  if (command.type === 'remove') {
    for (const delegation of work.tx.liveAt(command.id, LIVE_AT_MOST)) {
      removePeer(work, delegation, command.actor);
    }
    forgetLocal(work, before, command.actor);
  }
  return answer;
}

function removePeer(work: Work, delegation: Delegation, actor: string): void {
  const running = takesSlot(delegation);
  const settled = settle(work, delegation, {
    status: 'failed',
    reason: 'peer_removed',
    error: 'The workspace was removed.',
    actor,
    ...(running ? { detail: { calleeMayStillRun: true } } : {}),
  });
  if (running) {
    work.stops.push({ delegation: settled, why: 'deadline' });
  }
}

/** A sign of life says that it lives, never how much it may take on. Whoever says that it goes is gone at once. */
export function beat(work: Work, command: Beat): Answer {
  const before = work.tx.workspace(command.id);
  if (before === undefined || before.state === 'removed') {
    return missing(command.id);
  }
  const { activity } = command;
  if (command.leaving === true) {
    return before.presence === 'offline'
      ? { kind: 'workspace', workspace: before, fresh: false }
      : saved(work, { ...before, presence: 'offline', activity }, { type: 'workspace.offline', actor: command.id });
  }
  const workspace: Workspace = { ...before, presence: 'online', seenAt: work.tx.now, activity };
  if (before.presence === 'offline') {
    return saved(work, workspace, { type: 'workspace.online', actor: command.id });
  }
  work.tx.saveWorkspace(workspace);
  return { kind: 'workspace', workspace, fresh: false };
}

/** Time passed: a hold is over, or a seat that used to beat has fallen silent. */
export function look(work: Work, command: Look): Answer {
  const before = work.tx.workspace(command.id);
  if (before === undefined) {
    return missing(command.id);
  }
  const holds = before.holdUntil !== null && before.holdUntil > work.tx.now;
  const silent =
    before.presence === 'online' && before.seenAt !== null && before.seenAt + work.tx.limits.presenceMs <= work.tx.now;
  const workspace: Workspace = { ...before, holdUntil: holds ? before.holdUntil : null };
  if (silent) {
    return saved(work, { ...workspace, presence: 'offline' }, { type: 'workspace.offline', actor: 'errand' });
  }
  work.tx.saveWorkspace(workspace);
  work.freed.add(before.id);
  return { kind: 'workspace', workspace, fresh: false };
}

/** A seat that fetches is a pulling one from its first fetch on. */
export function claimAssignments(work: Work, command: Claim): Answer {
  const callee = work.tx.workspace(command.callee);
  if (callee === undefined || callee.state === 'removed') {
    return missing(command.callee);
  }
  if (callee.person || isServed(callee)) {
    return { kind: 'refused', refusal: refusal('not_now', 'This workspace has its work delivered; it cannot fetch.') };
  }
  if (callee.carrier === 'none') {
    work.tx.saveWorkspace({ ...callee, carrier: 'pull' });
  }
  if (command.still === true && callee.presence === 'offline') {
    return { kind: 'claimed', delegations: [], left: true };
  }
  seenFetching(work, callee.id);
  return { kind: 'claimed', delegations: claim(work, command.callee, command.most) };
}

/** A fetch is a sign of life like a beat; of one that never beat nothing was expected, and is not now. */
function seenFetching(work: Work, id: string): void {
  const before = work.tx.workspace(id);
  if (before === undefined || isSeen(before, { now: work.tx.now, presenceMs: work.tx.limits.presenceMs })) {
    return;
  }
  const seen: Workspace = { ...before, presence: 'online', seenAt: work.tx.now };
  if (before.presence === 'offline') {
    saved(work, seen, { type: 'workspace.online', actor: id });
  } else {
    work.tx.saveWorkspace(seen);
  }
}

function saved(
  work: Work,
  workspace: Workspace,
  said: { type: EventType; actor: string; data?: Record<string, unknown>; fresh?: boolean },
): Answer {
  const after = { ...workspace, version: workspace.version + 1 };
  work.tx.saveWorkspace(after);
  work.freed.add(after.id);
  sayWorkspace(work, after, said);
  return { kind: 'workspace', workspace: after, fresh: said.fresh ?? true };
}

function refuseParent(work: Work, org: string, parent: string | null, self?: string): Answer | undefined {
  if (parent === null) {
    return undefined;
  }
  const found = work.tx.workspace(parent);
  if (found === undefined || found.org !== org || found.state === 'removed') {
    return { kind: 'refused', refusal: refusal('invalid_request', `parent_id: there is no workspace ${parent}.`) };
  }
  for (let above: Workspace | undefined = found; above !== undefined;) {
    if (above.id === self) {
      return { kind: 'refused', refusal: refusal('invalid_request', 'parent_id: a workspace cannot be above itself.') };
    }
    above = above.parent === null ? undefined : work.tx.workspace(above.parent);
  }
  return undefined;
}

function seat(
  work: Work,
  command: { id: string; org: string; person?: boolean },
  profile: WorkspaceProfile,
): Workspace {
  return {
    ...profile,
    id: command.id,
    org: command.org,
    person: command.person ?? false,
    state: 'active',
    presence: 'unknown',
    seenAt: null,
    running: 0,
    queued: 0,
    strikes: 0,
    holdUntil: null,
    served: {},
    durations: NO_DURATIONS,
    activity: { tasks: 0, current: null, errorRate: 0, uptimeSeconds: 0 },
    createdAt: work.tx.now,
    version: 0,
  };
}

function missing(id: string): Answer {
  return { kind: 'refused', refusal: refusal('not_found', `There is no workspace ${id}.`) };
}
