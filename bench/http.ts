/**
 * (b) End to end over HTTP, platform in its own process, caller and peers in this one; and (c) the yardstick: caller
 * and peer in this one talking directly through the official A2A SDK, with nothing stored. Rounds of both alternate.
 * Beside it, without a target, the SDK's peer in a process of its own.
 */
import { at, type Figure } from './figure.ts';
import type { Load } from './load.ts';
import type { Plan } from './plan.ts';
import { openPlatform } from './platform.ts';
import { apart, together, type Direct } from './sdk.ts';
import { Caller, openPeer, traffic, type Peer, type Times } from './traffic.ts';

const IN_FLIGHT = [1, 64, 256] as const;
/** Code gets its speed by being run: rounds before the first that counts. */
const WARMING = 12_000;

export async function benchHttp(plan: Plan): Promise<Figure[]> {
  const platform = await openPlatform();
  const peer = await openPeer();
  const yardstick = await together();
  const two = await apart();
  const caller = new Caller(platform.url, peer);
  await caller.enrol();
  await caller.enrolCallees();
  plan.tell('… warming up');
  const warming = { inFlight: 64, total: plan.quick ? WARMING / 4 : WARMING };
  await traffic({ peer, callers: [caller], ...warming });
  await yardstick.run(warming);
  await two.run(warming);
  const figures: Figure[] = [];
  for (const inFlight of IN_FLIGHT) {
    plan.tell(`… end to end and yardstick, ${inFlight} in flight`);
    figures.push(...(await roundsOf({ plan, inFlight, caller, peer, yardstick, two })));
  }
  plan.tell('… a queue at each of eight callees with one slot');
  figures.push(await turnAround(caller, peer, plan));
  caller.close();
  await yardstick.close();
  await two.close();
  await peer.close();
  await platform.close();
  return figures;
}

interface Setting {
  plan: Plan;
  inFlight: number;
  caller: Caller;
  peer: Peer;
  yardstick: Direct;
  two: Direct;
}

async function roundsOf({ plan, inFlight, caller, peer, yardstick, two }: Setting): Promise<Figure[]> {
  const amount = { inFlight, total: (inFlight === 1 ? 400 : 4000) / (plan.quick ? 4 : 1) };
  const ours: Times[] = [];
  const theirs: Load[] = [];
  const most: Load[] = [];
  for (let round = 0; round < plan.rounds; round += 1) {
    ours.push(await traffic({ peer, callers: [caller], ...amount }));
    theirs.push(await yardstick.run(amount));
    most.push(await two.run(amount));
  }
  const label = `end to end, ${inFlight} in flight`;
  const base = `A2A SDK, nothing stored, ${inFlight} in flight`;
  const rate = ours.map(({ perSecond }) => perSecond);
  const ratio = rate.map((value, round) => value / (theirs[round]?.perSecond ?? Number.NaN));
  const p99 = ours.map((times) => at(times.total, 0.99));
  const tail = p99.map((value, round) => value / at(theirs[round]?.times ?? [], 0.99));
  return [
    { name: label, unit: 'delegations/s', rounds: rate },
    { name: base, unit: 'calls/s', rounds: theirs.map(({ perSecond }) => perSecond) },
    {
      name: `${label}, against the SDK`,
      unit: '×',
      rounds: ratio,
      ...(inFlight === 64 ? { target: { least: 1.5 } } : {}),
    },
    { name: `${label}, p50`, unit: 'ms', rounds: ours.map((times) => at(times.total, 0.5)) },
    { name: `${label}, p99`, unit: 'ms', rounds: p99 },
    { name: `${base}, p99`, unit: 'ms', rounds: theirs.map(({ times }) => at(times, 0.99)) },
    { name: `${base}, on two cores`, unit: 'calls/s', rounds: most.map(({ perSecond }) => perSecond) },
    { name: `${base}, on two cores, p99`, unit: 'ms', rounds: most.map(({ times }) => at(times, 0.99)) },
    {
      name: `${label}, p99 against the SDK`,
      unit: '×',
      rounds: tail,
      ...(inFlight === 64 ? { target: { most: 1 } } : {}),
    },
    {
      name: `${label}, accept p50`,
      unit: 'ms',
      rounds: ours.map((times) => at(times.accept, 0.5)),
      ...(inFlight === 1 ? { target: { most: 2 } } : {}),
    },
    {
      name: `${label}, accepted until the peer has it, p50`,
      unit: 'ms',
      rounds: ours.map((times) => at(times.arrive, 0.5)),
    },
    {
      name: `${label}, answered until the caller is told, p50`,
      unit: 'ms',
      rounds: ours.map((times) => at(times.told, 0.5)),
    },
  ];
}

/** Callees with one slot and a queue: from the end of one task to the arrival of the next, as the peer sees it. */
async function turnAround(caller: Caller, peer: Peer, plan: Plan): Promise<Figure> {
  const rounds: number[] = [];
  for (let round = 0; round < plan.rounds; round += 1) {
    peer.gaps.length = 0;
    await traffic({ peer, callers: [caller], inFlight: 64, total: plan.quick ? 400 : 1600, kind: 'narrow' });
    rounds.push(at(peer.gaps, 0.99));
  }
  return { name: 'slot freed until the next is there, 64 in flight, p99', unit: 'ms', rounds, target: { most: 20 } };
}
