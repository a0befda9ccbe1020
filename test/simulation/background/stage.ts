/**
 * What everybody in one seed shares: the world, the books, the store that outlives each process, and the bounds.
 */
import type { House } from '../../../src/background/house.ts';
import type { Opening } from '../../../src/background/index.ts';
import type { Tables } from '../../../src/engines/memory/engine.ts';
import type { SeededIds } from '../../support/ids.ts';
import type { Dice } from '../dice.ts';
import type { Roots } from '../store.ts';
import type { World } from '../world.ts';
import type { Ledger, Rule } from './ledger.ts';
import type { Peers } from './peer.ts';
import type { Rows } from './rows.ts';
import type { Store, StoreName } from './store.ts';

/** A defect that is put between parts of the product, without a line of it in the product. */
export interface Planted extends Roots {
  name: string;
  caughtBy: Rule;
  /** Where it is at home; memory, if it does not say. */
  store?: StoreName;
  house?: (house: House) => void;
  /** Before a process opens its store. */
  onOpen?: (tables: Tables) => void;
  onFile?: (folder: string) => void;
  /** In a class of the product, for one seed; answers with how to take it out again. */
  product?: () => () => void;
}

export interface Stage {
  readonly world: World;
  readonly dice: Dice;
  readonly ledger: Ledger;
  readonly rows: Rows;
  readonly store: Store;
  readonly ids: SeededIds;
  readonly bounds: Bounds;
  readonly capacities: Capacities;
  readonly planted: Planted | undefined;
  readonly peers: Peers;
  isHealed: boolean;
}

export interface Bounds {
  opening: Omit<Opening, 'workspaces' | 'onFault'>;
  own: number;
  graceMs: number;
}

/**
 * How many may run at a seat, as those who change it know: what was asked for last, what is not certain yet, and what
 * was before, until those that ran then have ended.
 */
export class Capacities {
  readonly #allowed = new Map<string, number[]>();
  readonly #certain = new Map<string, number>();

  get seats(): string[] {
    return [...this.#allowed.keys()];
  }

  set(seat: string, capacity: number): void {
    this.#certain.set(seat, capacity);
    this.may(seat, capacity);
  }

  may(seat: string, capacity: number): void {
    this.#allowed.set(seat, [...(this.#allowed.get(seat) ?? []), capacity]);
  }

  /** So many hold a slot of it. */
  hold(seat: string, count: number): void {
    const certain = this.#certain.get(seat);
    if (certain !== undefined && count <= certain) {
      this.#allowed.set(seat, [certain]);
    }
  }

  /** A change is on its way. */
  change(seat: string, capacity: number): void {
    this.#certain.delete(seat);
    this.may(seat, capacity);
  }

  most(seat: string): number {
    return Math.max(...(this.#allowed.get(seat) ?? [0]));
  }
}

export function boundsOf(dice: Dice): Bounds {
  const graceMs = dice.pick([1000, 3000, 10_000]);
  return {
    own: 1 + dice.below(2),
    graceMs,
    opening: {
      store: 'simulated',
      capacity: 1 + dice.below(3),
      inline: 1 + dice.below(2),
      full: dice.pick(['queue', 'queue', 'queue', 'reject', 'inline']),
      queue: { most: dice.pick([3, 1000, 1000]), bytes: dice.pick([20_000, 1_000_000]) },
      depth: dice.pick([3, 5, 5]),
      fanOut: dice.pick([2, 16]),
      cancelGraceMs: graceMs,
      deadlineMs: 4 * 3_600_000,
      ...(dice.chance(0.15) ? { liveness: { idleMs: 10_000, inToolMs: 20_000, graceMs: 3000 } } : {}),
    },
  };
}
