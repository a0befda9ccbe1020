/**
 * An engine as one process sees it: any commit may be its last, before it or after it, and may fail.
 *
 * What a process that is gone had asked for, it never hears of. After each commit the oracle looks, before anybody is
 * told.
 */
import type { Commit, Engine } from '../../src/core/ports/index.ts';
import type { Life, Watcher } from './platform.ts';
import type { Stage } from './stage.ts';

/** What a disk that is full for a moment throws. */
export class StorageFault extends Error {}

const CRASH = 0.008;
const FAULT = 0.004;

export interface Mortal {
  engine: Engine;
  life: Life;
  stage: Stage;
  watcher: Watcher;
  crash: () => void;
}

export function mortal(parts: Mortal): Engine {
  const { engine, life } = parts;
  const changed: Partial<Engine> = {
    apply: async (commands) => applyOnce(parts, commands),
    secret: async (name) => `the secret of ${name}`,
  };
  return new Proxy(engine, {
    get(target, name) {
      const value: unknown = Reflect.get(changed, name) ?? Reflect.get(target, name);
      if (typeof value !== 'function') {
        return value;
      }
      return async (...given: unknown[]) =>
        life.alive ? (value as (...args: unknown[]) => unknown).apply(target, given) : never();
    },
  });
}

async function applyOnce(parts: Mortal, commands: Parameters<Engine['apply']>[0]): Promise<Commit> {
  const { engine, stage, watcher, crash } = parts;
  const { world, ledger } = stage;
  const happens = (share: number): boolean => !stage.healed && world.dice.chance(share);
  if (happens(CRASH)) {
    ledger.fault('crash before a commit');
    crash();
    return never();
  }
  if (happens(FAULT)) {
    ledger.fault('commit that throws');
    throw new StorageFault('planned fault of a commit');
  }
  const commit = await engine.apply(commands);
  await watcher.onCommit(commit, commands, engine);
  if (happens(CRASH)) {
    ledger.fault('crash after a commit');
    crash();
    return never();
  }
  return commit;
}

async function never<T>(): Promise<T> {
  return new Promise<T>(() => {});
}
