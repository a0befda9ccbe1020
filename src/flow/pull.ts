/**
 * The agent's side of the pull carrier: it fetches what is next in its queue and says how it went.
 *
 * A fetch is a claim: it gives slots, leases and epochs in one commit. Every later call brings its epoch, so that an
 * agent which was away too long finds its words refused, and named so (D6).
 */
import {
  decide,
  type Delegation,
  type DelegationCommand,
  type Reason,
  type Ref,
  type Usage,
} from '../core/delegation/index.ts';
import type { Assignment, Output } from '../core/ports/index.ts';
import { wouldFetchNothing } from '../core/workspace/index.ts';
import { waitFor } from '../events/index.ts';
import { changedOf, failureOf, type Changed } from './answer-of.ts';
import { assignmentOf } from './deliver.ts';
import type { Line } from './line.ts';
import { bringHome } from './settle.ts';

export interface Fetch {
  callee: string;
  most: number;
  waitMs: number;
  signal?: AbortSignal;
}

export type Fetched = Assignment & { leaseUntil: number };

/** Of the time without a sign of life after which a seat counts as gone; a fetch waits no longer than that. */
const PRESENT_PART = 5 / 6;

export async function fetchAssignments(line: Line, fetch: Fetch): Promise<Fetched[]> {
  let still = false;
  const claimed = await waitFor({
    clock: line.clock,
    waitMs: Math.min(fetch.waitMs, line.limits.presenceMs * PRESENT_PART),
    ...(fetch.signal === undefined ? {} : { signal: fetch.signal }),
    subscribe: (wake) => line.hub.onWorkspace(fetch.callee, wake),
    look: async () => {
      const { delegations, left } = await claim(line, fetch, still);
      still = true;
      return delegations.length === 0 && left !== true ? undefined : delegations;
    },
  });
  if (fetch.signal?.aborted === true) {
    await giveBack(line, claimed ?? []);
    return [];
  }
  const assignments = await Promise.all((claimed ?? []).map(async (one) => withLease(line, one)));
  return assignments.filter((assignment) => assignment !== undefined);
}

/** `still`: its asker came a while ago, and may have left since. */
async function claim(
  line: Line,
  { callee, most }: Fetch,
  still: boolean,
): Promise<{ delegations: Delegation[]; left?: boolean }> {
  const seat = await line.engine.workspace(callee);
  if (seat !== undefined && wouldFetchNothing(seat, { now: line.clock.now(), ...line.limits })) {
    return { delegations: [] };
  }
  const answer = await line.recorder.record({ type: 'claim', callee, most, ...(still ? { still } : {}) });
  if (answer.kind !== 'claimed') {
    throw failureOf(answer);
  }
  return answer;
}

/** Whoever asked has gone before it could be told: nothing was taken, and no attempt is spent. */
async function giveBack(line: Line, claimed: readonly Delegation[]): Promise<void> {
  await Promise.all(
    claimed.map(async ({ key, id, epoch, callee }) =>
      line.recorder.record({
        type: 'requeue',
        ref: { key, id },
        epoch,
        actor: callee,
        why: 'busy',
        error: null,
        retryAfterMs: null,
        chance: line.ids.chance(),
      }),
    ),
  );
}

async function withLease(line: Line, delegation: Delegation): Promise<Fetched | undefined> {
  const assignment = await assignmentOf(line, { delegation });
  // Not a copy: the token is signed when it is asked for, and a copy has none.
  return assignment === undefined ? undefined : Object.assign(assignment, { leaseUntil: delegation.leaseUntil ?? 0 });
}

export interface Working {
  ref: Ref;
  epoch: number;
  actor: string;
  /** The delegation, where it was read already. */
  seen?: Delegation;
}

async function seenOf(line: Line, { seen, ref }: Working): Promise<Delegation> {
  const delegation = seen ?? (await line.engine.delegation(ref));
  if (delegation === undefined) {
    throw failureOf({ kind: 'refused', refusal: { code: 'not_found', message: 'There is no such delegation.' } });
  }
  return delegation;
}

function aboutOf({ ref, epoch, actor }: Working) {
  return { ref, epoch, actor };
}

/** What would change nothing is answered by what was read: an agent that says it without end costs no commits. */
async function mention(line: Line, working: Working, command: DelegationCommand): Promise<Changed> {
  const delegation = await seenOf(line, working);
  const verdict = decide(delegation, command, { now: line.clock.now(), limits: line.limits });
  if (verdict.kind !== 'noop') {
    return changedOf(await line.recorder.record(command));
  }
  if (SIGNS.has(command.type)) {
    await new Promise<void>((resolve) => void line.clock.after(TOO_SOON_MS, resolve));
  }
  return { delegation, fresh: false };
}

/** Signs of life that nobody needed are answered a little later: whoever hurries is slowed down, and nobody else. */
const SIGNS: ReadonlySet<DelegationCommand['type']> = new Set(['progress', 'renew']);
const TOO_SOON_MS = 100;

export async function acknowledge(line: Line, working: Working): Promise<Changed> {
  return mention(line, working, { type: 'acknowledge', ...aboutOf(working) });
}

export async function renew(line: Line, working: Working): Promise<Changed> {
  return mention(line, working, { type: 'renew', ...aboutOf(working) });
}

export async function progress(
  line: Line,
  working: Working,
  { message, ...said }: { message?: string; percent?: number; inTool?: boolean },
): Promise<Changed> {
  return mention(line, working, {
    type: 'progress',
    ...aboutOf(working),
    ...said,
    ...(message === undefined ? {} : { message: message.toWellFormed() }),
  });
}

export async function ask(line: Line, working: Working, question: string): Promise<Changed> {
  return mention(line, working, { type: 'ask', ...aboutOf(working), question: question.toWellFormed() });
}

export async function complete(line: Line, working: Working, output: Output, usage?: Usage): Promise<Changed> {
  return finish(line, working, { kind: 'completed', output, ...(usage === undefined ? {} : { usage }) });
}

export async function fail(
  line: Line,
  working: Working,
  said: {
    error: string;
    retryable: boolean;
    reason?: 'callee_failed' | 'result_too_large' | undefined;
    partial?: Output;
  },
): Promise<Changed> {
  if (said.retryable) {
    const error = said.error.toWellFormed();
    const chance = line.ids.chance();
    return changedOf(
      await line.recorder.record({
        type: 'requeue',
        ...aboutOf(working),
        why: 'unknown',
        error,
        retryAfterMs: null,
        chance,
      }),
    );
  }
  const reason: Reason = said.reason ?? 'callee_failed';
  const output = said.partial;
  return finish(line, working, {
    kind: 'failed',
    reason,
    error: said.error,
    ...(output === undefined ? {} : { output }),
  });
}

export async function confirmCancel(line: Line, working: Working): Promise<Changed> {
  return changedOf(await line.recorder.record({ type: 'confirm_cancel', ...aboutOf(working) }));
}

async function finish(line: Line, working: Working, outcome: Parameters<typeof bringHome>[2]): Promise<Changed> {
  const delegation = await seenOf(line, working);
  return changedOf(await bringHome(line, { ...delegation, epoch: working.epoch }, outcome));
}
