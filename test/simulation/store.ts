/**
 * Where a simulated platform keeps things: the memory engine over tables that outlive it, or SQLite in a file.
 *
 * `plant` lets a planted defect stand between the engine and the law, without a line of it in the product.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { apply, newWork, together } from '../../src/core/apply/index.ts';
import type { Command, Commit, Engine, Transaction } from '../../src/core/ports/index.ts';
import { openMemory, Tables, type MemoryOptions } from '../../src/engines/memory/engine.ts';
import type { Line } from '../../src/flow/index.ts';
import { MemoryTransaction } from '../../src/engines/memory/transaction.ts';
import { openSqlite } from '../../src/engines/sqlite/engine.ts';
import { quickFolder } from '../support/quick-folder.ts';
import { BOUNDS } from './bounds.ts';
import type { Store } from './platform.ts';

export interface Planted {
  name: string;
  /** The invariant that is meant to catch it. */
  caughtBy: string;
  transaction?: (tx: Transaction) => Transaction;
  commands?: (commands: readonly Command[], place: Place) => Command[];
  engine?: (engine: Engine) => Engine;
  onOpen?: (tables: Tables) => void;
  line?: (line: Line) => void;
}

/** The store, and who asks. */
export interface Place {
  tables: Tables;
  owner: string;
}

/** Where several share it, the plant is in each of them. */
export function memoryStore(planted?: Planted, isShared = false): Store {
  const tables = new Tables();
  const tamper = planted?.line;
  return {
    ...(tamper === undefined ? {} : { tamper }),
    async open({ clock, ids, owner }) {
      planted?.onOpen?.(tables);
      return plantedMemory({ clock, ids, limits: BOUNDS, owner, tables, exclusive: !isShared }, planted);
    },
  };
}

export type Roots = Pick<Planted, 'transaction' | 'commands' | 'engine'>;

/** The memory engine over given tables, and between it and the law whatever was planted there. */
export async function plantedMemory(
  options: MemoryOptions & { tables: Tables },
  planted: Roots | undefined,
): Promise<Engine> {
  const engine = await openMemory(options);
  if (planted === undefined) {
    return engine;
  }
  const { tables, owner, clock } = options;
  const run = (commands: readonly Command[]): Commit => {
    tables.begin();
    try {
      const tx = new MemoryTransaction(options, clock.now());
      const work = newWork(planted.transaction === undefined ? tx : planted.transaction(tx));
      const answers = commands.map((command) => apply(work, command));
      return { answers, events: tx.events, handovers: work.handovers, stops: work.stops, dueAt: tx.dueAt };
    } catch (error) {
      tables.rollback();
      throw error;
    }
  };
  const place = { tables, owner };
  const defective: Engine = {
    ...engine,
    apply: async (commands) => together(run, planted.commands?.(commands, place) ?? commands),
  };
  return planted.engine?.(defective) ?? defective;
}

export function sqliteStore(): Store & { remove(): Promise<void> } {
  const folder = quickFolder('errand-sim-');
  let engine: Engine | undefined;
  return {
    async open({ clock, ids, owner }) {
      // The process before is gone; what it had not committed is gone with it.
      await engine?.close();
      engine = await openSqlite({ path: join(folder, 'errand.db'), clock, ids, limits: BOUNDS, owner });
      return engine;
    },
    async remove() {
      await engine?.close();
      rmSync(folder, { recursive: true });
    },
  };
}
