/**
 * What holds where several processes share a store: over the memory engine, which the simulation shares, and over
 * PostgreSQL.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { LIMITS } from '../../src/core/delegation/index.ts';
import type { Clock, Elsewhere, Engine } from '../../src/core/ports/index.ts';
import { openMemory, Tables } from '../../src/engines/memory/engine.ts';
import { openPostgres } from '../../src/engines/postgres/engine.ts';
import { systemClock } from '../../src/server/index.ts';
import { delegationIn, Scene } from '../../src/testing/index.ts';
import { ManualClock } from '../support/clock.ts';
import { SeededIds } from '../support/ids.ts';
import { openServer, type TestServer } from '../support/postgres.ts';
import { until } from '../protocol/support.ts';

/** What the tests of one store open, one process after the other. */
interface Shared {
  clock: ManualClock;
  open(owner: string): Promise<Engine>;
  /** Loses what processes tell each other, from now on. */
  deafen(): Promise<void>;
  drop(): Promise<void>;
}

let server: TestServer;

before(async () => {
  server = await openServer();
});

after(async () => server.close());

const MAKERS: Record<string, () => Promise<Shared>> = {
  async memory() {
    const tables = new Tables();
    const clock = new ManualClock();
    return {
      clock,
      open: async (owner) =>
        openMemory({ clock, ids: new SeededIds(owner.length), limits: LIMITS, owner, tables, exclusive: false }),
      async deafen() {},
      async drop() {},
    };
  },
  async postgres() {
    const url = await server.database();
    const clock = new ManualClock();
    return {
      clock,
      open: async (owner) =>
        openPostgres({ url, clock, timeOf: 'clock', ids: new SeededIds(owner.length), limits: LIMITS, owner }),
      async deafen() {
        const name = new URL(url).pathname.slice(1);
        await server.ask(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND query ILIKE '%serving%'`,
        );
      },
      drop: async () => server.drop(url),
    };
  },
};

for (const [name, make] of Object.entries(MAKERS)) {
  describe(`several processes on one ${name}`, () => {
    test('E16: each hears of what the others write, and of the moment it winds the clockwork to', async () => {
      const shared = await make();
      const [one, two] = [await shared.open('srv_1'), await shared.open('srv_22')];
      const heard: Elsewhere[] = [];
      one.onElsewhere(() => {});
      two.onElsewhere((news) => void heard.push(news));
      const scene = sceneOf(two, shared.clock);
      const other = sceneOf(one, shared.clock);
      await other.enrol('lead', { carrier: 'none' });
      await other.enrol('writer');
      await until('both know of each other', () => passing(shared.clock));
      const row = await other.delegate();
      const last = await one.lastSeq();
      await until('it has heard of the delegation', async () => {
        await passing(shared.clock);
        return heard.some(({ seq, dueAt }) => seq === last && dueAt === row.dueAt);
      });
      assert.equal((await scene.read(row)).status, 'dispatched');
      await one.close();
      await two.close();
      await shared.drop();
    });

    test('E17: one of them leads, until its term is over or it leaves', async () => {
      const shared = await make();
      const [one, two] = [await shared.open('srv_1'), await shared.open('srv_22')];
      const first = await one.lead(500);
      assert.equal(first, true);
      assert.equal(await two.lead(500), false, 'there is one at a time');
      assert.equal(await one.lead(500), true, 'it goes on');
      await until('the term is over', async () => {
        shared.clock.advance(100);
        return two.lead(60_000);
      });
      assert.equal(await one.lead(500), false, 'whoever stood still has lost it');
      await two.close();
      assert.equal(await one.lead(500), true, 'who closes the store gives it up');
      await one.close();
      await shared.drop();
    });

    test('E5: keys grow in the order of commits, whichever process gives them', async () => {
      const shared = await make();
      const engines = [await shared.open('srv_1'), await shared.open('srv_22'), await shared.open('srv_333')];
      const scenes = engines.map((engine) => sceneOf(engine, shared.clock));
      await scenes[0]!.enrol('lead', { carrier: 'none' });
      await scenes[0]!.enrol('writer', { capacity: 100 });
      const keys: number[] = [];
      for (let round = 0; round < 12; round += 1) {
        keys.push((await scenes[round % 3]!.delegate()).key);
      }
      const together = await Promise.all(
        Array.from({ length: 30 }, async (_, round) => scenes[round % 3]!.commit(scenes[0]!.accept())),
      );
      const accepted = together.toSorted((left, right) => left.events[0]!.seq - right.events[0]!.seq);
      keys.push(...accepted.map(({ answers }) => delegationIn(answers[0]!).key));
      assert.equal(new Set(keys).size, 42);
      assert.deepEqual(
        keys,
        keys.toSorted((left, right) => left - right),
      );
      await Promise.all(engines.map(async (engine) => engine.close()));
      await shared.drop();
    });
  });
}

describe('a process on PostgreSQL whose clock is wrong', () => {
  test('E18: goes by the time of the database, also when its clock is set in between', async () => {
    const url = await server.database();
    let off = -3_600_000;
    const clock: Clock = { ...systemClock, now: () => Date.now() + off };
    const ids = new SeededIds();
    const engine = await openPostgres({ url, clock, ids, limits: LIMITS, owner: 'srv_1' });
    const scene = sceneOf(engine, clock);
    await scene.enrol('lead', { carrier: 'none' });
    await scene.enrol('writer', { capacity: 10 });
    for (const set of [-3_600_000, 86_400_000, -10_000, 0]) {
      off = set;
      const from = Date.now();
      const { createdAt, deadlineAt } = await scene.delegate();
      assert.ok(createdAt >= from - 1000 && createdAt <= Date.now() + 1000, `${createdAt - from} ms off`);
      assert.equal(deadlineAt, createdAt + 3_600_000);
    }
    await engine.close();
    await server.drop(url);
  });
});

function sceneOf(engine: Engine, clock: Pick<Clock, 'now'>): Scene {
  const still = async (): Promise<never> => {
    throw new Error('It is not opened again.');
  };
  const harness = { engine, clock: { now: () => clock.now(), advance() {} }, ids: new SeededIds(), reopen: still };
  return new Scene({ ...harness, close: async () => engine.close() });
}

/** A second passes, in which processes look for each other. */
async function passing(clock: ManualClock): Promise<true> {
  clock.advance(1000);
  return true;
}
