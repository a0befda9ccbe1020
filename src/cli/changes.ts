/**
 * Which delegations of one seat have changed, told to whoever listens, for as long as the process lives.
 *
 * The platform may be down when this begins, go away, and come back at another address: each try asks anew where it is
 * and reads the log on from where it stood, so that nothing is missed. A try that fails is followed by a longer pause.
 */
import { follow } from '../runtime/follow.ts';
import { systemClock } from '../server/clock.ts';
import type { Client } from './client.ts';
import { openStream } from './stream.ts';

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
    const { workspace, signal, onOpen, onLost } = this.#listening;
    const events = follow({
      ...{ clock: systemClock, signal, onOpen, onLost },
      open: async (after, either) => openStream(this.#find(), { workspace, after, signal: either }),
      againMs: (_error, tries) => Math.min(AGAIN_MS_LEAST * 2 ** Math.min(tries - 1, 10), AGAIN_MS_MOST),
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
