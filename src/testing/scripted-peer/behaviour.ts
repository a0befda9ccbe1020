/**
 * What a scripted peer can be told to do with a message, as data: every way we know in which a real one answers,
 * stalls, breaks or lies.
 *
 * Data and not code, so that a test reads as a table and a behaviour can be sent to another process. Where a row is
 * not enough, a function chooses one for each arrival.
 */
export type PeerVersion = '0.3' | '1.0';

/** How parts are marked: by `kind` (0.3), by `type` (the original platform), by their member alone (1.0). */
export type PartStyle = 'kind' | 'type' | 'member';

/** One request that carries a message. */
export interface Arrival {
  messageId: string;
  text: string;
  /** How often this message has come, this time included. */
  times: number;
  version: PeerVersion;
  method: string;
  params: Record<string, unknown>;
  headers: Record<string, string | string[] | undefined>;
}

/** A stretch of a task's life. */
export interface Step {
  state: string;
  note?: string;
  /** Artifacts that are there from this step on, a text each. */
  artifacts?: readonly string[];
}

export type Behaviour =
  /** A message with this text, or with the text that came in. */
  | { do: 'answer'; text?: string; afterMs?: number; parts?: PartStyle }
  /** A finished task with one artifact for each text. */
  | { do: 'artifacts'; texts: readonly string[]; afterMs?: number; parts?: PartStyle; note?: string }
  /** A task that goes through its steps: one with each look at it, or one each `stepMs`. */
  | {
      do: 'task';
      steps: readonly Step[];
      stepMs?: number;
      /** Known by no name when asked for it. */
      forgotten?: boolean;
      /** This many looks end in a broken connection. */
      stumbles?: number;
      uncancellable?: boolean;
      /** The stream breaks after this many events. */
      streamCut?: number;
    }
  /** Waits for an answer in a state of its choice, and completes with it. */
  | { do: 'ask'; question: string; state?: 'input-required' | 'auth-required' }
  | { do: 'busy'; how: '202' | '503' | '429'; retryAfter?: number | string }
  /** 202 with a queue place that is a task as well, which then completes; or with the number of the place alone. */
  | { do: 'queue'; text?: string; looks?: number; nameless?: boolean; bare?: boolean }
  /** Breaks the connection: before it does anything, after it has done it, or in the middle of the answer. */
  | { do: 'drop'; when: 'before' | 'after' | 'within' }
  | { do: 'hang' }
  /** Answers so many bytes at a time. */
  | { do: 'trickle'; bytes: number; everyMs: number; text?: string }
  | { do: 'huge'; bytes: number }
  | { do: 'error'; code: number; message: string; data?: unknown; status?: number }
  /** An answer to another request. */
  | { do: 'wrong-id'; text?: string }
  /** A JSON-RPC result as it stands. */
  | { do: 'result'; result: unknown; status?: number }
  | { do: 'reply'; status: number; body?: string; headers?: Record<string, string> }
  /** One thing for the first arrivals of each message, another for those after. */
  | { do: 'first'; times: number; this: Behaviour; then: Behaviour };

export type Behave = Behaviour | ((arrival: Arrival) => Behaviour | Promise<Behaviour>);

export async function choose(behave: Behave, arrival: Arrival): Promise<Exclude<Behaviour, { do: 'first' }>> {
  let chosen = typeof behave === 'function' ? await behave(arrival) : behave;
  let skipped = 0;
  while (chosen.do === 'first') {
    const isFirst = arrival.times - skipped <= chosen.times;
    skipped += isFirst ? 0 : chosen.times;
    chosen = isFirst ? chosen.this : chosen.then;
  }
  return chosen;
}
