/**
 * What the bench of the engine needs of a place to keep delegations: to open it, to fill it with a past, to be rid of it.
 */
import type { Limits } from '../../src/core/delegation/index.ts';
import type { Clock, Engine, Ids } from '../../src/core/ports/index.ts';

export interface Store {
  readonly name: string;
  open(parts: { clock: Clock; ids: Ids; limits: Limits; owner: string }): Promise<Engine>;
  /**
   * A thousand real lifecycles were written through the engine first, and it is closed; their rows are copied with
   * smaller keys, bodies, events and notices included, until there are `rows` of them.
   */
  fill(rows: number): Promise<void>;
  remove(): Promise<void>;
}

export type OpenStore = () => Promise<Store>;
