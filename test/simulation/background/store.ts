/**
 * Where one process after another keeps its tasks: tables that outlive each of them, or a file of SQLite.
 *
 * A process that dies leaves its file as the system has it at that moment: the next one opens a copy of it that nobody
 * closed, and the journal in it is replayed.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Limits } from '../../../src/core/delegation/index.ts';
import type { Clock, Engine, Ids } from '../../../src/core/ports/index.ts';
import { Tables } from '../../../src/engines/memory/engine.ts';
import { openSqlite } from '../../../src/engines/sqlite/engine.ts';
import { plantedMemory } from '../store.ts';
import type { Planted } from './stage.ts';

export interface Opening {
  clock: Clock;
  ids: Ids;
  limits: Limits;
  owner: string;
}

export interface Store {
  open(opening: Opening): Promise<Engine>;
  /** The process that has it open is no more, or has closed it. */
  dies(owner: string): void;
  closed(owner: string): void;
  remove(): void;
}

export type StoreName = 'memory' | 'sqlite';

export function storeOf(name: StoreName, planted: Planted | undefined): Store {
  return name === 'memory' ? memoryStore(planted) : sqliteStore(planted);
}

function memoryStore(planted: Planted | undefined): Store {
  const tables = new Tables();
  return {
    async open(opening) {
      planted?.onOpen?.(tables);
      return plantedMemory({ ...opening, tables, exclusive: true }, planted);
    },
    dies: (owner) => tables.leave(owner),
    closed: (owner) => tables.leave(owner),
    remove() {},
  };
}

const FILE = 'work.db';
/** The lock is not among them: the system lets go of it. */
const FILES = [FILE, `${FILE}-wal`];

function sqliteStore(planted: Planted | undefined): Store {
  const base = mkdtempSync(join(tmpdir(), 'errand-sim-'));
  let lives = 0;
  let open: { engine: Engine; folder: string } | undefined;
  let left: string | undefined;
  const folderOf = (life: number): string => {
    const folder = join(base, String(life));
    mkdirSync(folder);
    return folder;
  };
  return {
    async open(opening) {
      const folder = left ?? folderOf((lives += 1));
      left = undefined;
      planted?.onFile?.(folder);
      const engine = await openSqlite({ ...opening, path: join(folder, FILE) });
      open = { engine, folder };
      const close = async (): Promise<void> => {
        [left, open] = [folder, undefined];
        await engine.close();
      };
      return { ...engine, close };
    },
    dies() {
      if (open === undefined) {
        return;
      }
      const { engine, folder } = open;
      open = undefined;
      left = folderOf((lives += 1));
      for (const file of FILES.filter((name) => existsSync(join(folder, name)))) {
        cpSync(join(folder, file), join(left, file));
      }
      void engine.close();
    },
    closed() {},
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
}
