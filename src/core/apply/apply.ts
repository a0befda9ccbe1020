/**
 * Carries out the commands of one batch, one after the other, inside one transaction of an engine.
 *
 * After each command the slots it freed are handed on and the children it bereaved are cancelled, so that every
 * invariant holds between any two commands and not only between commits (D9, D16).
 */
import type { Delegation, DelegationCommandType } from '../delegation/index.ts';
import { refusal } from '../error.ts';
import type { Answer, Command, Transaction } from '../ports/index.ts';
import { accept, openBatch } from './accept.ts';
import { cancelOne } from './cancel.ts';
import { change } from './change.ts';
import { handOn } from './dispatch.ts';
import { acknowledgeNotices, collect, leaseNotices, renewNotices } from './inbox.ts';
import { issueKey, revokeKey } from './keys.ts';
import { commitMemory, forgetMemory } from './memory.ts';
import { post, say } from './message.ts';
import type { Work } from './work.ts';
import { beat, change as changeWorkspace, claimAssignments, enrol, look, register, steer } from './workspaces.ts';

export function newWork(tx: Transaction): Work {
  return { tx, handovers: [], stops: [], freed: new Set(), bereft: [] };
}

export function apply(work: Work, command: Command): Answer {
  const answer = carryOut(work, command);
  for (let parent = work.bereft.pop(); parent !== undefined; parent = work.bereft.pop()) {
    const why = isEnded(parent) ? 'The one above it ended.' : 'The one above it was cancelled.';
    for (const child of work.tx.liveChildren(parent.key)) {
      if (isTakenAlong(parent, child)) {
        cancelOne(work, child, { actor: parent.detail.cancel?.by ?? 'errand', note: why });
      }
    }
  }
  while (work.freed.size > 0) {
    for (const callee of work.freed) {
      work.freed.delete(callee);
      handOn(work, callee);
    }
  }
  return asItStands(work, answer);
}

/** Where its end is no decision about what is below, that goes on; unless nobody but the one that ended is told of it. */
function isTakenAlong(parent: Delegation, child: Delegation): boolean {
  return !isEnded(parent) || parent.reason === 'budget_exhausted' || child.detail.quiet === true;
}

function isEnded({ status }: Delegation): boolean {
  return status === 'failed' || status === 'completed';
}

/** A slot that was free may have taken it since: the answer says where it is when the command is through. */
function asItStands(work: Work, answer: Answer): Answer {
  if (answer.kind === 'batch') {
    return { ...answer, delegations: answer.delegations.map((one) => work.tx.delegation({ key: one.key }) ?? one) };
  }
  const now = answer.kind === 'done' ? work.tx.delegation({ key: answer.delegation.key }) : undefined;
  return now === undefined || answer.kind !== 'done' || now === answer.delegation
    ? answer
    : { ...answer, delegation: now };
}

type Standing = Exclude<Command['type'], DelegationCommandType>;

type Handler<T extends Standing> = (work: Work, command: Extract<Command, { type: T }>) => Answer;

/** Everything but what happens to one delegation that is there already; that is `change`. */
const HANDLERS: { [T in Standing]: Handler<T> } = {
  accept,
  open_batch: openBatch,
  enrol,
  register,
  change: changeWorkspace,
  pause: steer,
  resume: steer,
  drain: steer,
  remove: steer,
  beat,
  look,
  claim: claimAssignments,
  issue_key: issueKey,
  revoke_key: revokeKey,
  note,
  lease_notices: leaseNotices,
  renew_notices: renewNotices,
  acknowledge_notices: acknowledgeNotices,
  collect,
  prune: (work, command) => ({ kind: 'count', count: work.tx.prune(command.before, command.most) }),
  say,
  post,
  commit_memory: commitMemory,
  forget_memory: forgetMemory,
};

function carryOut(work: Work, command: Command): Answer {
  if (!isStanding(command)) {
    return change(work, command);
  }
  const handler = HANDLERS[command.type] as (work: Work, command: Command) => Answer;
  return handler(work, command);
}

function isStanding(command: Command): command is Extract<Command, { type: Standing }> {
  return Object.hasOwn(HANDLERS, command.type);
}

function note(work: Work, command: Extract<Command, { type: 'note' }>): Answer {
  const workspace = work.tx.workspace(command.workspace);
  if (workspace === undefined) {
    return { kind: 'refused', refusal: refusal('not_found', `There is no workspace ${command.workspace}.`) };
  }
  work.tx.append({
    type: command.event,
    org: workspace.org,
    workspace: command.workspace,
    peer: command.peer,
    actor: command.actor,
    delegation: null,
    delegationId: null,
    n: null,
    data: command.data,
  });
  return { kind: 'workspace', workspace, fresh: true };
}
