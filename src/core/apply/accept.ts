/**
 * Acceptance: checked inside the transaction, then one commit that also dispatches if a slot is free.
 *
 * The same key with the same body finds the same delegation, whatever became of it; with another body it is a
 * conflict. No key is made from the text: the same task may be delegated twice on purpose (D1, D4, D16).
 */
import { dueAt, laneOf, newPurse, turnOf, type Accept, type Delegation, type OpenBatch } from '../delegation/index.ts';
import { refusal, type Refusal } from '../error.ts';
import type { Answer } from '../ports/index.ts';
import { parentOf, refuse } from './admission.ts';
import { setAside } from './budget.ts';
import { freeSlots, isServed, slotOf } from './dispatch.ts';
import { settle } from './settle.ts';
import { count, isLive, sayDelegation, sayWorkspace, type Work } from './work.ts';

export function accept(work: Work, command: Accept): Answer {
  const known = remembered(work, command);
  if (known !== undefined) {
    return known;
  }
  const refused = refuse(work, command);
  return refused === undefined
    ? { kind: 'done', delegation: admit(work, command), fresh: true }
    : { kind: 'refused', refusal: refused };
}

export function openBatch(work: Work, command: OpenBatch): Answer {
  const known = remembered(work, command);
  if (known !== undefined) {
    return known;
  }
  const refused = refuseTasks(work, command);
  if (refused !== undefined) {
    return { kind: 'refused', refusal: refused };
  }
  const caller = work.tx.workspace(command.caller);
  const batch = {
    ...(command.minted ?? work.tx.mint('bat')),
    org: caller?.org ?? '',
    caller: command.caller,
    join: 'all' as const,
    size: command.tasks.length,
    completed: 0,
    failed: 0,
    cancelled: 0,
    createdAt: work.tx.now,
    settledAt: null,
  };
  work.tx.saveBatch(batch);
  rememberKey(work, command, { delegation: null, batch: batch.key });
  if (caller !== undefined) {
    sayWorkspace(work, caller, {
      type: 'batch.accepted',
      actor: command.tasks[0]?.actor ?? command.caller,
      data: { batch_id: batch.id, size: batch.size },
    });
  }
  const delegations = command.tasks.map((task) => admit(work, task, batch.key));
  return { kind: 'batch', batch, delegations, fresh: true };
}

/** The whole batch or nothing of it: the first refusal names its task. */
function refuseTasks(work: Work, command: OpenBatch): Refusal | undefined {
  const atCallee = new Map<string, number>();
  for (const [index, task] of command.tasks.entries()) {
    const before = atCallee.get(task.callee) ?? 0;
    const refused = refuse(work, task, { atCallee: before, inBatch: index });
    if (refused !== undefined) {
      return { ...refused, message: `tasks[${index}]: ${refused.message}` };
    }
    atCallee.set(task.callee, before + 1);
  }
  return undefined;
}

function remembered(work: Work, command: Accept | OpenBatch): Answer | undefined {
  const known = command.idempotency === null ? undefined : work.tx.remembered(command.caller, command.idempotency.key);
  if (known !== undefined) {
    return known.hash === command.idempotency?.hash ? found(work, known) : conflict();
  }
  // An id of ours is made in this commit; one from outside may be here already.
  const given = command.type === 'accept' ? command.id : null;
  const same = given === null ? undefined : work.tx.delegation({ id: given });
  if (same === undefined) {
    return undefined;
  }
  return same.caller === command.caller && same.callee === (command as Accept).callee
    ? { kind: 'done', delegation: same, fresh: false }
    : { kind: 'refused', refusal: refusal('already_exists', `The id ${same.id} is taken.`) };
}

function found(work: Work, known: { delegation: number | null; batch: number | null }): Answer | undefined {
  if (known.batch !== null) {
    const batch = work.tx.batch(known.batch);
    return batch === undefined ? undefined : { kind: 'batch', batch, delegations: [], fresh: false };
  }
  const delegation = known.delegation === null ? undefined : work.tx.delegation({ key: known.delegation });
  return delegation === undefined ? undefined : { kind: 'done', delegation, fresh: false };
}

function conflict(): Answer {
  return {
    kind: 'refused',
    refusal: refusal('idempotency_conflict', 'The idempotency key was used with another body.'),
  };
}

function rememberKey(
  work: Work,
  command: Accept | OpenBatch,
  what: { delegation: number | null; batch: number | null },
): void {
  if (command.idempotency !== null) {
    work.tx.remember(command.caller, command.idempotency.key, { hash: command.idempotency.hash, ...what });
  }
}

