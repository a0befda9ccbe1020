/**
 * Ten thousand handles that wait in one process: what each costs in memory, that idling costs no processor, and how
 * long it takes until the last of them has its ending.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { connect, type Errand, type Handle } from '../src/runtime/index.ts';
import type { Figure } from './figure.ts';
import { load } from './load.ts';
import type { Plan } from './plan.ts';
import { openPlatform, type Platform } from './platform.ts';

const WARM = 1000;
const IDLE_MS = 5000;
const ROOM = { ERRAND_QUEUE_PER_CALLEE_MAX: '100000', ERRAND_QUEUE_PER_ORG_MAX: '100000' };

export async function benchHandles(plan: Plan): Promise<Figure[]> {
  const count = plan.quick ? 1000 : 10_000;
  const platform = await openPlatform(ROOM);
  const errand = await opened(platform);
  try {
    // What is made once, however many wait.
    await Promise.all((await delegated(errand, WARM)).map(async (handle) => cancelled(handle)));
    const before = await heapKb();
    const handles = await delegated(errand, count);
    const endings = Promise.all(handles.map(async ({ done }) => done));
    plan.tell(`… ${count} handles wait`);
    await quiet();
    const held = (await heapKb()) - before;
    const used = process.cpuUsage();
    await pause(IDLE_MS);
    const { user, system } = process.cpuUsage(used);
    const beganAt = performance.now();
    const other = await connect({ url: platform.url, workspace: 'lead' });
    const stops = [...handles];
    await load({ inFlight: 32, total: count }, async () => other.handle(stops.pop()?.id ?? '').cancel());
    const wrong = (await endings).filter(({ status }) => status !== 'cancelled');
    if (wrong.length > 0) {
      throw new Error(`${wrong.length} of ${count} were told something else: ${JSON.stringify(wrong[0])}`);
    }
    await other.close();
    return [
      { name: `${count} handles that wait, memory for each`, unit: 'kB', rounds: [held / count], target: { most: 20 } },
      { name: `${count} handles, processor while idle`, unit: '%', rounds: [(user + system) / 10 / IDLE_MS] },
      { name: `${count} handles, all cancelled and told`, unit: 'ms', rounds: [performance.now() - beganAt] },
    ];
  } finally {
    await errand.close();
    await platform.close();
  }
}

async function opened({ url }: Platform): Promise<Errand> {
  const headers = { 'content-type': 'application/json' };
  for (const seat of [{ id: 'lead' }, { id: 'worker', pull: true }]) {
    await fetch(`${url}/workspaces`, { method: 'POST', headers, body: JSON.stringify({ ...seat, name: seat.id }) });
  }
  return connect({ url, workspace: 'lead' });
}

async function delegated(errand: Errand, count: number): Promise<Handle[]> {
  const handles: Handle[] = [];
  await load({ inFlight: 64, total: count }, async () => {
    handles.push(await errand.delegate({ to: 'worker', task: 'x' }));
  });
  return handles;
}

async function cancelled(handle: Handle): Promise<void> {
  await handle.cancel();
  await handle.done;
}

/** Each is looked at once when it begins to wait; after that nothing is done. */
async function quiet(): Promise<void> {
  for (let busy = Infinity; busy > 20_000;) {
    const used = process.cpuUsage();
    await pause(1000);
    const { user, system } = process.cpuUsage(used);
    busy = user + system;
  }
}

async function heapKb(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  // What was waiting to be let go is, and then goes.
  await pause(200);
  collect();
  return process.memoryUsage().heapUsed / 1024;
}
