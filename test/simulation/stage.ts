/**
 * What everybody in a simulated world shares: time and chance, the ledger, and whether trouble is over.
 */
import type { Assignment } from '../../src/core/ports/index.ts';
import type { Line } from '../../src/flow/index.ts';
import type { Ledger } from './ledger.ts';
import type { World } from './world.ts';

export interface Stage {
  world: World;
  ledger: Ledger;
  /** From here on nothing goes wrong any more. */
  healed: boolean;
  /** Calls whichever process is picked; `Unknown` when it dies under the call. */
  call: <T>(verb: (line: Line) => Promise<T>) => Promise<T>;
  /** One of the processes dies. */
  kill: (why: string) => void;
  /** Lets an agent that works on something delegate on its behalf. */
  onWork: (assignment: Assignment) => void;
}

/** Work that nobody waits for: what goes wrong in it is a complaint, unless it was to be expected. */
export type Safely = (doing: Promise<unknown>) => void;