/** Writes what was admitted: the row, its body, its first event, and the dispatch where a slot is free. */
function admit(work: Work, command: Accept, batch: number | null = null): Delegation {
  const made = command.minted ?? work.tx.mint('dlg');
  const identity = { key: made.key, id: command.id ?? made.id, batch };
  supersede(work, command, identity.id);
  const row = newRow(work, command, identity);
  const dispatches = mayStart(work, row);
  if (dispatches) {
    Object.assign(row, slotOf(work, row, work.tx.owner));
    row.version = 2;
  } else {
    row.turn = turnFor(work, row);
  }
  row.dueAt = dueAt(row, work.tx.limits);
  work.tx.insertDelegation(row, command.request);
  count(work, undefined, row);
  setAside(work, row);
  rememberKey(work, command, { delegation: row.key, batch: null });
  sayDelegation(work, row, { type: 'delegation.accepted', actor: command.actor, data: acceptedData(row) }, 1);
  if (dispatches) {
    sayDelegation(work, row, {
      type: 'delegation.dispatched',
      actor: 'errand',
      data: { attempt: row.attempt, epoch: row.epoch },
    });
    work.handovers.push({ delegation: row, callee: work.tx.workspace(row.callee), request: command.request });
  } else if (row.status === 'queued') {
    work.tx.setTurn(row, row.turn);
    work.freed.add(row.callee);
  }
  return row;
}

function acceptedData(row: Delegation): Record<string, unknown> | undefined {
  return row.status === 'queued' || row.status === 'pending' ? { status: row.status } : undefined;
}

function newRow(work: Work, command: Accept, identity: Pick<Delegation, 'key' | 'id' | 'batch'>): Delegation {
  const { now } = work.tx;
  const parent = parentOf(work, command);
  const starts = command.origin !== 'self' && command.startAt !== null && command.startAt > now;
  // Its times count from when it may start: what starts tomorrow would else be over before it has begun.
  const from = starts ? (command.startAt ?? now) : now;
  const pending = starts || command.origin === 'self';
  return {
    key: identity.key,
    id: identity.id,
    org: work.tx.workspace(command.caller)?.org ?? '',
    caller: command.caller,
    callee: command.callee,
    origin: command.origin,
    delivery: command.delivery,
    status: pending ? 'pending' : 'queued',
    reason: null,
    error: null,
    priority: command.priority,
    turn: servedTurn(work, command),
    ready: !pending && !isBehind(work, command, identity.key),
    conversation: command.conversation,
    epoch: 0,
    attempt: 0,
    owner: null,
    leaseUntil: null,
    notBefore: starts ? command.startAt : null,
    // Nobody waits for a child any longer than for the one above it.
    deadlineAt: Math.min(from + command.deadlineMs, parent?.deadlineAt ?? Infinity),
    validUntil: command.validForMs === null ? null : from + command.validForMs,
    dueAt: null,
    parent: parent?.key ?? null,
    root: rootUnder(parent),
    depth: (parent?.depth ?? 0) + 1,
    batch: identity.batch,
    createdAt: now,
    queuedAt: now,
    dispatchedAt: null,
    progressAt: null,
    settledAt: null,
    version: 1,
    resultLength: null,
    resultSha256: null,
    detail: detailOf(command),
  };
}

/** An older one of its lane is alive. */
function isBehind(work: Work, command: Accept, key: number): boolean {
  const { caller, callee, conversation, origin } = command;
  const lane = conversation === null || origin === 'self' ? undefined : laneOf({ caller, callee, conversation });
  return lane !== undefined && work.tx.firstInLane(lane, key) !== undefined;
}

function rootUnder(parent: Delegation | undefined): number | null {
  return parent === undefined ? null : (parent.root ?? parent.key);
}

function detailOf({ skill, quiet, budget }: Accept): Delegation['detail'] {
  const detail: Delegation['detail'] = skill === undefined ? {} : { skill };
  if (quiet !== undefined) {
    detail.quiet = quiet;
  }
  if (budget !== undefined) {
    detail.purse = newPurse(budget);
  }
  return detail;
}

function servedTurn(work: Work, where: Pick<Delegation, 'callee' | 'priority'>): number {
  return work.tx.workspace(where.callee)?.served[where.priority] ?? 0;
}

function turnFor(work: Work, waiting: Delegation): number {
  return turnOf({ served: servedTurn(work, waiting), given: work.tx.turnGiven(waiting) });
}

/** A free slot and nobody before it. Where somebody waits, even behind a hold that is just over, the order decides. */
function mayStart(work: Work, row: Delegation): boolean {
  const callee = work.tx.workspace(row.callee);
  return row.ready && callee !== undefined && callee.queued === 0 && isServed(callee) && freeSlots(work, callee) > 0;
}

function supersede(work: Work, command: Accept, by: string): void {
  const older = command.supersedes === null ? undefined : work.tx.delegation({ id: command.supersedes });
  if (older !== undefined && isLive(older)) {
    settle(work, older, {
      status: 'failed',
      reason: 'superseded',
      error: `Replaced by ${by}.`,
      actor: command.actor,
      detail: { supersededBy: by },
    });
  }
}
