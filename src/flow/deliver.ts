/**
 * Hands one delegation over through its carrier and brings home what became of it.
 *
 * A delivery works under the epoch it was dispatched with; whatever it brings after somebody else took over is refused
 * by that number (D6). It never decides anything: the outcome becomes a command, and the law says what follows.
 */
import type { Delegation } from '../core/delegation/index.ts';
import { ErrandError } from '../core/error.ts';
import type { Answer, Assignment, Delivering, Handover, Outcome, Reports } from '../core/ports/index.ts';
import { failureOf } from './answer-of.ts';
import { assigned } from './assigned.ts';
import type { Line } from './line.ts';
import { Run } from './run.ts';
import { bringHome } from './settle.ts';

/** Progress that comes faster than this is a sign of life and no more. */
const PROGRESS_EVERY_MS = 1000;
const WAIT_FIRST_MS = 100;
const WAIT_MOST_MS = 5000;

export async function deliver(line: Line, handover: Handover): Promise<void> {
  const { delegation } = handover;
  const run = new Run(delegation);
  line.runs.add(run);
  try {
    const outcome = await handOver(line, handover, run);
    if (!hasLetGo(run) && isWorthAnother(line, await bringHome(line, delegation, outcome))) {
      await bringHomeLater(line, { delegation, run }, outcome);
    }
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
  const isStopped = run.stopped !== undefined && !hasLetGo(run);
  const assignment = isStopped ? await assignmentOf(line, handover) : undefined;
  const carrier = assignment === undefined ? undefined : line.carriers[assignment.callee.carrier];
  if (assignment !== undefined && remoteTask !== undefined) {
    assignment.remoteTask = remoteTask;
    await carrier?.deliver(assignment, {
      reports: { acknowledged: () => {}, progressed: () => {} },
      signal: run.signal,
    });
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
async function bringHomeLater(line: Line, { delegation, run }: { delegation: Delegation; run: Run }, outcome: Outcome) {
  for (const waitMs of waits()) {
    await pause(line, waitMs);
    if (hasLetGo(run) || !isWorthAnother(line, await bringHome(line, delegation, outcome))) {
      return;
    }
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

function hasLetGo({ stopped }: Run): boolean {
  return stopped === 'overtaken' || stopped === 'shutdown';
}

async function handOver(line: Line, handover: Handover, run: Run): Promise<Outcome> {
  const { delegation } = handover;
  try {
    const assignment = knownOf(line, handover) ?? (await assignmentSurely(line, handover, run));
    if (assignment === 'stopped') {
      return { kind: 'unreachable', error: 'It was stopped before it was sent.', retryAfterMs: null };
    }
    const carrier = assignment === undefined ? undefined : line.carriers[assignment.callee.carrier];
    if (assignment === undefined || carrier === undefined) {
      return { kind: 'failed', reason: 'unreachable', error: 'There is no way to reach this workspace from here.' };
    }
    return await carrier.deliver(assignment, new Hands(line, delegation, run));
  } catch (error) {
    line.onFault(error);
    return { kind: 'unknown', error: error instanceof Error ? error.message : String(error) };
  }
}

/** Most are handed over in the commit that accepted them, and nothing has to be read. */
function knownOf(line: Line, { delegation, callee, request }: Handover): Assignment | undefined {
  return callee === undefined || request === undefined ? undefined : assigned(line, delegation, { callee, request });
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
    if (run.stopped !== undefined) {
      return 'stopped';
    }
  }
  return undefined;
}

export async function assignmentOf(line: Line, handover: Handover): Promise<Assignment | undefined> {
  const { delegation } = handover;
  const callee = handover.callee ?? (await line.engine.workspace(delegation.callee));
  const request = handover.request ?? (await line.engine.request(delegation.key));
  return knownOf(line, { delegation, callee, request });
}

/** What a carrier has in hand while it delivers: what it may say, and what tells it to stop. */
class Hands implements Delivering, Reports {
  readonly #line: Line;
  readonly #delegation: Delegation;
  readonly #run: Run;

  constructor(line: Line, delegation: Delegation, run: Run) {
    this.#line = line;
    this.#delegation = delegation;
    this.#run = run;
  }

  get reports(): Reports {
    return this;
  }

  get signal(): AbortSignal {
    return this.#run.signal;
  }

  acknowledged(remote?: { task?: string; context?: string }): void {
    void this.#line.recorder.record({
      type: 'acknowledge',
      ...this.#about(),
      ...(remote?.task === undefined ? {} : { remoteTask: remote.task }),
      ...(remote?.context === undefined ? {} : { remoteContext: remote.context }),
    });
  }

  progressed(progress: Parameters<Reports['progressed']>[0]): void {
    const run = this.#run;
    const now = this.#line.clock.now();
    const isDue = now - run.progressedAt >= PROGRESS_EVERY_MS || now < run.progressedAt;
    if (isDue || progress.checkpoint !== undefined || progress.usage !== undefined) {
      run.progressedAt = now;
      void this.#line.recorder.record({ type: 'progress', ...this.#about(), ...progress });
    }
  }

  heeded(count: number): void {
    void this.#line.recorder.record({ type: 'heed', ...this.#about(), count });
  }

  ended(outcome: Outcome): void {
    void bringHome(this.#line, this.#delegation, outcome);
  }

  #about() {
    const { key, id, epoch, callee } = this.#delegation;
    return { ref: { key, id }, epoch, actor: callee };
  }
}
