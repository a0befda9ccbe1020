/**
 * The one argument of everything on the line: where delegations live, how callees are reached, and what time it is.
 *
 * A platform makes one at start (`server/control-plane.ts`), a test makes one with a manual clock. Nothing on the
 * line keeps state of its own but `runs`, the deliveries under way in this process; all else is in the engine.
 */
import type { Delegation, Limits, Result } from '../core/delegation/index.ts';
import type { Carrier, Clock, Engine, Ids, Output } from '../core/ports/index.ts';
import type { CarrierName } from '../core/workspace/index.ts';
import type { Hub } from '../events/index.ts';
import type { Recorder } from './record.ts';
import type { Runs } from './runs.ts';

export interface Line {
  engine: Engine;
  clock: Clock;
  ids: Ids;
  limits: Limits;
  /** The name of this process in leases. */
  owner: string;
  carriers: Partial<Record<CarrierName, Carrier>>;
  hub: Hub;
  recorder: Recorder;
  runs: Runs;
  /** Whoever in this process waits for an ending has it with the commit that settles it. */
  awaited?: Awaited;
  /** What a callee in this process has made by now, for an ending that time alone brings. */
  madeBy?: (key: number) => Output | undefined;
  /** Signs attempt tokens. */
  secret: string;
  /** A fault of ours that no caller waits for. */
  onFault: (error: unknown) => void;
  /** Told of the earliest clockwork that a commit wrote; upkeep listens. */
  onDue: (at: number) => void;
}

export interface Awaited {
  /** Somebody waits, and takes the ending that is about to be written. */
  promise(key: number): boolean;
  /** It was written, with this ending; or without one, if it was not. */
  kept(key: number, ended?: Ended): void;
}

/** An ending as the commit has it: it need not be read again. */
export interface Ended {
  delegation: Delegation;
  result: Result | undefined;
}
