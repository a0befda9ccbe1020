/**
 * The agent's side of the pull carrier: it fetches what is next in its queue and says how it went.
 *
 * A fetch is a claim: it gives slots, leases and epochs in one commit. Every later call brings its epoch, so that an
 * agent which was away too long finds its words refused, and named so (D6).
 */
import type { Delegation, Reason, Ref, Usage } from '../core/delegation/index.ts';
import type { Assignment, Output } from '../core/ports/index.ts';
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

export async function fetchAssignments(line: Line, fetch: Fetch): Promise<Fetched[]> {
  const claimed = await waitFor({
    clock: line.clock,
    waitMs: fetch.waitMs,
    ...(fetch.signal === undefined ? {} : { signal: fetch.signal }),
    subscribe: (wake) => line.hub.onWorkspace(fetch.callee, wake),
    look: async () => {
      const found = await claim(line, fetch);
      return found.length === 0 ? undefined : found;
    },
  });
  const assignments = await Promise.all((claimed ?? []).map(async (one) => withLease(line, one)));
  return assignments.filter((assignment) => assignment !== undefined);
}

async function claim(line: Line, fetch: Fetch): Promise<Delegation[]> {
  const answer = await line.recorder.record({ type: 'claim', callee: fetch.callee, most: fetch.most });
  if (answer.kind !== 'claimed') {
    throw failureOf(answer);
  }
  return answer.delegations;
}

async function withLease(line: Line, delegation: Delegation): Promise<Fetched | undefined> {
  const assignment = await assignmentOf(line, { delegation });
  return assignment === undefined ? undefined : { ...assignment, leaseUntil: delegation.leaseUntil ?? 0 };
}

export interface Working {
  ref: Ref;
  epoch: number;
  actor: string;
}

export async function acknowledge(line: Line, working: Working): Promise<Changed> {
  return changedOf(await line.recorder.record({ type: 'acknowledge', ...working }));
}

export async function renew(line: Line, working: Working): Promise<Changed> {
  return changedOf(await line.recorder.record({ type: 'renew', ...working }));
}

export async function progress(
  line: Line,
  working: Working,
  said: { message?: string; percent?: number; inTool?: boolean },
): Promise<Changed> {
  return changedOf(await line.recorder.record({ type: 'progress', ...working, ...said }));
}

export async function ask(line: Line, working: Working, question: string): Promise<Changed> {
  return changedOf(await line.recorder.record({ type: 'ask', ...working, question: question.toWellFormed() }));
}

export async function complete(line: Line, working: Working, output: Output, usage?: Usage): Promise<Changed> {
  return finish(line, working, { kind: 'completed', output, ...(usage === undefined ? {} : { usage }) });
}

export async function fail(
  line: Line,
  working: Working,
  said: { error: string; retryable: boolean; partial?: Output },
): Promise<Changed> {
  if (said.retryable) {
    const error = said.error.toWellFormed();
    const chance = line.ids.chance();
    return changedOf(
      await line.recorder.record({ type: 'requeue', ...working, why: 'unknown', error, retryAfterMs: null, chance }),
    );
  }
  const reason: Reason = 'callee_failed';
  const output = said.partial;
  return finish(line, working, {
    kind: 'failed',
    reason,
    error: said.error,
    ...(output === undefined ? {} : { output }),
  });
}

export async function confirmCancel(line: Line, working: Working): Promise<Changed> {
  return changedOf(await line.recorder.record({ type: 'confirm_cancel', ...working }));
}

async function finish(line: Line, working: Working, outcome: Parameters<typeof bringHome>[2]): Promise<Changed> {
  const delegation = await line.engine.delegation(working.ref);
  if (delegation === undefined) {
    throw failureOf({ kind: 'refused', refusal: { code: 'not_found', message: 'There is no such delegation.' } });
  }
  return changedOf(await bringHome(line, { ...delegation, epoch: working.epoch }, outcome));
}
