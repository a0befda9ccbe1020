/**
 * The last verb of the line: the ending gets to the caller, and stays in its inbox until it is acknowledged.
 *
 * Waiting makes it faster and promises nothing; a notice that was handed out and not acknowledged comes again after
 * its lease, with its count of deliveries (D7).
 */
import type { Notice, Timer } from '../core/ports/index.ts';
import { isSettled, type Delegation, type Result } from '../core/delegation/index.ts';
import { waitFor } from '../events/index.ts';
import { failureOf } from './answer-of.ts';
import type { Line } from './line.ts';

export interface Reading {
  workspace: string;
  most: number;
  waitMs: number;
  /** Only what was handed out less often than that. */
  tries?: number;
  signal?: AbortSignal;
}

export async function readInbox(line: Line, reading: Reading): Promise<Notice[]> {
  let wakeUp = (): void => {};
  let freeAgain: Timer | undefined;
  const found = await waitFor({
    clock: line.clock,
    waitMs: reading.waitMs,
    ...(reading.signal === undefined ? {} : { signal: reading.signal }),
    subscribe: (wake) => {
      wakeUp = wake;
      return line.hub.onWorkspace(reading.workspace, ({ type, workspace }) => {
        if (workspace === reading.workspace && TELLS.has(type)) {
          wake();
        }
      });
    },
    look: async () => {
      freeAgain?.cancel();
      const leased = await lease(line, reading);
      if (leased.notices.length === 0 && leased.freeInMs !== undefined && reading.waitMs > 0) {
        freeAgain = line.clock.after(leased.freeInMs, wakeUp);
      }
      return leased.notices.length === 0 ? undefined : leased.notices;
    },
  });
  freeAgain?.cancel();
  return found ?? [];
}

/** Enough to know when the first of them is free again. */
const LOOKED_AT = 20;

const TELLS: ReadonlySet<string> = new Set(['delegation.settled', 'delegation.asked', 'batch.settled']);

/** What is free now; or else when the first that somebody holds is free again, unless it is acknowledged. */
async function lease(line: Line, reading: Reading): Promise<{ notices: Notice[]; freeInMs?: number }> {
  const { workspace, most, tries = Infinity } = reading;
  const first = await line.engine.unacknowledged(workspace, LOOKED_AT);
  const open = first.filter(({ deliveries }) => deliveries < tries);
  const freeAt = Math.min(...open.map(({ leasedUntil }) => leasedUntil ?? 0));
  const freeInMs = Math.max(1, freeAt - line.clock.now());
  const isAll = first.length < LOOKED_AT;
  if (isAll && open.length === 0) {
    return { notices: [] };
  }
  if (isAll && freeInMs > 1) {
    return { notices: [], freeInMs };
  }
  const limit = reading.tries === undefined ? {} : { tries: reading.tries };
  const answer = await line.recorder.record({ type: 'lease_notices', workspace, most, ...limit });
  if (answer.kind !== 'notices') {
    throw failureOf(answer);
  }
  return { notices: answer.notices, ...(open.length === 0 ? {} : { freeInMs }) };
}

/** Keeps what somebody has in hand from others for so long from now, or gives it back; what is still to be told. */
export async function renewNotices(
  line: Line,
  said: { workspace: string; ids: readonly string[]; leaseMs: number },
): Promise<Notice[]> {
  const answer = await line.recorder.record({ type: 'renew_notices', ...said });
  if (answer.kind !== 'notices') {
    throw failureOf(answer);
  }
  return answer.notices;
}

export async function acknowledgeNotices(
  line: Line,
  said: { workspace: string; ids: readonly string[]; actor: string },
): Promise<number> {
  const answer = await line.recorder.record({ type: 'acknowledge_notices', ...said });
  if (answer.kind !== 'count') {
    throw failureOf(answer);
  }
  return answer.count;
}

/** The whole result, read by its caller: it will not be told again. An ending without one still has to be told. */
export async function collect(
  line: Line,
  delegation: Delegation,
  reader: { workspace: string | null; actor: string },
): Promise<Result | undefined> {
  const result = await line.engine.result(delegation.key);
  if (result !== undefined) {
    await collectEnding(line, delegation, reader);
  }
  return result;
}

/** Its ending, or what it asks, was shown to its caller: it will not be told again. */
export async function collectEnding(
  line: Line,
  { key, caller, status, version }: Delegation,
  { workspace, actor }: { workspace: string | null; actor: string },
): Promise<void> {
  if (workspace !== caller || !(isSettled(status) || status === 'input_required')) {
    return;
  }
  const answer = await line.recorder.record({ type: 'collect', workspace, delegation: key, version, actor });
  if (answer.kind === 'fault') {
    throw failureOf(answer);
  }
}

export interface Watching {
  key: number;
  /** The version its reader has seen; answers at the next. Or not before it has ended or asks something. */
  since: number | 'rest';
  waitMs: number;
  signal?: AbortSignal;
}

/** A long poll on one delegation; when the time is over, as it stands. */
export async function watch(line: Line, watching: Watching): Promise<Delegation | undefined> {
  const { key } = watching;
  const changed = await waitFor({
    clock: line.clock,
    waitMs: watching.waitMs,
    ...(watching.signal === undefined ? {} : { signal: watching.signal }),
    subscribe: (wake) => line.hub.onDelegation(key, wake),
    look: async () => {
      const found = await line.engine.delegation({ key });
      return found === undefined || isAwaited(found, watching.since) ? { found } : undefined;
    },
  });
  return changed === undefined ? line.engine.delegation({ key }) : changed.found;
}

function isAwaited({ status, version }: Delegation, since: number | 'rest'): boolean {
  return isSettled(status) || (since === 'rest' ? status === 'input_required' : version > since);
}
