/**
 * The only door to an ending. It writes the result with its hash, frees the slot, tells the caller, closes the batch
 * when it was the last one, takes the children along where it was cancelled, and hands the slot on (D2, D3, D5, D16).
 */
import { observe, type Delegation, type Detail, type Reason, type Result, type Status } from '../delegation/index.ts';
import { charge, refund } from './budget.ts';
import { freeLane } from './lane.ts';
import { forgetQuestion, tellEnding } from './notice.ts';
import { advance, takesSlot, type Learned, type Work } from './work.ts';

export interface Ending {
  status: Extract<Status, 'completed' | 'failed' | 'cancelled'>;
  reason: Reason | null;
  error: string | null;
  actor: string;
  result?: Result;
  detail?: Partial<Detail>;
  /** The callee itself ended it: its pace is learned and its circuit closes. */
  byCallee?: boolean;
  /** Somebody who waits for it has it with this commit. */
  collected?: boolean;
}

export function settle(work: Work, standing: Delegation, ending: Ending): Delegation {
  const usage = ending.detail?.usage;
  const before = usage === undefined ? standing : charge(work, standing, { before: standing.detail.usage, now: usage });
  const settled = advance(work, before, endedRow(work, before, ending), {
    type: 'delegation.settled',
    actor: ending.actor,
    data: saidOf(ending),
    learned: ending.byCallee === true && takesSlot(before) ? learnedFrom(work, before) : undefined,
  });
  if (ending.result !== undefined) {
    work.tx.insertResult(settled.key, ending.result);
  }
  refund(work, settled);
  forgetQuestion(work, before);
  tellEnding(work, settled, ending.collected === true);
  // Whoever was handed over more than once may have begun anew, and not know of all that it has below.
  if (settled.status !== 'completed' || settled.epoch > 1) {
    work.bereft.push(settled);
  }
  freeLane(work, settled);
  work.freed.add(settled.callee);
  return settled;
}

function endedRow(work: Work, before: Delegation, ending: Ending) {
  const detail = endedDetail(before, ending);
  return {
    status: ending.status,
    reason: ending.reason,
    error: ending.error,
    ready: false,
    owner: null,
    leaseUntil: null,
    notBefore: null,
    settledAt: work.tx.now,
    resultLength: ending.result?.length ?? null,
    resultSha256: ending.result?.sha256 ?? null,
    detail,
  };
}

function endedDetail(before: Delegation, ending: Ending): Detail {
  const rest = restOf(before.detail);
  const detail = ending.detail === undefined ? rest : { ...rest, ...ending.detail };
  return ending.collected === true && before.batch !== null ? { ...detail, collected: true } : detail;
}

/** What is still worth knowing after the end. */
function restOf(detail: Detail): Detail {
  if (!OVER.some((name) => detail[name] !== undefined)) {
    return detail;
  }
  const { question: _question, asked: _asked, answer: _answer, saidUntil: _said, rests: _rests, ...rest } = detail;
  return rest;
}

const OVER = ['question', 'asked', 'answer', 'saidUntil', 'rests'] as const;

function saidOf({ status, reason, result, collected }: Ending): Record<string, unknown> {
  const data: Record<string, unknown> = { status };
  if (reason !== null) {
    data['reason'] = reason;
  }
  if (result !== undefined) {
    data['length'] = result.length;
    data['sha256'] = result.sha256;
  }
  if (collected === true) {
    data['collected'] = true;
  }
  return data;
}

function learnedFrom(work: Work, { callee, dispatchedAt }: Delegation): Learned | undefined {
  const seat = dispatchedAt === null ? undefined : work.tx.workspace(callee);
  return seat === undefined || dispatchedAt === null
    ? undefined
    : { durations: observe(seat.durations, work.tx.now - dispatchedAt), strikes: 0, holdUntil: null };
}
