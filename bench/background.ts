/**
 * Background delegation in one process: what one costs beside a bare pool of promises and beside the queues that a user
 * would take instead, for a function that does nothing. All in this process, in rounds that take turns.
 *
 * Each has the same time in every round, so that one that is a thousand times as fast is not over at once. How long a
 * call takes is what delegating adds to it, because the function itself takes no time.
 */
import type { TestServer } from '../test/support/postgres.ts';
import { benchWaitingTasks } from './background-tasks.ts';
import { at, type Figure } from './figure.ts';
import { background } from './jobs/background.ts';
import { bullmq } from './jobs/bullmq.ts';
import type { Contender } from './jobs/contender.ts';
import { install } from './jobs/installed.ts';
import { pQueue } from './jobs/p-queue.ts';
import { pgBoss } from './jobs/pg-boss.ts';
import { openRedis, type RedisAt } from './jobs/redis.ts';
import { load, type Load } from './load.ts';
import type { Plan } from './plan.ts';

const IN_FLIGHT = [1, 8, 64] as const;
const TEXT = 'nothing';
const ROUND_MS = 2000;
const QUICK_MS = 250;
/** Long enough for the compiler to have seen everything. */
const WARM_MS = 1500;
const QUICK_WARM_MS = 300;
const FIRST = 64;

export async function benchBackground(plan: Plan, server: TestServer): Promise<Figure[]> {
  install(plan.tell);
  const redis = await openRedis(plan.tell);
  const figures: Figure[] = [];
  try {
    for (const inFlight of IN_FLIGHT) {
      plan.tell(`… background, ${inFlight} in flight`);
      const contenders = await openAll({ server, redis, inFlight });
      const taken = await roundsOf(plan, contenders, inFlight);
      figures.push(...taken.flatMap((one) => figuresOf(one, inFlight)), ...against(taken, inFlight));
      for (const contender of contenders) {
        await contender.close();
      }
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

/** The yardstick is the first of them. */
async function openAll({ server, redis, inFlight }: Ground): Promise<Contender[]> {
  return [
    await pQueue(inFlight, TEXT),
    await background('memory', inFlight, TEXT),
    await background('sqlite', inFlight, TEXT),
    await pgBoss(server, inFlight, TEXT),
    ...(await Promise.all(
      redis.filter(({ appendfsync }) => appendfsync === 'always').map(async (one) => bullmq(one, inFlight, TEXT)),
    )),
  ];
}

interface Round extends Load {
  /** Of the processor in this process, for one call: what others do on the machine changes it least. */
  usedUs: number;
}

interface Taken {
  name: string;
  rounds: Round[];
}

async function roundsOf(plan: Plan, contenders: readonly Contender[], inFlight: number): Promise<Taken[]> {
  const all: (Taken & { contender: Contender; perSecond: number })[] = [];
  for (const contender of contenders) {
    all.push({ contender, name: contender.name, rounds: [], perSecond: await warm(plan, contender, inFlight) });
  }
  const ms = plan.quick ? QUICK_MS : ROUND_MS;
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const { contender, rounds, perSecond } of all) {
      const total = Math.max(inFlight, Math.round((perSecond * ms) / 1000));
      const before = process.cpuUsage();
      const taken = await load({ inFlight, total }, async () => contender.one());
      const { user, system } = process.cpuUsage(before);
      rounds.push({ ...taken, usedUs: (user + system) / total });
    }
  }
  return all;
}

/** How many it does in a second, once it is warm. */
async function warm({ quick }: Plan, contender: Contender, inFlight: number): Promise<number> {
  const until = performance.now() + (quick ? QUICK_WARM_MS : WARM_MS);
  let perSecond = 0;
  for (let total = FIRST; performance.now() < until; total *= 2) {
    ({ perSecond } = await load({ inFlight, total }, async () => contender.one()));
  }
  return perSecond;
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
