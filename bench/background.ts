/**
 * Background delegation in one process: what one costs beside a bare pool of promises and beside the queues that a user
 * would take instead, for a function that does nothing. Each in a process of its own, in rounds that take turns.
 *
 * Each has the same time in every round, so that one that is a thousand times as fast is not over at once. How long a
 * call takes is what delegating adds to it, because the function itself takes no time.
 */
import type { TestServer } from '../test/support/postgres.ts';
import { aside, type Aside } from './background-aside.ts';
import type { Round } from './background-contender.ts';
import { benchWaitingTasks } from './background-tasks.ts';
import { at, type Figure } from './figure.ts';
import { install } from './jobs/installed.ts';
import { openRedis, type RedisAt } from './jobs/redis.ts';
import type { Plan } from './plan.ts';

const IN_FLIGHT = [1, 8, 64] as const;
/** Warm for long enough that the compiler has seen everything. */
const FULL = { warmMs: 1500, roundMs: 2000 };
const QUICK = { warmMs: 300, roundMs: 250 };

export async function benchBackground(plan: Plan, server: TestServer): Promise<Figure[]> {
  install(plan.tell);
  const redis = await openRedis(plan.tell);
  const figures: Figure[] = [];
  try {
    for (const inFlight of IN_FLIGHT) {
      plan.tell(`… background, ${inFlight} in flight`);
      const taken = await roundsOf(plan, { server, redis, inFlight });
      figures.push(...taken.flatMap((one) => figuresOf(one, inFlight)), ...against(taken, inFlight));
    }
  } finally {
    await Promise.all(redis.map(async (one) => one.close()));
  }
  return [...figures, ...(await benchWaitingTasks(plan))];
}

interface Ground {
  server: TestServer;
  redis: readonly RedisAt[];
  inFlight: number;
}

interface Taken {
  name: string;
  rounds: Round[];
}

async function roundsOf(plan: Plan, { server, redis, inFlight }: Ground): Promise<Taken[]> {
  const database = await server.database();
  const always = redis.find(({ appendfsync }) => appendfsync === 'always');
  const crew = await Promise.all([
    // The yardstick is the first of them.
    aside('p-queue', inFlight),
    aside('memory', inFlight),
    aside('sqlite', inFlight),
    aside('pg-boss', inFlight, database),
    ...(always === undefined ? [] : [aside('bullmq', inFlight, always.url)]),
  ]);
  const all: (Taken & { one: Aside; total: number })[] = [];
  const { warmMs, roundMs } = plan.quick ? QUICK : FULL;
  for (const one of crew) {
    const perSecond = await one.warm(warmMs);
    all.push({ one, name: one.name, rounds: [], total: Math.max(inFlight, Math.round((perSecond * roundMs) / 1000)) });
  }
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const { one, rounds, total } of all) {
      rounds.push(await one.round(total));
    }
  }
  await Promise.all(crew.map(async (one) => one.close()));
  await server.drop(database);
  return all;
}

type Target = NonNullable<Figure['target']>;

const RATES: Readonly<Record<string, Target>> = {
  'Errand, memory, 64': { least: 100_000 },
  'Errand, sqlite, 64': { least: 10_000 },
};
const TIMES: Readonly<Record<string, Target>> = { 'Errand, sqlite, 1': { most: 1 } };

function figuresOf({ name, rounds }: Taken, inFlight: number): Figure[] {
  const label = `background, ${inFlight} in flight, ${name}`;
  const key = `${name}, ${inFlight}`;
  return [
    {
      name: label,
      unit: 'calls/s',
      rounds: rounds.map(({ perSecond }) => perSecond),
      ...targetOf(RATES[key]),
    },
    { name: `${label}, p50`, unit: 'ms', rounds: rounds.map(({ times }) => at(times, 0.5)), ...targetOf(TIMES[key]) },
    { name: `${label}, p99`, unit: 'ms', rounds: rounds.map(({ times }) => at(times, 0.99)) },
    { name: `${label}, processor here`, unit: 'us', rounds: rounds.map(({ usedUs }) => usedUs) },
  ];
}

function targetOf(target: Target | undefined): Pick<Figure, 'target'> {
  return target === undefined ? {} : { target };
}

/** Errand against each of the others, round by round: in memory against the pool, in a file against those that keep. */
function against(taken: readonly Taken[], inFlight: number): Figure[] {
  const ours = taken.filter(({ name }) => name.startsWith('Errand'));
  const others = taken.filter(({ name }) => !name.startsWith('Errand'));
  return ours.flatMap(({ name, rounds }) =>
    others.map((other) => ({
      name: `background, ${inFlight} in flight, ${name} against ${other.name}`,
      unit: '×',
      rounds: rounds.map(({ perSecond }, round) => perSecond / (other.rounds[round]?.perSecond ?? Number.NaN)),
    })),
  );
}
