/**
 * Which delegations of one seat have changed, told to whoever listens, for as long as the process lives.
 *
 * The platform may be down when this begins, go away, and come back at another address: each try asks anew where it is
 * and reads the log on from where it stood, so that nothing is missed. A try that fails is followed by a longer pause.
 */
import type { Client } from './client.ts';
import { pause } from './pause.ts';
import { follow } from './stream.ts';

const AGAIN_MS_LEAST = 1000;
const AGAIN_MS_MOST = 30_000;

export interface Listening {
  workspace: string;
  signal: AbortSignal;
  onOpen: () => void;
  onLost: (why: string) => void;
}

type OnChange = (delegation: string) => void;

export class Changes {
  readonly #find: () => Client;
  readonly #listening: Listening;
  readonly #told = new Set<OnChange>();
  #isFollowing = false;
  #last: number | undefined;

  constructor(find: () => Client, listening: Listening) {
    this.#find = find;
    this.#listening = listening;
  }

  /** Returns how to leave. */
  tell(onChange: OnChange): () => void {
    this.#told.add(onChange);
    if (!this.#isFollowing) {
      this.#isFollowing = true;
      void this.#follow();
    }
    return () => void this.#told.delete(onChange);
  }

  async #follow(): Promise<void> {
    const { signal, onLost } = this.#listening;
    let againMs = AGAIN_MS_LEAST;
    while (!signal.aborted) {
      let wasOpen = false;
      try {
        await this.#read(() => {
          wasOpen = true;
        });
      } catch (error) {
        if (!signal.aborted) {
          onLost(error instanceof Error ? error.message : String(error));
        }
      }
      againMs = wasOpen ? AGAIN_MS_LEAST : Math.min(againMs * 2, AGAIN_MS_MOST);
      await pause(againMs, signal);
    }
  }

  /** Until the connection is lost. */
  async #read(onOpen: () => void): Promise<void> {
    const { workspace, signal, ...told } = this.#listening;
    const lost = new AbortController();
    const events = follow(this.#find(), {
      workspace,
      signal: AbortSignal.any([signal, lost.signal]),
      ...(this.#last === undefined ? {} : { after: this.#last }),
      onRead: (last) => {
        this.#last = last;
      },
      onOpen: () => {
        onOpen();
        told.onOpen();
      },
      onLost: (why) => {
        lost.abort();
        told.onLost(why);
      },
    });
    for await (const { delegation_id: id } of events) {
      if (id !== undefined) {
        for (const tell of this.#told) {
          tell(id);
        }
      }
    }
  }
}
