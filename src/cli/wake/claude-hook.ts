/**
 * What a hook of Claude Code does for a session: when the agent stops, what has come is handed over and the agent goes
 * on with it; when it stops again, the turn has ended, and only then is it acknowledged.
 *
 * On a terminal the hook runs in the background. There it stays for as long as something is out, and wakes the idle
 * session; when something is asked of the session meanwhile it leaves, for the next stop brings another. Each notice
 * is kept for the session for a while, so that others are not told meanwhile.
 */
import { systemClock } from '../../server/clock.ts';
import type { Client } from '../client.ts';
import { pause } from '../../runtime/pause.ts';
import { messageOf, over, TRIES_MAX, type TurnNotice } from './platform-inbox.ts';
import { abandoned, isAlive, sessionFile, type Hand, type Prompt, type SessionFile } from './session-file.ts';
import { turnOf } from './turn.ts';

/** What Claude Code says on stdin, as far as it is read. */
export interface HookInput {
  hook_event_name?: string;
  session_id?: string;
  prompt_id?: string;
  prompt?: string;
  source?: string;
  stop_hook_active?: boolean;
  /** What goes on beside the session; a task of MCP it looks after by itself. */
  background_tasks?: unknown;
}

export interface HookSeat {
  client: Client;
  workspace: string;
  /** How long notices are kept for the session. */
  holdMs: number;
  /** How long it stays for what is out. */
  stayMs: number;
  /** Somebody sits at it, and so the hook runs in the background. */
  isAttended: boolean;
  agent: number;
  stop: AbortSignal;
  environment: NodeJS.ProcessEnv;
  say: (words: string) => void;
}

/** A call that a session may wait for. */
const CALL_MS = 1500;
const WAIT_S = 20;
const LIMIT = 20;
/** What Claude Code learns by itself it learns about this soon: a task of MCP that is old is looked at every 15 s. */
const GRACE_MS = { usual: 2000, beside: 16_000 };
/** After eight in a row Claude Code ends the turn whatever a hook says. */
const STREAK_MAX = 7;
const LIVE = ['pending', 'queued', 'dispatched', 'in_progress', 'input_required'];

/** The text that the agent is to go on with, if there is any. */
export async function heed(input: HookInput, seat: HookSeat): Promise<string | undefined> {
  const { client, workspace, environment } = seat;
  const name = { url: client.url, workspace, session: input.session_id ?? '' };
  const file = sessionFile(name, environment);
  switch (input.hook_event_name) {
    case 'Stop':
      return new Hook(seat, file).stop(input);
    case 'UserPromptSubmit':
      file.writePrompt(promptOf(input, file));
      return undefined;
    case 'SessionStart':
    case 'SessionEnd':
      // A session that is compacted goes on in the middle of its turn.
      if (input.source !== 'compact') {
        await clear(seat, [{ hand: file.readHand(), file }, ...abandoned(name, environment)]);
      }
      return undefined;
    default:
      return undefined;
  }
}

/** No turn of these is under way: what they had in hand was not worked through. */
async function clear(seat: HookSeat, left: { hand: Hand | undefined; file: SessionFile }[]): Promise<void> {
  await giveBack(seat, [...new Set(left.flatMap(({ hand }) => hand?.ids ?? []))]);
  for (const { hand, file } of left) {
    // Claude Code may run this beside the first turn, which may have stopped by now.
    if (file.readHand()?.waiter === hand?.waiter) {
      file.forget();
    }
  }
}

/** What stood in a prompt that was cut short stands in the conversation all the same. */
function promptOf({ prompt = '', prompt_id: id = '' }: HookInput, file: SessionFile): Prompt {
  const before = file.readPrompt()?.seen ?? [];
  const now = (file.readHand()?.ids ?? []).filter((one) => prompt.includes(one));
  return { id, seen: [...new Set([...before, ...now])] };
}

class Hook {
  readonly #seat: HookSeat;
  readonly #file: SessionFile;

  constructor(seat: HookSeat, file: SessionFile) {
    this.#seat = seat;
    this.#file = file;
  }

  async stop(input: HookInput): Promise<string | undefined> {
    const before = this.#file.readHand();
    const hand = await this.#afterTurn(before, input);
    this.#file.writeHand(hand);
    if (this.#file.readPrompt()?.id === (input.prompt_id ?? '')) {
      this.#file.forgetPrompt();
    }
    if (hand.ids.length > 0) {
      return undefined;
    }
    if (!this.#seat.isAttended && hand.streak >= STREAK_MAX) {
      this.#seat.say('enough in a row: what else has come waits in the inbox');
      return undefined;
    }
    const notices = await this.#await(hasTaskBeside(input) ? GRACE_MS.beside : GRACE_MS.usual);
    return notices.length === 0 ? undefined : this.#handOver(hand, notices);
  }

