/**
 * (b) End to end over HTTP, platform in its own process, caller and peers in this one; and (c) the yardstick: the same
 * caller and a peer talking directly through the official A2A SDK, with nothing stored. Rounds of both alternate.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { at, type Figure } from './figure.ts';
import type { Plan } from './engine-rounds.ts';
import { direct, type Direct } from './sdk.ts';
import { Caller, openPeer, type Peer, type Times } from './traffic.ts';

const IN_FLIGHT = [1, 64, 256] as const;

export async function benchHttp(plan: Plan, tell: (line: string) => void): Promise<Figure[]> {
  const platform = await openPlatform();
  const peer = await openPeer();
  const yardstick = await direct();
  const caller = new Caller(platform.url, peer);
  await caller.enrol();
  const figures: Figure[] = [];
  for (const inFlight of IN_FLIGHT) {
    tell(`… end to end and yardstick, ${inFlight} in flight`);
    figures.push(...(await roundsOf({ plan, inFlight, caller, yardstick })));
  }
  tell('… a queue at each of eight callees with one slot');
  figures.push(await turnAround(caller, peer, plan));
  await caller.close();
  await yardstick.close();
  await peer.close();
  await platform.close();
  return figures;
}

interface Setting {
  plan: Plan;
  inFlight: number;
  caller: Caller;
  yardstick: Direct;
}

async function roundsOf({ plan, inFlight, caller, yardstick }: Setting): Promise<Figure[]> {
  const total = (inFlight === 1 ? 400 : 4000) / (plan.quick ? 4 : 1);
  const ours: Times[] = [];
  const theirs: { perSecond: number; total: number[] }[] = [];
  await caller.run(inFlight, Math.ceil(total / 4));
  await yardstick.run(inFlight, Math.ceil(total / 4));
  for (let round = 0; round < plan.rounds; round += 1) {
    ours.push(await caller.run(inFlight, total));
    theirs.push(await yardstick.run(inFlight, total));
  }
  const label = `end to end, ${inFlight} in flight`;
  const base = `A2A SDK, nothing stored, ${inFlight} in flight`;
  const rate = ours.map(({ perSecond }) => perSecond);
  const ratio = rate.map((value, round) => value / (theirs[round]?.perSecond ?? Number.NaN));
  const p99 = ours.map((times) => at(times.total, 0.99));
  const tail = p99.map((value, round) => value / at(theirs[round]?.total ?? [], 0.99));
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
    { name: `${base}, p99`, unit: 'ms', rounds: theirs.map(({ total: all }) => at(all, 0.99)) },
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
    await caller.run(64, plan.quick ? 400 : 1600, 'narrow');
    rounds.push(at(peer.gaps, 0.99));
  }
  return { name: 'slot freed until the next is there, 64 in flight, p99', unit: 'ms', rounds, target: { most: 20 } };
}

async function openPlatform(): Promise<{ url: string; close(): Promise<void> }> {
  const data = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'errand-bench-http-'));
  const child = spawn(process.execPath, ['src/cli/main.ts', 'up', '--open', '--port', '0', '--data', data], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await addressOf(child);
  return {
    url,
    async close() {
      const ended = new Promise((resolve) => {
        child.once('exit', resolve);
      });
      child.kill('SIGTERM');
      await ended;
      rmSync(data, { recursive: true });
    },
  };
}

async function addressOf(child: ChildProcess): Promise<string> {
  if (child.stdout !== null) {
    for await (const line of createInterface({ input: child.stdout })) {
      const found = /http:\/\/[\d.]+:\d+/u.exec(line)?.[0];
      if (found !== undefined) {
        return found;
      }
    }
  }
  throw new Error('The platform did not say where it serves.');
}
