/**
 * Programs as callees: what the carrier adds to starting one, and what a program that floods costs the others.
 *
 * The start is measured against a bare spawn of the same program, one after the other, by turns. The flood is a program
 * that writes lines of JSON to stdout and words to stderr as fast as they are taken; delegations to other callees are
 * timed with it and without it, by turns, in one run of one platform.
 */
import { spawn } from 'node:child_process';
import { commandCarrier } from '../src/carriers/command/carrier.ts';
import { systemClock } from '../src/server/clock.ts';
import { assignmentFor, calleeAt, watched } from '../src/testing/carrier-suite.ts';
import { at, median, type Figure } from './figure.ts';
import type { Plan } from './plan.ts';
import { openPlatform, type Platform } from './platform.ts';
import { Caller, openPeer, traffic, type Peer } from './traffic.ts';

const STARTS = 100;
const DELEGATIONS = 2000;
const IN_FLIGHT = 8;
const ALONE_MS = 3000;
/** By which the others may be later than without it. */
const RISE_MOST = 20;
const TRUE = '/bin/true';

const LINE = JSON.stringify({ type: 'progress', message: 'x'.repeat(60), percent: 5 });
const FLOODS: Record<string, string> = {
  'lines of JSON and stderr': `yes '${LINE}' & yes 'still at it' >&2`,
  'the shortest lines there are': `yes '{}' & yes '' >&2`,
};

export async function benchPrograms(plan: Plan): Promise<Figure[]> {
  return [...(await benchStart(plan)), ...(await benchFlood(plan))];
}

async function benchStart({ rounds, quick, tell }: Plan): Promise<Figure[]> {
  const program = { argv: [TRUE], shell: false, directory: '/', environment: [] };
  const rest = { input: 'text', dialect: 'text', graceMs: 1000 } as const;
  const callee = calleeAt({ carrier: 'command', program: { ...program, ...rest } });
  const carrier = commandCarrier({
    ...{ clock: systemClock, environment: process.env, resultBytesMax: 1e6 },
    platformUrl: Promise.resolve('http://127.0.0.1:1'),
    onFault: (error) => {
      throw error;
    },
  });
  const bare: number[] = [];
  const carried: number[] = [];
  const starts = quick ? STARTS / 10 : STARTS;
  for (let round = 0; round < rounds; round += 1) {
    const [one, other]: [number[], number[]] = [[], []];
    for (let index = 0; index < starts; index += 1) {
      one.push(await timed(bareRun));
      other.push(await timed(async () => carrier.deliver(assignmentFor(callee), watched())));
    }
    bare.push(median(one));
    carried.push(median(other));
    tell(`start, round ${round + 1} of ${rounds}`);
  }
  await carrier.close();
  return [
    { name: `${TRUE}, spawned bare`, unit: 'ms', rounds: bare },
    { name: `${TRUE}, through the carrier`, unit: 'ms', rounds: carried },
    { name: 'what the carrier adds', unit: 'ms', rounds: carried.map((took, index) => took - (bare[index] ?? 0)) },
  ];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function bareRun(): Promise<void> {
  const child = spawn(TRUE, [], { stdio: 'pipe' });
  child.stdout.resume();
  child.stderr.resume();
  child.stdin.end();
  await new Promise((resolve) => {
    child.once('close', resolve);
  });
}

async function benchFlood({ rounds, quick, tell }: Plan): Promise<Figure[]> {
  const platform = await openPlatform();
  const peer = await openPeer();
  const caller = new Caller(platform.url, peer);
  await caller.enrol();
  await caller.enrolCallees();
  const amount = { inFlight: IN_FLIGHT, total: quick ? DELEGATIONS / 10 : DELEGATIONS };
  const measure = async (): Promise<Share> => shareOf({ platform, peer, caller, amount });
  await measure();
  const figures: Figure[] = [];
  for (const [index, [what, script]] of Object.entries(FLOODS).entries()) {
    const without: Share[] = [];
    const under: Share[] = [];
    const alone: number[] = [];
    await call(platform, 'POST', '/workspaces', {
      ...{ id: `flood-${index}`, name: what },
      command: { run: ['/bin/sh', '-c', `${script}; wait`], dialect: 'errand', grace_ms: 0 },
    });
    for (let round = 0; round < rounds; round += 1) {
      without.push(await measure());
      const stop = await flood(platform, `flood-${index}`);
      under.push(await measure());
      alone.push(await busyWith(platform));
      await stop();
      tell(`${what}, round ${round + 1} of ${rounds}`);
    }
    const rise = under.map(({ p99 }, round) => (p99 / (without[round]?.p99 ?? 1) - 1) * 100);
    figures.push(
      { name: 'p99 of a delegation, without a flood', unit: 'ms', rounds: without.map(({ p99 }) => p99) },
      { name: `p99 under ${what}`, unit: 'ms', rounds: under.map(({ p99 }) => p99) },
      { name: `it rises under ${what} by`, unit: '%', rounds: rise, target: { most: RISE_MOST } },
      { name: `of a processor that the platform takes for ${what}`, unit: '%', rounds: alone },
      { name: 'delegations without a flood', unit: '/s', rounds: without.map(({ perSecond }) => perSecond) },
      { name: `delegations under ${what}`, unit: '/s', rounds: under.map(({ perSecond }) => perSecond) },
    );
  }
  await platform.close();
  await peer.close();
  return figures;
}

/** Of one processor, while nothing else goes on; this says the same on a machine that others share. */
async function busyWith(platform: Platform): Promise<number> {
  const [began, used] = [performance.now(), platform.usedMs()];
  await new Promise((resolve) => {
    setTimeout(resolve, ALONE_MS);
  });
  return ((platform.usedMs() - used) / (performance.now() - began)) * 100;
}

interface Share {
  p99: number;
  perSecond: number;
}

interface Measured {
  platform: Platform;
  peer: Peer;
  caller: Caller;
  amount: { inFlight: number; total: number };
}

async function shareOf({ peer, caller, amount }: Measured): Promise<Share> {
  const { total, perSecond } = await traffic({ peer, callers: [caller], ...amount });
  return { p99: at(total, 0.99), perSecond };
}

/** Under way when it returns; what it returns ends it. */
async function flood(platform: Platform, seat: string): Promise<() => Promise<void>> {
  const sent = await call(platform, 'POST', '/workspaces/caller/delegate', { target_id: seat, task: 'x' });
  const id = String(sent['delegation_id']);
  const path = `/workspaces/caller/delegations/${id}`;
  await waitFor(platform, path, (status) => status === 'in_progress');
  return async () => {
    await call(platform, 'POST', `${path}/cancel`, {});
    const status = await waitFor(platform, path, (now) => ['cancelled', 'failed', 'completed'].includes(now));
    if (status !== 'cancelled') {
      throw new Error(`The flood came to its end before it was stopped: ${status}.`);
    }
  };
}

async function waitFor(platform: Platform, path: string, isMeant: (status: string) => boolean): Promise<string> {
  let row = await call(platform, 'GET', path);
  while (!isMeant(String(row['status']))) {
    row = await call(platform, 'GET', `${path}?wait=10&since=${Number(row['version'])}`);
  }
  return String(row['status']);
}

async function call(platform: Platform, method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const answer = await fetch(`${platform.url}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const said = (await answer.json()) as Record<string, unknown>;
  if (!answer.ok) {
    throw new Error(`${method} ${path}: ${JSON.stringify(said)}`);
  }
  return said;
}
