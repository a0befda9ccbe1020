/**
 * An agent whose platform is away: at the start, in the middle, for longer than a lease, for good. It never gives up,
 * never asks without end, and says once what is wrong.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { after, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { agent, type Served, type Stopped } from '../../src/runtime/agent/index.ts';
import { define } from '../../src/runtime/agent/definition.ts';
import { serve } from '../../src/runtime/agent/serve.ts';
import { systemClock, systemIds } from '../../src/server/clock.ts';
import { Gate } from '../support/gate.ts';
import { openHouse, until, type House } from './support.ts';

const LEASE_MS = 500;
const folders: string[] = [];

after(() => {
  for (const folder of folders) {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Platforms one after the other on the same store, or on another, behind one gate. */
async function behindGate(work: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = new Stage();
  await stage.up();
  stage.gate = await Gate.before(stage.house.url);
  try {
    await work(stage);
  } finally {
    await Promise.all(stage.served.map(async (one) => one.stop({ mode: 'cancel' })));
    stage.gate.close();
    await stage.house.close();
  }
}

class Stage {
  house!: House;
  gate!: Gate;
  readonly served: Served[] = [];
  readonly faults: string[] = [];
  #data = '';

  async up(another = true): Promise<void> {
    if (another) {
      this.#data = mkdtempSync(join(tmpdir(), 'errand-away-'));
      folders.push(this.#data);
    }
    const environment = { ERRAND_LEASE_MS: String(LEASE_MS) };
    this.house = await openHouse({ data: this.#data, environment });
    this.gate?.open(this.house.url);
  }

  async down(): Promise<void> {
    this.gate.shut();
    await this.house.close();
  }

  async seats(): Promise<void> {
    await this.house.seat('lead');
    await this.house.seat('writer', { pull: true });
  }

  async serve(handle: Parameters<typeof agent>[0]['handle'], more: { url?: string; capacity?: number } = {}) {
    const { url = this.gate.url, capacity = 1 } = more;
    const onFault = (fault: Error): void => void this.faults.push(fault.message);
    const one = await agent({ name: 'writer', handle, capacity }).serve({ url, onFault });
    this.served.push(one);
    return one;
  }

  async delegate(task = 'do it'): Promise<string> {
    return (await this.house.delegate('lead', 'writer', { task })).delegation_id;
  }

  async running(id: string): Promise<void> {
    await until('it runs', async () => {
      const { body } = await this.house.call('GET', `/workspaces/lead/delegations/${id}`);
      return body.status === 'in_progress';
    });
  }
}

describe('an agent whose platform is away', () => {
  test('at the start, waits for it, says so once, and serves when it is there', () =>
    behindGate(async (stage) => {
      await stage.seats();
      stage.gate.shut();
      const serving = stage.serve(() => 'at last');
      await until('it knocked', () => stage.gate.knocks >= 3);
      assert.equal(stage.faults.length, 1);
      assert.match(stage.faults[0]!, /cannot be reached/u);
      stage.gate.open();
      await serving;
      assert.equal((await stage.house.ended('lead', await stage.delegate())).result.text, 'at last');
    }));

  test('does not knock without end, and says what is wrong again only when it had been well', () =>
    behindGate(async (stage) => {
      await stage.seats();
      await stage.serve(() => 'x');
      for (let outage = 1; outage <= 2; outage += 1) {
        const before = stage.gate.knocks;
        stage.gate.shut();
        await pause(2500);
        const knocks = stage.gate.knocks - before;
        assert.ok(knocks >= 2 && knocks <= 25, `${knocks} in 2.5 s`);
        assert.equal(stage.faults.length, outage, stage.faults.join('\n'));
        stage.gate.open();
        assert.equal((await stage.house.ended('lead', await stage.delegate())).result.text, 'x');
      }
    }));

  test('in the middle, restarted on its store for longer than a lease: the work goes on and costs no attempt', () =>
    behindGate(async (stage) => {
      await stage.seats();
      let finish = (): void => {};
      let runs = 0;
      await stage.serve(async () => {
        runs += 1;
        return new Promise((resolve) => {
          finish = () => resolve('through it all');
        });
      });
      const id = await stage.delegate();
      await stage.running(id);
      await stage.down();
      await pause(LEASE_MS * 2);
      await stage.up(false);
      await pause(LEASE_MS);
      finish();
      const end = await stage.house.ended('lead', id);
      assert.deepEqual([end.result.text, end['attempts'], runs], ['through it all', 1, 1]);
    }));

  test('when the result is there: it is brought home when the platform is back, once', () =>
    behindGate(async (stage) => {
      await stage.seats();
      let finish = (): void => {};
      const handle = async (): Promise<string> =>
        new Promise((resolve) => {
          finish = () => resolve('brought home');
        });
      await stage.serve(handle);
      const id = await stage.delegate();
      await stage.running(id);
      await stage.down();
      finish();
      await pause(300);
      await stage.up(false);
      const end = await stage.house.ended('lead', id);
      assert.deepEqual([end.result.text, end['attempts'], end['late_results']], ['brought home', 1, undefined]);
    }));

  test('and replaced by another one takes its seat there, and lets go of what only the old one knew', () =>
    behindGate(async (stage) => {
      await stage.seats();
      const whys: unknown[] = [];
      await stage.serve(async ({ text }, { signal }) =>
        text === 'old'
          ? new Promise((_resolve, reject) => {
              signal.addEventListener('abort', () => {
                whys.push((signal.reason as Stopped).why);
                reject(signal.reason as Error);
              });
            })
          : 'for the new one',
      );
      await stage.running(await stage.delegate('old'));
      await stage.down();
      await stage.up();
      await stage.house.seat('lead');
      await until('it lets go', () => whys.length === 1);
      assert.deepEqual(whys, ['overtaken']);
      await until('it has its seat', async () => (await stage.house.call('GET', '/workspaces/writer')).status === 200);
      assert.equal((await stage.house.ended('lead', await stage.delegate())).result.text, 'for the new one');
    }));

  test('for longer than its lease while others reach it: it is overtaken, told so, and says nothing any more', () =>
    behindGate(async (stage) => {
      await stage.seats();
      const whys: unknown[] = [];
      let finish = (): void => {};
      await stage.serve(async ({ text }, { signal, progress }) => {
        if (text === 'next') {
          return 'by the first';
        }
        return new Promise((resolve) => {
          finish = () => resolve('too late');
          signal.addEventListener('abort', () => {
            whys.push((signal.reason as Stopped).why);
            progress('still here');
          });
        });
      });
      const id = await stage.delegate();
      await stage.running(id);
      stage.gate.shut();
      await stage.serve(() => 'by the other', { url: stage.house.url });
      const end = await stage.house.ended('lead', id);
      assert.deepEqual([end.result.text, end['attempts']], ['by the other', 2]);
      stage.gate.open();
      await until('it is told', () => whys.length === 1);
      finish();
      // Its slot is free again.
      await stage.served[1]!.stop();
      assert.equal((await stage.house.ended('lead', await stage.delegate('next'))).result.text, 'by the first');
      const { body } = await stage.house.call('GET', `/workspaces/lead/delegations/${id}`);
      assert.deepEqual([whys, body['late_results'], body.version], [['overtaken'], undefined, end.version]);
    }));

  test('for moments, again and again: everything ends, each result once', () =>
    behindGate(async (stage) => {
      await stage.seats();
      await stage.house.call('PATCH', '/workspaces/writer', { body: { capacity: 4 } });
      await stage.serve(
        async ({ text }) => {
          await pause(15);
          return `${text}, done`;
        },
        { capacity: 4 },
      );
      const ids = await Promise.all(Array.from({ length: 40 }, async (_, index) => stage.delegate(`task ${index}`)));
      let ended = 0;
      const ends = ids.map(async (id, index) => {
        const end = await stage.house.ended('lead', id);
        ended += 1;
        assert.deepEqual([end.status, end.result?.text], ['completed', `task ${index}, done`], end.error);
      });
      const cuts = (async () => {
        while (ended < ids.length) {
          await pause(60);
          stage.gate.cut();
        }
      })();
      await Promise.all([...ends, cuts]);
    }));
});

describe('something on the way that has no patience', () => {
  test('makes the waits shorter, down to a bound, and is no fault of anybody', async () => {
    const waits: number[] = [];
    const faults: string[] = [];
    const TIMES = 200;
    // An hour passes in 18 s.
    const began = Date.now();
    const clock = {
      ...systemClock,
      now: () => began + (Date.now() - began) * TIMES,
      after: (ms: number, call: () => void) => systemClock.after(ms / TIMES, call),
    };
    const proxy = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://proxy');
      if (!url.pathname.endsWith('/assignments')) {
        response.setHeader('content-type', 'application/json').end('{}');
        return;
      }
      const wait = Number(url.searchParams.get('wait'));
      waits.push(wait);
      const cutAt = Math.min(wait, 45);
      const timer = setTimeout(
        () => {
          if (cutAt < wait) {
            response.writeHead(504).end('<html>');
          } else {
            response.setHeader('content-type', 'application/json').end('[]');
          }
        },
        (cutAt * 1000) / TIMES,
      );
      request.on('close', () => clearTimeout(timer));
    }).listen(0, '127.0.0.1');
    await until('it listens', () => proxy.listening);
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const defined = define({ name: 'writer', handle: () => 'x' });
    const onFault = (fault: Error): void => void faults.push(fault.message);
    const served = await serve(defined, { url, onFault }, { clock, ids: systemIds() });
    await until('a longer one is tried again', () => waits.length >= 18);
    const told = [...faults];
    await served.stop();
    proxy.closeAllConnections();
    proxy.close();
    assert.deepEqual(waits.slice(0, 3), [150, 75, 38]);
    assert.deepEqual([...new Set(waits.slice(2, 12))], [38], waits.join(' '));
    assert.ok(
      waits.slice(12, 18).some((wait) => wait > 38),
      `${waits.join(' ')}: grows again`,
    );
    assert.ok(waits.every((wait) => wait >= 20));
    assert.deepEqual(told, []);
  });

  test('or what answers everything at once, is not asked without end', async () => {
    let asked = 0;
    const odd = createServer((_request, response) => {
      asked += 1;
      response.setHeader('content-type', 'application/json').end('[]');
    }).listen(0, '127.0.0.1');
    await until('it listens', () => odd.listening);
    const served = await agent({ name: 'writer', handle: () => 'x' }).serve({
      url: `http://127.0.0.1:${(odd.address() as AddressInfo).port}`,
      onFault: () => {},
    });
    await pause(2000);
    assert.ok(asked < 30, `${asked} times in 2 s`);
    await served.stop();
    odd.closeAllConnections();
    odd.close();
  });
});
