/**
 * The inbox of one workspace, for somebody who stays at it: notices are leased as turns, kept while they are being
 * told, given back, and acknowledged when the turn that carried them has ended.
 *
 * A platform that is away is waited for with growing pauses, and it is said once; what the platform refuses is thrown.
 */
import { systemClock } from '../../server/clock.ts';
import type { Client } from '../client.ts';
import { EXIT, Failure } from '../failure.ts';
import { pause } from '../../runtime/pause.ts';
import type { Notice } from '../shapes.ts';

/** A notice in its two forms. */
export interface TurnNotice extends Notice {
  turn: string;
}

/** A notice that was told so often waits in the inbox, and is not pushed any more. */
export const TRIES_MAX = 8;
const WAIT_S = 30;
const PAUSE_MS = { first: 250, most: 30_000 };
const LAST_CALL_MS = 2000;

export interface Staying {
  /** Found again before each call: a platform that comes back may have another address. */
  find: () => Client;
  workspace: string;
  stop: AbortSignal;
  say: (words: string) => void;
}

export class PlatformInbox {
  readonly #staying: Staying;
  #isAway = false;

  constructor(staying: Staying) {
    this.#staying = staying;
  }

  /** Stays for the first of them; none when the time is over, or when it is to stop. */
  async lease(limit: number): Promise<TurnNotice[]> {
    const found = await this.#patiently((client, signal) => {
      // Where it was away, it is not asked to stay before it is known to be back.
      const query = { wait: this.#isAway ? 0 : WAIT_S, limit, tries: TRIES_MAX, format: 'turn' };
      return client.call<TurnNotice[]>(this.#path(client, ''), { method: 'GET', query, signal });
    });
    return found?.body ?? [];
  }

  /** Keeps them for so long from now, or gives them back with 0; those that are still to be told. */
  async renew(ids: readonly string[], leaseMs: number): Promise<Set<string>> {
    const body = { ids, lease_ms: Math.round(leaseMs) };
    const answer = await this.#patiently((client, signal) =>
      client.call<{ renewed: string[] }>(this.#path(client, '/renew'), { method: 'POST', body, signal }),
    );
    return new Set(answer?.body.renewed);
  }

  /** The turn has ended: where it is to stop meanwhile, the platform is told once more, for they would come again. */
  async acknowledge(ids: readonly string[]): Promise<void> {
    const answer = await this.#patiently((client, signal) =>
      client.call(this.#path(client, '/ack'), { method: 'POST', body: { ids }, signal }),
    );
    if (answer === undefined) {
      await this.#once('/ack', { ids });
    }
  }

  /** Whether it is to stop or not. */
  async giveBack(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) {
      await this.#once('/renew', { ids, lease_ms: 0 });
    }
  }

  /** On the way out: where it fails, a lease that runs out does the same. */
  async #once(path: string, body: object): Promise<void> {
    const client = this.#staying.find();
    const sending = { method: 'POST', body, signal: over(LAST_CALL_MS) };
    await client.call(this.#path(client, path), sending).catch((error: unknown) => {
      this.#staying.say(`${messageOf(error)}: what was in hand is told again after its lease`);
    });
  }

  #path(client: Client, path: string): string {
    return client.seat(`/inbox${path}`, this.#staying.workspace);
  }

  /** Undefined when it is to stop. */
  async #patiently<T>(ask: (client: Client, signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const { find, stop, say } = this.#staying;
    for (let pauseMs = PAUSE_MS.first; !stop.aborted; pauseMs = Math.min(2 * pauseMs, PAUSE_MS.most)) {
      try {
        const answer = await ask(find(), stop);
        if (this.#isAway) {
          this.#isAway = false;
          say('the platform is back');
        }
        return answer;
      } catch (error) {
        if (stop.aborted) {
          break;
        }
        if (!isPassing(error)) {
          throw error;
        }
        if (!this.#isAway) {
          this.#isAway = true;
          say(`${messageOf(error)}; it is tried again until it does`);
        }
        await pause(systemClock, pauseMs, stop);
      }
    }
    return undefined;
  }
}

/** It may be otherwise in a while: away, overloaded, or at fault itself. */
function isPassing(error: unknown): boolean {
  return error instanceof Failure && (error.fault.exit === EXIT.unreachable || error.fault.exit === EXIT.failed);
}

/** Aborts after so long. */
export function over(ms: number): AbortSignal {
  const late = new AbortController();
  systemClock.after(ms, () => late.abort());
  return late.signal;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
