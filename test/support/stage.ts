/**
 * A stage over the memory engine, for tests of the law and of the line: two seats, a manual clock, seeded ids.
 */
import { LIMITS, type Limits } from '../../src/core/delegation/index.ts';
import { openMemory, Tables } from '../../src/engines/memory/engine.ts';
import { Scene, type Harness } from '../../src/testing/index.ts';
import { ManualClock } from './clock.ts';
import { SeededIds } from './ids.ts';

/** An empty store in memory, and what it was opened with. */
export async function memoryHarness(limits: Partial<Limits> = {}, seed = 1): Promise<Harness> {
  const clock = new ManualClock();
  const tables = new Tables();
  async function start(): Promise<Harness> {
    const ids = new SeededIds(seed);
    const engine = await openMemory({ clock, ids, limits: { ...LIMITS, ...limits }, owner: 'platform', tables });
    const close = (): Promise<void> => engine.close();
    return { engine, clock, ids, reopen: () => close().then(start), close };
  }
  return start();
}

/** `lead`, who delegates, and `writer`, who has one slot and is served. */
export async function stage(limits: Partial<Limits> = {}): Promise<Scene> {
  const scene = new Scene(await memoryHarness(limits));
  await scene.enrol('lead', { carrier: 'none' });
  await scene.enrol('writer');
  return scene;
}