  /** Acknowledges what was worked through; what is left in hand after that. */
  async #afterTurn(before: Hand | undefined, input: HookInput): Promise<Hand> {
    const { client, workspace, agent, isAttended } = this.#seat;
    const place = { url: client.url, workspace, agent, waiter: process.pid };
    const streak = input.stop_hook_active === true ? (before?.streak ?? 0) : 0;
    const empty: Hand = { ...place, ids: [], stops: 0, isEnded: false, streak };
    if (before === undefined || before.ids.length === 0) {
      return empty;
    }
    if (before.isEnded || this.#hasEnded(before, input)) {
      // Written first: whoever is cut here acknowledges it at the next stop.
      this.#file.writeHand({ ...before, ...place, isEnded: true });
      await client.call(client.seat('/inbox/ack', workspace), {
        method: 'POST',
        body: { ids: before.ids },
        signal: over(CALL_MS),
      });
      return empty;
    }
    if (isAttended && before.stops === 0) {
      // It came while something else was asked: it stands in the queue of the session, and comes next.
      await this.#renew(before.ids);
      return { ...empty, ids: before.ids, stops: 1 };
    }
    await giveBack(this.#seat, before.ids);
    return empty;
  }

  /** It stood in the prompt of the turn that ends here, or the agent went on because of it. */
  #hasEnded(before: Hand, { prompt_id: id = '', stop_hook_active: isContinuing }: HookInput): boolean {
    const prompt = this.#file.readPrompt();
    const isSeen = prompt?.id === id && before.ids.some((one) => prompt.seen.includes(one));
    return isSeen || (!this.#seat.isAttended && isContinuing === true);
  }

  /** What has come, or comes while it may stay; leased, and none when the session has gone on. */
  async #await(graceMs: number): Promise<TurnNotice[]> {
    const { stayMs, isAttended, stop } = this.#seat;
    const until = systemClock.now() + stayMs;
    const left = new AbortController();
    const unwatch = this.#file.watch(() => {
      if (this.#hasGoneOn()) {
        left.abort();
      }
    });
    const gone = AbortSignal.any([left.signal, stop]);
    try {
      let found = await this.#lease(0, gone);
      while (found.length === 0 && !this.#hasGoneOn() && systemClock.now() < until && (await this.#isSomethingOut())) {
        const waitS = Math.max(1, Math.min(WAIT_S, Math.round((until - systemClock.now()) / 1000)));
        found = await this.#lease(waitS, gone);
      }
      if (found.length > 0 && isAttended) {
        await pause(systemClock, graceMs, gone);
      }
      if (found.length > 0 && this.#hasGoneOn()) {
        await giveBack(this.#seat, idsOf(found));
        return [];
      }
      return found;
    } finally {
      unwatch();
    }
  }

  async #handOver(hand: Hand, found: readonly TurnNotice[]): Promise<string | undefined> {
    const open = await this.#renew(idsOf(found));
    const notices = found.filter(({ id }) => open.has(id));
    if (notices.length === 0) {
      return undefined;
    }
    const { ids, text } = turnOf(notices);
    this.#file.writeHand({ ...hand, ids, stops: 0, isEnded: false, streak: hand.streak + 1 });
    return `What this session delegated has news (${ids.join(', ')}).\n\n${text}\n`;
  }

  /** Something was asked of it, another hook waits in the place of this one, or it is not there any more. */
  #hasGoneOn(): boolean {
    const { agent, stop } = this.#seat;
    const isReplaced = this.#file.readHand()?.waiter !== process.pid;
    return stop.aborted || isReplaced || this.#file.readPrompt() !== undefined || !isAlive(agent);
  }

  async #lease(wait: number, gone: AbortSignal): Promise<TurnNotice[]> {
    const { client, workspace } = this.#seat;
    const query = { wait, limit: LIMIT, tries: TRIES_MAX, format: 'turn' };
    const signal = AbortSignal.any([gone, over(wait * 1000 + CALL_MS)]);
    try {
      const path = client.seat('/inbox', workspace);
      return (await client.call<TurnNotice[]>(path, { method: 'GET', query, signal })).body;
    } catch (error) {
      if (gone.aborted) {
        return [];
      }
      throw error;
    }
  }

  async #renew(ids: readonly string[]): Promise<Set<string>> {
    const { client, workspace, holdMs } = this.#seat;
    const body = { ids, lease_ms: holdMs };
    const sending = { method: 'POST', body, signal: over(CALL_MS) };
    const answer = await client.call<{ renewed: string[] }>(client.seat('/inbox/renew', workspace), sending);
    return new Set(answer.body.renewed);
  }

  async #isSomethingOut(): Promise<boolean> {
    const { client, workspace } = this.#seat;
    const asked = LIVE.map((status) =>
      client.call<unknown[]>(client.seat('/delegations', workspace), {
        method: 'GET',
        query: { status, limit: 1 },
        signal: over(CALL_MS),
      }),
    );
    return (await Promise.all(asked)).some(({ body }) => body.length > 0);
  }
}

function hasTaskBeside({ background_tasks: tasks }: HookInput): boolean {
  const all: unknown[] = Array.isArray(tasks) ? tasks : [];
  return all.some((task) => typeof task === 'object' && task !== null && 'type' in task && task.type === 'MCP task');
}

async function giveBack({ client, workspace, say }: HookSeat, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) {
    return;
  }
  const sending = { method: 'POST', body: { ids, lease_ms: 0 }, signal: over(CALL_MS) };
  await client.call(client.seat('/inbox/renew', workspace), sending).catch((error: unknown) => {
    say(`${messageOf(error)}: what was in hand is told again after its lease`);
  });
}

function idsOf(notices: readonly TurnNotice[]): string[] {
  return notices.map(({ id }) => id);
}
