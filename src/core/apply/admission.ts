/**
 * May this be accepted? The checks in their order, each refusal typed and with its bound.
 *
 * Nothing is written here, so that a batch is checked whole before its first row (D9, D13, D15).
 */
import { isSettled, usualMs, type Accept, type Delegation } from '../delegation/index.ts';
import { refusal, type Refusal } from '../error.ts';
import { isAllowed, mayTalk, type Workspace } from '../workspace/index.ts';
import { refuseBudget } from './budget.ts';
import { freeSlots } from './dispatch.ts';
import type { Work } from './work.ts';

/** What earlier tasks of the same batch will already have taken. */
export interface Taken {
  atCallee: number;
  inBatch: number;
}

const NOTHING: Taken = { atCallee: 0, inBatch: 0 };

export function refuse(work: Work, command: Accept, taken: Taken = NOTHING): Refusal | undefined {
  const caller = work.tx.workspace(command.caller);
  const callee = work.tx.workspace(command.callee);
  if (caller === undefined || caller.state === 'removed') {
    return refusal('not_found', `There is no workspace ${command.caller}.`);
  }
  if (callee === undefined || callee.state === 'removed' || callee.org !== caller.org) {
    return refusal('not_found', `There is no workspace ${command.callee}.`);
  }
  return (
    refuseParties(work, command, { caller, callee }) ??
    refuseAncestry(work, command, taken) ??
    refuseQueue(work, callee, taken) ??
    refuseWaiting(work, command, { callee, taken }) ??
    refuseSupersede(work, command)
  );
}

function refuseParties(
  work: Work,
  command: Accept,
  { caller, callee }: { caller: Workspace; callee: Workspace },
): Refusal | undefined {
  if (caller.id === callee.id && command.skill === undefined) {
    return refusal('self_delegation', 'self-delegation not permitted');
  }
  if (callee.person || !mayTalk(caller, callee, (id) => work.tx.workspace(id))) {
    return refusal('not_allowed_to_talk', 'access denied: workspaces cannot communicate per hierarchy rules');
  }
  if (!isAllowed(caller, 'delegate')) {
    return refusal('role_forbids', 'RBAC: the roles of this workspace do not allow delegate.');
  }
  return undefined;
}

/** Depth, cycle, fan-out and budget, from the chain that the platform keeps and nobody can shorten (D15). */
function refuseAncestry(work: Work, command: Accept, taken: Taken): Refusal | undefined {
  if (command.parent === null) {
    return undefined;
  }
  const { limits } = work.tx;
  const parent = parentOf(work, command);
  if (parent === undefined) {
    return refusal('not_now', 'The delegation that this one belongs to has ended.');
  }
  if (parent.depth + 1 > limits.depthMax) {
    return refusal('depth_exceeded', `A chain of delegations is at most ${limits.depthMax} deep.`);
  }
  if (isCycle(work, parent, command)) {
    return refusal(
      'cycle',
      `Workspace ${command.skill ?? command.callee} already waits for this chain of delegations.`,
    );
  }
  if (work.tx.liveChildren(parent.key).length + taken.inBatch >= limits.fanOutParentMax) {
    return refusal('fan_out_exceeded', `At most ${limits.fanOutParentMax} delegations live under one.`, 1000);
  }
  if (work.tx.countLiveUnder(parent.root ?? parent.key) + taken.inBatch >= limits.fanOutRootMax) {
    return refusal('fan_out_exceeded', `At most ${limits.fanOutRootMax} delegations live under one root.`, 1000);
  }
  return refuseBudget(work, parent, command, taken.inBatch);
}

/** The caller's own running delegation, and nothing else, can be a parent. */
export function parentOf(work: Work, command: Accept): Delegation | undefined {
  if (command.parent === null) {
    return undefined;
  }
  const parent = work.tx.delegation({ key: command.parent });
  return parent === undefined || isSettled(parent.status) || parent.callee !== command.caller ? undefined : parent;
}

/** Of a workspace that does several things, each is somebody of its own. */
function isCycle(work: Work, parent: Delegation, { callee, skill, recursive }: Accept): boolean {
  if (recursive === true) {
    return false;
  }
  let above: Delegation | undefined = parent;
  while (above !== undefined) {
    if (skill === undefined ? above.caller === callee || above.callee === callee : isAt(above, callee, skill)) {
      return true;
    }
    above = above.parent === null ? undefined : work.tx.delegation({ key: above.parent });
  }
  return false;
}

function isAt({ callee, detail }: Delegation, workspace: string, skill: string): boolean {
  return callee === workspace && detail.skill === skill;
}

function refuseQueue(work: Work, callee: Workspace, taken: Taken): Refusal | undefined {
  const { limits } = work.tx;
  const retryAfterMs = Math.max(1000, usualMs(callee.durations) ?? 1000);
  if (callee.queued + taken.atCallee >= limits.queuePerCalleeMax) {
    return refusal(
      'queue_full',
      `queue_per_callee: at most ${limits.queuePerCalleeMax} delegations wait for one workspace.`,
      retryAfterMs,
    );
  }
  if (work.tx.queuedIn(callee.org) + taken.inBatch >= limits.queuePerOrgMax) {
    return refusal(
      'queue_full',
      `queue_per_org: at most ${limits.queuePerOrgMax} delegations wait in one organisation.`,
      retryAfterMs,
    );
  }
  return undefined;
}

/** For a caller that would rather not wait: nobody is overtaken for it either. */
function refuseWaiting(
  work: Work,
  { orRefuse }: Accept,
  { callee, taken }: { callee: Workspace; taken: Taken },
): Refusal | undefined {
  const isFree = callee.queued === 0 && freeSlots(work, callee) > taken.atCallee;
  return orRefuse === undefined || isFree
    ? undefined
    : refusal('no_free_slot', `All ${callee.capacity} slots are taken.`, usualMs(callee.durations) ?? 1000);
}

function refuseSupersede(work: Work, command: Accept): Refusal | undefined {
  if (command.supersedes === null) {
    return undefined;
  }
  const older = work.tx.delegation({ id: command.supersedes });
  if (older === undefined || older.caller !== command.caller) {
    return refusal('not_found', `There is no delegation ${command.supersedes}.`);
  }
  return older.status === 'pending' || older.status === 'queued'
    ? undefined
    : refusal('not_now', `Delegation ${command.supersedes} has started already; cancel it instead.`);
}
