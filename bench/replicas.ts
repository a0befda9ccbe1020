/**
 * End to end over HTTP through one, two and four platforms on one PostgreSQL. The callers and the seats of the peers
 * are spread over them, so most of what is asked for at one is about what was enrolled at another.
 */
import type { TestServer } from '../test/support/postgres.ts';
import { at, type Figure } from './figure.ts';
import { openPlatform, type Platform } from './platform.ts';
import type { Plan } from './plan.ts';
import { Caller, openPeer, traffic, type Peer, type Times } from './traffic.ts';

const REPLICAS = [1, 2, 4] as const;
const IN_FLIGHT = [1, 64, 256] as const;
const WARMING = 4000;

export async function benchReplicas(plan: Plan, server: TestServer): Promise<Figure[]> {
  const peer = await openPeer();
  const fleets: Fleet[] = [];
  try {
    for (const count of REPLICAS) {
      fleets.push(await openFleet(server, peer, count));
    }
    return await benchFleets(plan, peer, fleets);
  } finally {
    for (const fleet of fleets) {
      await fleet.close();
    }
    await peer.close();
  }
}

async function benchFleets(plan: Plan, peer: Peer, fleets: readonly Fleet[]): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { callers } of fleets) {
    plan.tell(`… warming up, ${named(callers.length)}`);
    await traffic({ peer, callers, inFlight: 64, total: plan.quick ? WARMING / 4 : WARMING });
  }
  for (const inFlight of IN_FLIGHT) {
    plan.tell(`… end to end through ${REPLICAS.join(', ')} replicas, ${inFlight} in flight`);
    figures.push(...(await roundsOf({ plan, peer, fleets, inFlight })));
  }
  return figures;
}

function named(count: number): string {
  return count === 1 ? '1 replica' : `${count} replicas`;
}

interface Fleet {
  /** One at each of its platforms. */
  callers: Caller[];
  close(): Promise<void>;
}

async function openFleet(server: TestServer, peer: Peer, count: number): Promise<Fleet> {
  const url = await server.database();
  const platforms: Platform[] = [];
  for (let index = 0; index < count; index += 1) {
    platforms.push(await openPlatform({ DATABASE_URL: url }));
  }
  const callers = platforms.map((platform, index) => new Caller(platform.url, peer, `caller-${index}`));
  for (const [index, caller] of callers.entries()) {
    await caller.enrol();
    await caller.enrolCallees(index, count);
  }
  return {
    callers,
    async close() {
      for (const caller of callers) {
        caller.close();
      }
      await Promise.all(platforms.map(async (platform) => platform.close()));
      await server.drop(url);
    },
  };
}

interface Setting {
  plan: Plan;
  peer: Peer;
  fleets: readonly Fleet[];
  inFlight: number;
}

async function roundsOf({ plan, peer, fleets, inFlight }: Setting): Promise<Figure[]> {
  const amount = { inFlight, total: (inFlight === 1 ? 400 : 4000) / (plan.quick ? 4 : 1) };
  const rounds = fleets.map((): Times[] => []);
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const [index, { callers }] of fleets.entries()) {
      rounds[index]?.push(await traffic({ peer, callers, ...amount }));
    }
  }
  const [alone = []] = rounds;
  return fleets.flatMap(({ callers }, index) => {
    const name = `${named(callers.length)}, ${inFlight} in flight`;
    const times = rounds[index] ?? [];
    const figures: Figure[] = [
      { name, unit: 'delegations/s', rounds: times.map(({ perSecond }) => perSecond) },
      { name: `${name}, p50`, unit: 'ms', rounds: times.map(({ total }) => at(total, 0.5)) },
      { name: `${name}, p99`, unit: 'ms', rounds: times.map(({ total }) => at(total, 0.99)) },
      { name: `${name}, accept p50`, unit: 'ms', rounds: times.map(({ accept }) => at(accept, 0.5)) },
      {
        name: `${name}, answered until told, p50`,
        unit: 'ms',
        rounds: times.map(({ told }) => at(told, 0.5)),
      },
    ];
    const ratios = times.map(({ perSecond }, round) => perSecond / (alone[round]?.perSecond ?? Number.NaN));
    return index === 0 ? figures : [...figures, { name: `${name}, against one`, unit: '×', rounds: ratios }];
  });
}
