/**
 * Gives free slots to those who wait, in the commit that made them free (D16).
 *
 * `handOn` is called wherever a slot, a capacity, a hold or a queue changed. It takes the heads of the bands, picks
 * one by `queue.ts`, and goes on until nothing is free or nothing is ready. A callee that fetches its own work is
 * left alone: its claim is its dispatch.
 */
import { BANDS, nextOf, TRANSITIONS, worthStartingUntil, type Delegation } from '../delegation/index.ts';
import { openSlots, type CarrierName, type Workspace } from '../workspace/index.ts';
import { settle } from './settle.ts';
import { advance, type Work } from './work.ts';

export function handOn(work: Work, calleeId: string): void {
  for (;;) {
    const callee = work.tx.workspace(calleeId);
    if (callee === undefined || !isServed(callee) || freeSlots(work, callee) === 0) {
      return;
    }
    const next = firstReady(work, callee);
    if (next === undefined) {
      return;
    }
    dispatch(work, next, work.tx.owner);
  }
}

/** The agent fetches; each assignment is dispatched under a lease of its own. */
export function claim(work: Work, calleeId: string, most: number): Delegation[] {
  const claimed: Delegation[] = [];
  while (claimed.length < most) {
    const callee = work.tx.workspace(calleeId);
    if (callee === undefined || freeSlots(work, callee) === 0) {
      break;
    }
    const next = firstReady(work, callee);
    if (next === undefined) {
      break;
    }
    claimed.push(dispatch(work, next, calleeId));
  }
  return claimed;
}

const SERVED: ReadonlySet<CarrierName> = new Set<CarrierName>(['a2a', 'command', 'in_process']);

/** We deliver to it, as opposed to one that fetches or was never reached. */
export function isServed(callee: Workspace): boolean {
  return SERVED.has(callee.carrier);
}

export function freeSlots(work: Work, callee: Workspace): number {
  return openSlots(callee, { now: work.tx.now, circuitFailures: work.tx.limits.circuitFailures });
}

/** The one a free slot takes; what is past its time on the way there is settled, not delivered. */
function firstReady(work: Work, callee: Workspace): Delegation | undefined {
  if (callee.queued === 0) {
    return undefined;
  }
  for (;;) {
    const heads = BANDS.map((band) => work.tx.firstQueued(callee.id, band)).filter((head) => head !== undefined);
    const next = nextOf(heads, work.tx.now);
    if (next === undefined || !isExpired(next, work.tx.now)) {
      return next;
    }
    settle(work, next, {
      status: 'failed',
      reason: next.deadlineAt <= work.tx.now ? 'deadline_exceeded' : 'expired_in_queue',
      error: 'It was not started in the time it was worth waiting for.',
      actor: 'errand',
    });
  }
}

function isExpired(waiting: Delegation, now: number): boolean {
  const worthUntil = worthStartingUntil(waiting);
  return waiting.deadlineAt <= now || (worthUntil !== null && worthUntil <= now);
}

function dispatch(work: Work, waiting: Delegation, owner: string): Delegation {
  if (TRANSITIONS[waiting.status].dispatch !== 'dispatched') {
    throw new Error(`The queue offered ${waiting.id}, which is ${waiting.status}.`);
  }
  const callee = work.tx.workspace(waiting.callee);
  if (callee !== undefined) {
    work.tx.saveWorkspace({
      ...callee,
      served: {
        ...callee.served,
        [waiting.priority]: Math.max(callee.served[waiting.priority] ?? 0, waiting.turn),
      },
    });
  }
  const running = advance(work, waiting, slotOf(work, waiting, owner), {
    type: 'delegation.dispatched',
    actor: 'errand',
    data: { attempt: waiting.attempt + 1, epoch: waiting.epoch + 1 },
  });
  if (owner === work.tx.owner) {
    work.handovers.push({ delegation: running });
  }
  return running;
}

/** What a row becomes when it gets a slot: a new epoch, a lease, one more attempt (D6). */
export function slotOf(work: Work, waiting: Pick<Delegation, 'epoch' | 'attempt'>, owner: string) {
  return {
    status: 'dispatched',
    ready: false,
    notBefore: null,
    epoch: waiting.epoch + 1,
    attempt: waiting.attempt + 1,
    owner,
    leaseUntil: work.tx.now + work.tx.limits.leaseMs,
    dispatchedAt: work.tx.now,
    progressAt: work.tx.now,
  } as const;
}
