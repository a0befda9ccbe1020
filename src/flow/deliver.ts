/**
 * Hands one delegation over through its carrier and brings home what became of it.
 *
 * A delivery works under the epoch it was dispatched with; whatever it brings after somebody else took over is refused
 * by that number (D6). It never decides anything: the outcome becomes a command, and the law says what follows.
 */
import type { Delegation } from '../core/delegation/index.ts';
import { ErrandError } from '../core/error.ts';
import type { Answer, Assignment, Handover, Outcome, Reports } from '../core/ports/index.ts';
import { failureOf } from './answer-of.ts';
import { attemptToken } from './attempt-token.ts';
import type { Line } from './line.ts';
import type { Run } from './runs.ts';
import { bringHome } from './settle.ts';

/** Progress that comes faster than this is a sign of life and no more. */
const PROGRESS_EVERY_MS = 1000;
const WAIT_FIRST_MS = 100;
const WAIT_MOST_MS = 5000;

export async function deliver(line: Line, handover: Handover): Promise<void> {
  const { delegation } = handover;
  const run: Run = { key: delegation.key, epoch: delegation.epoch, abort: new AbortController(), progressedAt: 0 };
  line.runs.add(run);
  try {
    const outcome = await handOver(line, handover, run);
    await bringHomeSurely(line, { delegation, run }, outcome);
    if (outcome.kind === 'rests') {
      void wakeAfter(line, delegation, outcome.until);
    }
    if (outcome.kind === 'rests' || outcome.kind === 'asked') {
      await tellPutOff(line, { handover, run, remoteTask: outcome.remote?.task });
    }
  } catch (error) {
    line.onFault(error);
  } finally {
    line.runs.remove(run);
  }
}

/** It was told to stop while it put itself off, and nobody of this delivery heard that any more. */
async function tellPutOff(
  line: Line,
  { handover, run, remoteTask }: { handover: Handover; run: Run; remoteTask: string | undefined },
): Promise<void> {
  const { signal } = run.abort;
  const assignment = signal.aborted && !hasLetGo(run) ? await assignmentOf(line, handover) : undefined;
  const carrier = assignment === undefined ? undefined : line.carriers[assignment.callee.carrier];
  if (assignment !== undefined && remoteTask !== undefined) {
    await carrier?.deliver(
      { ...assignment, remoteTask },
      { reports: { acknowledged: () => {}, progressed: () => {} }, signal },
    );
  }
}

/** Said only once it rests: what it waited for may have been there before. */
async function wakeAfter(line: Line, { key, id, callee }: Delegation, until: Promise<unknown>): Promise<void> {
  await until;
  for (const waitMs of waits()) {
    const answer = await line.recorder.record({ type: 'wake', ref: { key, id }, actor: callee });
    if (!isWorthAnother(line, answer)) {
      return;
    }
    await pause(line, waitMs);
  }
}

/** What a callee has brought waits for a store that is away; only whoever has taken over makes it pointless. */
async function bringHomeSurely(
  line: Line,
  { delegation, run }: { delegation: Delegation; run: Run },
  outcome: Outcome,
): Promise<void> {
  for (const waitMs of waits()) {
    const answer = hasLetGo(run) ? undefined : await bringHome(line, delegation, outcome);
    if (answer === undefined || !isWorthAnother(line, answer)) {
      return;
    }
    await pause(line, waitMs);
  }
}

/** The store is away, and may come back; not so for a line that was closed. */
function isWorthAnother({ recorder }: Line, answer: Answer): boolean {
  return !recorder.isClosed && answer.kind === 'fault' && failureOf(answer).code === 'unavailable';
}

function* waits(): Generator<number> {
  for (let waitMs = WAIT_FIRST_MS; ; waitMs = Math.min(waitMs * 2, WAIT_MOST_MS)) {
    yield waitMs;
  }
}

async function pause(line: Line, ms: number): Promise<void> {
  await new Promise<void>((resolve) => void line.clock.after(ms, resolve));
}

function hasLetGo({ abort }: Run): boolean {
  return abort.signal.reason === 'overtaken' || abort.signal.reason === 'shutdown';
}

