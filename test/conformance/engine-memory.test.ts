/**
 * The memory engine under the rules of every engine. Opened again it finds the tables it left.
 */
import { LIMITS } from '../../src/core/delegation/index.ts';
import { openMemory, Tables } from '../../src/engines/memory/engine.ts';
import { engineSuite, type Harness } from '../../src/testing/index.ts';
import { ManualClock } from '../support/clock.ts';
import { SeededIds } from '../support/ids.ts';

engineSuite({
  name: 'memory',
  async open(limits) {
    const clock = new ManualClock();
    const tables = new Tables();
    async function start(): Promise<Harness> {
      const ids = new SeededIds();
      const engine = await openMemory({ clock, ids, limits: { ...LIMITS, ...limits }, owner: 'platform', tables });
      return { engine, clock, ids, reopen: async () => (await engine.close(), start()), close: () => engine.close() };
    }
    return start();
  },
});
