/**
 * A way to reach a callee. A carrier carries: it decides nothing about the delegation and writes nothing.
 *
 * It hands one assignment over, follows it to its end and says what it saw, as one of a closed list of outcomes.
 * The rules it must keep are numbered in docs/spec/carrier.md (C1…) and checked by the exported carrier suite.
 */
import type { Delivery, LettingGo, Part, Reason, Usage } from '../delegation/index.ts';
import type { Workspace } from '../workspace/index.ts';

export interface Assignment {
  key: number;
  id: string;
  caller: string;
  callee: Workspace;
  task: string;
  context?: string;
  parts?: Part[];
  conversation: string | null;
  epoch: number;
  attempt: number;
  deadlineAt: number;
  delivery: Delivery;
  traceparent?: string;
  /** Lets the callee delegate on behalf of this delegation, and settle it while this epoch is current. */
  attemptToken: string;
  /** An earlier attempt may have reached the callee: ask before sending again. */
  mayHaveRun: boolean;
  remoteTask?: string;
  remoteContext?: string;
  /** The answer to the callee's question, to be handed over instead of the task; and what it had asked. */
  answer?: string;
  question?: string;
  /** Which of the things that the callee does. */
  skill?: string;
  /** What an earlier attempt said last of how far it was. */
  checkpoint?: string;
  /** Words of its caller that it has not taken yet. */
  steering?: readonly string[];
}

/** What the callee said while it works; each is a sign of life. */
export interface Reports {
  /** It ended after it was let go: kept as evidence, never as its ending (D6). */
  ended?(outcome: Outcome): void;
  acknowledged(remote?: { task?: string; context?: string }): void;
  progressed(progress: {
    message?: string;
    percent?: number;
    inTool?: boolean;
    checkpoint?: string;
    usage?: Usage;
  }): void;
  /** It took so many of the words that were kept for it. */
  heeded?(count: number): void;
}

/** Text and parts as they came; hashing and measuring is the line's. */
export interface Output {
  text: string;
  parts?: Part[];
}

export type Outcome =
  | { kind: 'completed'; output: Output; usage?: Usage }
  | { kind: 'failed'; reason: Reason; error: string; output?: Output; usage?: Usage }
  | { kind: 'asked'; question: string; remote?: { task?: string; context?: string } }
  /** It waits for what it has delegated, in the hands of the carrier, and is handed over again when that is there. */
  | { kind: 'rests'; remote: { task: string }; until: Promise<unknown> }
  | { kind: 'cancelled'; output?: Output }
  | { kind: 'busy'; retryAfterMs: number | null }
  /** Certain that nothing was taken. */
  | { kind: 'unreachable'; error: string; retryAfterMs: number | null }
  /** Sent, and no answer: it may have run. */
  | {
      kind: 'unknown';
      error: string;
      /** The callee had it, and knows nothing of it any more. */
      forgotten?: true;
      /** What it had made by then. */
      output?: Output;
    };

/** Why a carrier is told to let go. */
export type StopReason = LettingGo | 'shutdown';

export interface Delivering {
  reports: Reports;
  /** Aborted with a `StopReason`: on `cancelled`, `deadline` and `stalled` the callee is told; on `shutdown` it is not. */
  signal: AbortSignal;
}

export interface Carrier {
  readonly name: string;
  /** Never rejects for what a peer does; a rejection is a fault of ours and counts as `unknown`. */
  deliver(assignment: Assignment, delivering: Delivering): Promise<Outcome>;
  close(): Promise<void>;
}
