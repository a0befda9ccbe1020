/**
 * Stays at an inbox and wakes an agent with what comes: one turn at a time, acknowledged when it has ended.
 *
 * Whatever else becomes of a turn, its notices are told again, after pauses that grow, and in the end simply wait in
 * the inbox: poison holds up nobody. They are kept from others for as long as the turn lasts. If this process dies,
 * they are free after their lease.
 */
import { systemClock } from '../../server/clock.ts';
import { EXIT, Failure } from '../failure.ts';
import type { Out } from '../out.ts';
import { count, span } from '../words.ts';
import { messageOf, PlatformInbox, TRIES_MAX, type Staying, type TurnNotice } from './platform-inbox.ts';
import { roundsOf, turnOf, type Turn } from './turn.ts';

export type Outcome =
  | { kind: 'ended' }
  /** Whoever was woken acknowledges it, or is told again. */
  | { kind: 'taken' }
  | { kind: 'failed'; why: string; retryInMs?: number }
  /** It was to stop before the turn had ended. */
  | { kind: 'cut' }
  /** Nobody is to be woken there any more. */
  | { kind: 'gone'; why: string };

export interface Waking extends Omit<Staying, 'say'> {
  out: Out;
  limit: number;
  /** How long notices stay with this process after its last sign of life. */
  holdMs: number;
  /** The first pause after a turn that did not end; each is twice the one before. */
  pauseMs: number;
  wake: (turn: Turn) => Promise<Outcome>;
}

const PAUSE_MS_MAX = 3_600_000;

export async function keepWaking(waking: Waking): Promise<void> {
  const { out, stop, limit } = waking;
  const inbox = new PlatformInbox({ ...waking, say: (words) => out.aside(words) });
  while (!stop.aborted) {
    const notices = await inbox.lease(limit);
    if (notices.length > 0) {
      await tell(waking, inbox, notices);
    }
  }
}

/** One lease, turn by turn; what was not told when it is to stop is given back. */
async function tell(waking: Waking, inbox: PlatformInbox, notices: readonly TurnNotice[]): Promise<void> {
  const inHand = new Set(notices.map(({ id }) => id));
  const beat = beating(waking, inbox, inHand);
  try {
    for (const round of roundsOf(notices)) {
      const open = waking.stop.aborted ? new Set<string>() : await inbox.renew([...inHand], waking.holdMs);
      const told = round.filter(({ id }) => open.has(id));
      if (told.length > 0) {
        await tellOne({ waking, inbox, inHand, beat }, turnOf(told));
      }
    }
  } finally {
    await beat.end();
    await inbox.giveBack([...inHand]);
  }
}

interface Place {
  waking: Waking;
  inbox: PlatformInbox;
  /** What this process keeps from others, and gives back when it leaves. */
  inHand: Set<string>;
  beat: Beat;
}

interface Beat {
  /** Until no renewal is under way. */
  rest: () => Promise<void>;
  end: () => Promise<void>;
}

async function tellOne({ waking, inbox, inHand, beat }: Place, turn: Turn): Promise<void> {
  async function leave(ms: number): Promise<void> {
    letGo(inHand, turn);
    await beat.rest();
    await inbox.renew(turn.ids, ms);
  }
  const began = systemClock.now();
  const outcome = await waking.wake(turn);
  const ms = systemClock.now() - began;
  switch (outcome.kind) {
    case 'ended':
      letGo(inHand, turn);
      await inbox.acknowledge(turn.ids);
      break;
    case 'taken':
      await leave(waking.holdMs);
      break;
    case 'failed':
      await leave(turn.tries >= TRIES_MAX ? 0 : pauseOf(waking, turn, outcome.retryInMs));
      break;
    default:
      // They stay in hand, and are given back.
      break;
  }
  report(waking, turn, { outcome, ms });
  if (outcome.kind === 'gone') {
    const fix = 'What was not acknowledged waits in the inbox.';
    throw new Failure({ code: 'gone', message: outcome.why, fix, exit: EXIT.failed });
  }
}

function letGo(inHand: Set<string>, { ids }: Turn): void {
  for (const id of ids) {
    inHand.delete(id);
  }
}

function pauseOf({ pauseMs }: Waking, { tries }: Turn, leastMs = 0): number {
  return Math.min(Math.max(pauseMs * 2 ** (tries - 1), leastMs, 1), PAUSE_MS_MAX);
}

function report(waking: Waking, turn: Turn, { outcome, ms }: { outcome: Outcome; ms: number }): void {
  const { out } = waking;
  const why = 'why' in outcome ? { why: outcome.why } : {};
  if (out.json) {
    out.line({ outcome: outcome.kind, ids: turn.ids, tries: turn.tries, ms, ...why }, '');
  }
  out.aside(`${count(turn.ids.length, 'notice')} ${wordsOf(waking, turn, outcome)} (${span(ms)})`);
}

function wordsOf(waking: Waking, turn: Turn, outcome: Outcome): string {
  switch (outcome.kind) {
    case 'ended':
      return 'told and acknowledged';
    case 'taken':
      return `handed over; told again in ${span(waking.holdMs)} unless acknowledged`;
    case 'cut':
      return 'cut short; told again';
    case 'gone':
      return `not told: ${outcome.why}`;
    default: {
      const again =
        turn.tries >= TRIES_MAX
          ? `that was try ${turn.tries}: now it waits in the inbox`
          : `again in ${span(pauseOf(waking, turn, outcome.retryInMs))}`;
      return `not told: ${outcome.why}; ${again}`;
    }
  }
}

/** A turn may last longer than a lease. */
function beating({ holdMs, out }: Waking, inbox: PlatformInbox, inHand: ReadonlySet<string>): Beat {
  let isOver = false;
  let last: Promise<unknown> = Promise.resolve();
  let timer = schedule();
  function schedule() {
    return systemClock.after(holdMs / 3, () => {
      last = inbox.renew([...inHand], holdMs).catch((error: unknown) => out.aside(`not renewed: ${messageOf(error)}`));
      void last.finally(() => {
        if (!isOver) {
          timer = schedule();
        }
      });
    });
  }
  return {
    async rest() {
      await last;
    },
    async end() {
      isOver = true;
      timer.cancel();
      await last;
    },
  };
}
