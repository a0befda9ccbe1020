/**
 * What is done to replicas and database, by chance and all at once, until it has been done often enough: replicas are
 * killed or stand still for half a lease to four, the database is restarted without any notice, and its connections
 * are cut one by one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { PostgresProcess } from '../../support/postgres-process.ts';
import type { Chance } from '../witness/chance.ts';
import type { Replica } from './replica.ts';

export interface Done {
  kills: number;
  pauses: number;
  /** Pauses that were longer than a lease. */
  pausesOverLease: number;
  restarts: number;
  cuts: number;
}

export interface Faults {
  chance: Chance;
  replicas: readonly Replica[];
  server: PostgresProcess;
  leaseMs: number;
  /** How many times at least a replica is killed or stands still. */
  rounds: number;
  /** Whether a fault has had the effect that is looked for; until then one at a time stands still, `rounds` times at most. */
  hasStruck: () => Promise<boolean>;
  onRound: (round: number) => void;
}

/** Ends when everything runs again. */
export async function strike(faults: Faults): Promise<Done> {
  const done: Done = { kills: 0, pauses: 0, pausesOverLease: 0, restarts: 0, cuts: 0 };
  const over = new AbortController();
  await Promise.all([
    strikeReplicas(faults, done).finally(() => over.abort()),
    restartAgainAndAgain(faults, done, over.signal),
    cutAgainAndAgain(faults, done, over.signal),
  ]);
  return done;
}

async function strikeReplicas(faults: Faults, done: Done): Promise<void> {
  let begun = 0;
  await Promise.all(
    faults.replicas.map(async (replica) => {
      const chance = faults.chance.fork();
      while (begun < faults.rounds) {
        begun += 1;
        // Mostly it has served for a while, so that there is something to strike; sometimes it is hit in its start.
        await (chance.once(0.85) ? replica.serving() : sleep(0));
        await sleep(chance.between(300, 3000));
        await strikeOne({ ...faults, chance }, replica, done);
        faults.onRound(done.kills + done.pauses);
      }
    }),
  );
  for (let more = 0; more < faults.rounds && !(await faults.hasStruck()); more += 1) {
    await overtakeOne(faults, done);
    faults.onRound(done.kills + done.pauses);
  }
}

async function strikeOne(faults: Faults, replica: Replica, done: Done): Promise<void> {
  const { chance, leaseMs } = faults;
  if (chance.once(0.4)) {
    await replica.look();
    replica.kill();
    done.kills += 1;
    return;
  }
  await standStill(replica, chance.between(leaseMs / 2, leaseMs * 4), faults, done);
}

/** It stands still so long, and while all others are there, that what it has under way becomes theirs. */
async function overtakeOne(faults: Faults, done: Done): Promise<void> {
  const { chance, replicas, leaseMs } = faults;
  await Promise.all(replicas.map(async (replica) => replica.serving()));
  await sleep(chance.between(1000, 3000));
  await standStill(chance.pick(replicas), chance.between(leaseMs * 2, leaseMs * 4), faults, done);
  // Awake again it brings home what it has.
  await sleep(leaseMs / 2);
}

async function standStill(replica: Replica, ms: number, { leaseMs }: Faults, done: Done): Promise<void> {
  await replica.standStill(ms);
  done.pauses += 1;
  done.pausesOverLease += Number(ms > leaseMs);
}

async function restartAgainAndAgain({ chance, server }: Faults, done: Done, over: AbortSignal): Promise<void> {
  const own = chance.fork();
  while (await hasPassed(own.between(5000, 10_000), over)) {
    await server.end('SIGQUIT');
    await sleep(own.between(0, 2000));
    await server.start();
    done.restarts += 1;
  }
}

async function cutAgainAndAgain({ chance, server }: Faults, done: Done, over: AbortSignal): Promise<void> {
  const own = chance.fork();
  while (await hasPassed(1000, over)) {
    const client = new pg.Client({ connectionString: server.url });
    client.on('error', () => {
      // The database was restarted meanwhile.
    });
    try {
      await client.connect();
      const { rows } = await client.query<{ pid: number }>(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'errand' ORDER BY pid",
      );
      if (rows.length > 0) {
        await client.query('SELECT pg_terminate_backend($1)', [own.pick(rows).pid]);
        done.cuts += 1;
      }
    } catch {
      // It is away just now, and with it every connection.
    } finally {
      await client.end().catch(() => {});
    }
  }
}

/** False when there is nothing more to wait for. */
async function hasPassed(ms: number, over: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal: over });
    return true;
  } catch {
    return false;
  }
}
