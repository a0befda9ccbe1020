/**
 * Reads the store after a cut and holds it to what was answered before: every delegation with its request, every
 * settled one with its result and its notice, the log without a gap, its chain unbroken, the counters right.
 */
import { hash } from 'node:crypto';
import { chainText, type Engine, type Event } from '../../../src/core/ports/index.ts';
import { CALLEE, CALLER } from './cast.ts';
import type { Entry } from './ledger.ts';

const PAGE = 500;

export interface Findings {
  /** Ids of what was answered and is not there, or not as it was. */
  lost: string[];
  /** Whatever else does not hold. */
  broken: string[];
}

export async function judge(engine: Engine, entries: readonly Entry[]): Promise<Findings> {
  const found: Findings = { lost: [], broken: [] };
  for (let from = 0; from < entries.length; from += PAGE) {
    await judgePage(engine, entries.slice(from, from + PAGE), found);
  }
  await judgeLog(engine, found);
  await judgeCounters(engine, found);
  return found;
}

async function judgePage(engine: Engine, entries: readonly Entry[], found: Findings): Promise<void> {
  const keys = entries.map(({ key }) => key);
  const [requests, results] = await Promise.all([engine.requests(keys), engine.results(keys)]);
  for (const { id, key, taskSha256, result } of entries) {
    const row = await engine.delegation({ id });
    const request = requests.get(key);
    const text = results.get(key)?.text;
    const isThere = row !== undefined && request !== undefined && hash('sha256', request.task) === taskSha256;
    const isSettled = row?.status === 'completed' && text !== undefined && hash('sha256', text) === result?.sha256;
    if (!isThere || (result?.isAnswered === true && !isSettled)) {
      found.lost.push(id);
    } else if (!isSettled && (row.status !== 'dispatched' || text !== undefined)) {
      found.broken.push(`${id} is ${row.status}, ${text === undefined ? 'without' : 'with'} a result`);
    } else if (isSettled && (await engine.notice(key)) === undefined) {
      found.broken.push(`D7: ${id} has ended, and nothing waits in its caller's inbox`);
    }
  }
}

/** All of it, since its first line: a later cut must not take what an earlier one had left. */
async function judgeLog(engine: Engine, found: Findings): Promise<void> {
  let last: Event | undefined;
  for (;;) {
    const page = await engine.events({ after: last?.seq ?? 0, limit: 5000 });
    for (const event of page) {
      if (event.seq !== (last?.seq ?? 0) + 1) {
        found.broken.push(`D12: line ${event.seq} of the log comes after ${last?.seq ?? 0}`);
      }
      const text = chainText(last?.hash ?? '', event, JSON.stringify(event.data));
      if (hash('sha256', text, 'base64url') !== event.hash) {
        found.broken.push(`D12: line ${event.seq} of the log does not cover the one before it`);
      }
      last = event;
    }
    if (page.length === 0) {
      break;
    }
  }
  if ((await engine.lastSeq()) !== (last?.seq ?? 0)) {
    found.broken.push('D12: the end of the log is missing');
  }
}

async function judgeCounters(engine: Engine, found: Findings): Promise<void> {
  const [callee, caller, counts] = await Promise.all([
    engine.workspace(CALLEE),
    engine.workspace(CALLER),
    engine.counts(),
  ]);
  if (callee === undefined || caller === undefined) {
    found.broken.push('a seat is gone');
  } else if (callee.running !== counts.live) {
    found.broken.push(`D9: ${callee.running} slots are taken, and ${counts.live} live`);
  }
}
