/**
 * Errand beside what a user would pick instead: kept, carried out, its result kept and read by the one who asked; one
 * job per call. All in this process, all on this machine, in rounds that take turns.
 *
 * The target is held against whoever is fastest in the same round among those who wait for the disk, as Errand does.
 */
import type { TestServer } from '../../test/support/postgres.ts';
import { at, median, type Figure } from '../figure.ts';
import { load, type Amount, type Load } from '../load.ts';
import type { Plan } from '../plan.ts';
import { postgresStore } from '../stores/postgres.ts';
import { sqliteStore } from '../stores/sqlite.ts';
import { bullmq } from './bullmq.ts';
import type { Contender } from './contender.ts';
import { errand } from './errand.ts';
import { graphileWorker } from './graphile-worker.ts';
import { install } from './installed.ts';
import { pgBoss } from './pg-boss.ts';
import { openRedis, type RedisAt } from './redis.ts';

const IN_FLIGHT = [1, 64, 256] as const;
const TOTALS = { 1: 300, 64: 2000, 256: 2000 } as const;

export async function benchJobs(plan: Plan, server: TestServer): Promise<Figure[]> {
  install(plan.tell);
  const redis = await openRedis(plan.tell);
  const figures: Figure[] = [];
  try {
    for (const inFlight of IN_FLIGHT) {
      const contenders = await openAll({ server, redis, inFlight });
      const amount = { inFlight, total: TOTALS[inFlight] / (plan.quick ? 4 : 1) };
      figures.push(...(await roundsOf(plan, contenders, amount)));
      for (const contender of contenders) {
        await contender.close();
      }
    }
  } finally {
    await Promise.all(redis.map(async (one) => one.close()));
  }
  return figures;
}

interface Ground {
  server: TestServer;
  redis: readonly RedisAt[];
  inFlight: number;
}

/** Errand on PostgreSQL is the first of them: it is the one that the targets are about. */
async function openAll({ server, redis, inFlight }: Ground): Promise<Contender[]> {
  const opened = [
    await errand(await postgresStore(server)),
    await errand(await sqliteStore()),
    await pgBoss(server, inFlight),
    await graphileWorker(server, inFlight),
  ];
  for (const one of redis) {
    opened.push(await bullmq(one, inFlight));
  }
  return opened;
}

interface Measured {
  contender: Contender;
  rounds: Load[];
}

async function roundsOf(plan: Plan, contenders: Contender[], amount: Amount): Promise<Figure[]> {
  plan.tell(`… jobs, ${amount.inFlight} in flight`);
  const all: Measured[] = contenders.map((contender) => ({ contender, rounds: [] }));
  for (const { contender } of all) {
    await load(amount, async () => contender.one());
  }
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const { contender, rounds } of all) {
      rounds.push(await load(amount, async () => contender.one()));
    }
  }
  return [...all.flatMap((one) => figuresOf(one, amount.inFlight)), ...against(all, amount.inFlight)];
}

function figuresOf({ contender, rounds }: Measured, inFlight: number): Figure[] {
  const name = `jobs, ${inFlight} in flight, ${contender.name}`;
  return [
    { name, unit: 'jobs/s', rounds: rounds.map(({ perSecond }) => perSecond) },
    { name: `${name}, p50`, unit: 'ms', rounds: rounds.map(({ times }) => at(times, 0.5)) },
    { name: `${name}, p99`, unit: 'ms', rounds: rounds.map(({ times }) => at(times, 0.99)) },
  ];
}

type Target = NonNullable<Figure['target']>;

const TARGETS: Readonly<Record<number, { rate?: Target; p50?: Target; p99?: Target }>> = {
  1: { p50: { most: 1 }, p99: { most: 1 } },
  64: { rate: { least: 3 }, p99: { most: 1 } },
};

/** The first of them against the best of the others, round by round. */
function against([ours, ...others]: Measured[], inFlight: number): Figure[] {
  const peers = others.filter(({ contender }) => contender.isDurable && !contender.name.startsWith('Errand'));
  const ratios = (best: (...values: number[]) => number, read: (taken: Load) => number): number[] =>
    (ours?.rounds ?? []).map(
      (taken, round) => read(taken) / best(...peers.map(({ rounds }) => rounds.map(read)[round] ?? Number.NaN)),
    );
  const held = TARGETS[inFlight] ?? {};
  const fastest = peers.toSorted((left, right) => middle(right) - middle(left))[0]?.contender.name ?? 'nobody';
  const name = `jobs, ${inFlight} in flight, Errand on postgres`;
  return [
    {
      name: `${name}, rate against the fastest (${fastest})`,
      unit: '×',
      rounds: ratios(Math.max, ({ perSecond }) => perSecond),
      ...(held.rate === undefined ? {} : { target: held.rate }),
    },
    {
      name: `${name}, p50 against the lowest`,
      unit: '×',
      rounds: ratios(Math.min, ({ times }) => at(times, 0.5)),
      ...(held.p50 === undefined ? {} : { target: held.p50 }),
    },
    {
      name: `${name}, p99 against the lowest`,
      unit: '×',
      rounds: ratios(Math.min, ({ times }) => at(times, 0.99)),
      ...(held.p99 === undefined ? {} : { target: held.p99 }),
    },
  ];
}

function middle({ rounds }: Measured): number {
  return median(rounds.map(({ perSecond }) => perSecond));
}
