/**
 * An agent that stops: nothing is handed to it any more, what runs comes to its end or runs elsewhere, and nothing stays.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Stopped, Task, TaskContext } from '../../src/runtime/agent/index.ts';
import { Crew } from './serving.ts';
import { openHouse, until, type Fields, type House } from './support.ts';

let house: House;
const crew = new Crew(() => house);

before(async () => {
  house = await openHouse({ open: false });
});

after(async () => {
  await crew.leave();
  await house.close();
});

const whys: unknown[] = [];

async function untilStopped(_task: Task, { signal }: TaskContext): Promise<string> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      whys.push((signal.reason as Stopped).why);
      reject(signal.reason as Error);
    });
  });
}

describe('an agent that stops', () => {
  test('is offline at once, without waiting for the fetch that waits, and its queue says so', async () => {
    const { served, seat, delegate, look } = await crew.serving(() => 'x');
    assert.equal((await seat())['presence'], 'online');
    const began = Date.now();
    await served.stop();
    await served.ended;
    assert.ok(Date.now() - began < 1500, `${Date.now() - began} ms`);
    assert.equal((await seat())['presence'], 'offline');
    const { status, waiting_for: waits } = (await look(await delegate('later'))) as Fields & { waiting_for: Fields };
    assert.deepEqual([status, waits['cause']], ['queued', 'callee_offline']);
  });

  test('lets what runs come to its end, and takes nothing more', async () => {
    let finish = (): void => {};
    const handle = async (): Promise<string> =>
      new Promise((resolve) => {
        finish = () => resolve('to its end');
      });
    const { served, seat, delegate, reaches, ended, look } = await crew.serving(handle, { capacity: 2 });
    const id = await delegate('running');
    await reaches(id, 'in_progress');
    const stopping = served.stop();
    await until('it is offline', async () => (await seat())['presence'] === 'offline');
    const next = await delegate('next');
    finish();
    await stopping;
    assert.equal((await ended(id)).result.text, 'to its end');
    assert.equal((await look(next)).status, 'queued');
  });

  test('gives back what does not come to its end in time, and it runs elsewhere', async () => {
    const { served, delegate, reaches, ended, again } = await crew.serving(untilStopped);
    const id = await delegate('long');
    await reaches(id, 'in_progress');
    await served.stop({ drainMs: 50 });
    assert.deepEqual(whys.splice(0), ['stopping']);
    await again(({ mayHaveRun }) => `elsewhere, ${String(mayHaveRun)}`);
    const end = await ended(id);
    assert.deepEqual([end.status, end.result.text, end['attempts']], ['completed', 'elsewhere, true', 2]);
    const back = (end['events'] as Fields[]).find(({ type }) => type === 'delegation.returned');
    assert.match(JSON.stringify(back?.['data']), /agent is stopping/u);
  });

  test('does not wait for a handler that does not hear: its task is given back, and what it brings is not wanted', async () => {
    let finish = (): void => {};
    const handle = async (): Promise<string> =>
      new Promise((resolve) => {
        finish = () => resolve('too late');
      });
    const { served, delegate, reaches, ended, again } = await crew.serving(handle);
    const id = await delegate('long');
    await reaches(id, 'in_progress');
    await served.stop({ mode: 'cancel' });
    finish();
    await again(() => 'elsewhere');
    const end = await ended(id);
    assert.deepEqual([end.result.text, end['late_results']], ['elsewhere', undefined]);
  });

  test('hurries when it is told to while it drains, and stops with its signal', async () => {
    const over = new AbortController();
    const { served, delegate, reaches } = await crew.serving(untilStopped, { options: { signal: over.signal } });
    await reaches(await delegate('long'), 'in_progress');
    over.abort();
    await served.stop({ mode: 'cancel' });
    assert.deepEqual(whys.splice(0), ['stopping']);
  });

  test('before it began to serve, does not begin', async () => {
    const over = new AbortController();
    over.abort(new Error('changed my mind'));
    await assert.rejects(
      crew.serving(() => 'x', { options: { signal: over.signal } }),
      /changed my mind/u,
    );
  });

  test('carries out what it was given in the very moment in which it left', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { served, delegate, ended, again } = await crew.serving(({ attempt }) => `attempt ${attempt}`);
      const [id] = await Promise.all([delegate('now'), served.stop()]);
      await again(({ attempt }) => `attempt ${attempt}`);
      assert.equal((await ended(id)).result.text, 'attempt 1');
    }
  });
});
