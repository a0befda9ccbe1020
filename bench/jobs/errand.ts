/**
 * Errand in this very process: its line, its upkeep, and the carrier for functions. The one who asks watches the
 * delegation, reads the result, and is thereby told.
 */
import { inProcessCarrier, type Handler } from '../../src/carriers/in-process/carrier.ts';
import { isSettled, LIMITS, type Delegation } from '../../src/core/delegation/index.ts';
import { accept, collect, openLine, watch } from '../../src/flow/index.ts';
import { systemClock, systemIds } from '../../src/server/clock.ts';
import { startUpkeep } from '../../src/upkeep/index.ts';
import { enrol } from '../enrol.ts';
import type { Store } from '../stores/store.ts';
import { check, TEXT, type Contender } from './contender.ts';

const WAIT_MS = 30_000;

export async function errand(store: Store): Promise<Contender> {
  const name = `Errand on ${store.name}`;
  const place = { clock: systemClock, ids: systemIds(), limits: LIMITS, owner: 'bench' };
  const engine = await store.open(place);
  const carrier = inProcessCarrier({
    clock: systemClock,
    handlers: new Map<string, Handler>([['worker', () => TEXT]]),
  });
  const line = await openLine({ ...place, engine, carriers: { in_process: carrier }, onFault: console.error });
  const upkeep = await startUpkeep(line);
  await enrol(line.recorder, { id: 'caller' });
  await enrol(line.recorder, { id: 'worker', capacity: 1000, carrier: 'in_process' });
  return {
    name,
    isDurable: true,
    async one() {
      const asking = { caller: 'caller', actor: 'caller' };
      let { delegation }: { delegation: Delegation } = await accept(line, asking, { callee: 'worker', task: TEXT });
      while (!isSettled(delegation.status)) {
        const { key, version: since } = delegation;
        delegation = (await watch(line, { key, since, waitMs: WAIT_MS })) ?? delegation;
      }
      const result = await line.engine.result(delegation.key);
      check(name, result?.text);
      // That it has been told is a third commit, which the others have no word for.
      return { rest: async () => collect(line, delegation, { workspace: 'caller', actor: 'caller' }) };
    },
    async close() {
      await line.runs.idle();
      await upkeep.stop();
      await line.recorder.close();
      await carrier.close();
      await engine.close();
      await store.remove();
    },
  };
}