async function handOver(line: Line, handover: Handover, run: Run): Promise<Outcome> {
  const { delegation } = handover;
  try {
    const assignment = await assignmentSurely(line, handover, run);
    if (assignment === 'stopped') {
      return { kind: 'unreachable', error: 'It was stopped before it was sent.', retryAfterMs: null };
    }
    const carrier = assignment === undefined ? undefined : line.carriers[assignment.callee.carrier];
    if (assignment === undefined || carrier === undefined) {
      return { kind: 'failed', reason: 'unreachable', error: 'There is no way to reach this workspace from here.' };
    }
    return await carrier.deliver(assignment, { reports: reportsOf(line, delegation, run), signal: run.abort.signal });
  } catch (error) {
    line.onFault(error);
    return { kind: 'unknown', error: error instanceof Error ? error.message : String(error) };
  }
}

/** While the store is away nothing is sent, and so nothing is in doubt. */
async function assignmentSurely(line: Line, handover: Handover, run: Run): Promise<Assignment | 'stopped' | undefined> {
  for (const waitMs of waits()) {
    try {
      return await assignmentOf(line, handover);
    } catch (error) {
      if (!(error instanceof ErrandError && error.code === 'unavailable')) {
        throw error;
      }
      line.onFault(error);
    }
    await pause(line, waitMs);
    if (run.abort.signal.aborted) {
      return 'stopped';
    }
  }
  return undefined;
}

export async function assignmentOf(line: Line, handover: Handover): Promise<Assignment | undefined> {
  const { delegation } = handover;
  const [callee, request] = await Promise.all([
    handover.callee ?? line.engine.workspace(delegation.callee),
    handover.request ?? line.engine.request(delegation.key),
  ]);
  if (callee === undefined || request === undefined) {
    return undefined;
  }
  const { detail } = delegation;
  return {
    key: delegation.key,
    id: delegation.id,
    caller: delegation.caller,
    callee,
    task: request.task,
    ...(request.context === undefined ? {} : { context: request.context }),
    ...(request.parts === undefined ? {} : { parts: request.parts }),
    conversation: delegation.conversation,
    epoch: delegation.epoch,
    attempt: delegation.attempt,
    deadlineAt: delegation.deadlineAt,
    delivery: delegation.delivery,
    ...(request.traceparent === undefined ? {} : { traceparent: request.traceparent }),
    attemptToken: attemptToken(line, delegation),
    mayHaveRun: detail.outcomeUnknown === true,
    ...(detail.remoteTask === undefined ? {} : { remoteTask: detail.remoteTask }),
    ...(detail.remoteContext === undefined ? {} : { remoteContext: detail.remoteContext }),
    ...(detail.answer === undefined ? {} : { answer: detail.answer.text }),
    ...(detail.answer?.question === undefined ? {} : { question: detail.answer.question }),
    ...(detail.skill === undefined ? {} : { skill: detail.skill }),
    ...(detail.checkpoint === undefined ? {} : { checkpoint: detail.checkpoint }),
    ...(detail.steering === undefined ? {} : { steering: detail.steering }),
  };
}

function reportsOf(line: Line, delegation: Delegation, run: Run): Reports {
  const about = { ref: { key: delegation.key, id: delegation.id }, epoch: delegation.epoch, actor: delegation.callee };
  return {
    acknowledged: (remote) => {
      void line.recorder.record({
        type: 'acknowledge',
        ...about,
        ...(remote?.task === undefined ? {} : { remoteTask: remote.task }),
        ...(remote?.context === undefined ? {} : { remoteContext: remote.context }),
      });
    },
    progressed: (progress) => {
      const now = line.clock.now();
      const isDue = now - run.progressedAt >= PROGRESS_EVERY_MS || now < run.progressedAt;
      if (isDue || progress.checkpoint !== undefined || progress.usage !== undefined) {
        run.progressedAt = now;
        void line.recorder.record({ type: 'progress', ...about, ...progress });
      }
    },
    heeded: (count) => void line.recorder.record({ type: 'heed', ...about, count }),
    ended: (outcome) => void bringHome(line, delegation, outcome),
  };
}
