/**
 * `background-contender.ts <who> <in flight> [<url>]`: one of those who are compared, in a process of its own, as in a
 * program that has only this one. It is told over its channel to warm up, and how many calls a round has.
 */
import { background } from './jobs/background.ts';
import { bullmq } from './jobs/bullmq.ts';
import type { Contender } from './jobs/contender.ts';
import { pQueue } from './jobs/p-queue.ts';
import { pgBoss } from './jobs/pg-boss.ts';
import { load, type Load } from './load.ts';

export type Who = 'p-queue' | 'memory' | 'sqlite' | 'pg-boss' | 'bullmq';

export type Order = { verb: 'warm'; ms: number } | { verb: 'round'; total: number } | { verb: 'close' };

export interface Round extends Load {
  /** Of the processor in this process, for one call: what others do on the machine changes it least. */
  usedUs: number;
}

export type Said = { name: string } | { perSecond: number } | { round: Round };

const TEXT = 'nothing';
const FIRST = 64;

const [who = '', flight = '1', url = ''] = process.argv.slice(2);
const inFlight = Number(flight);
const contender = await open(who as Who);

process.on('message', (order: Order) => void obey(order));
say({ name: contender.name });

async function open(name: Who): Promise<Contender> {
  switch (name) {
    case 'p-queue':
      return pQueue(inFlight, TEXT);
    case 'pg-boss':
      return pgBoss({ database: async () => url, drop: async () => {} }, inFlight, TEXT);
    case 'bullmq':
      return bullmq({ url, appendfsync: 'always', close: async () => {} }, inFlight, TEXT);
    default:
      return background(name, inFlight, TEXT);
  }
}

async function obey(order: Order): Promise<void> {
  switch (order.verb) {
    case 'warm':
      return say({ perSecond: await warm(order.ms) });
    case 'round':
      return say({ round: await round(order.total) });
    default:
      await contender.close();
      return process.disconnect();
  }
}

/** How many it does in a second, once the compiler has seen everything. */
async function warm(ms: number): Promise<number> {
  const until = performance.now() + ms;
  let perSecond = 0;
  for (let total = FIRST; performance.now() < until; total *= 2) {
    ({ perSecond } = await load({ inFlight, total }, async () => contender.one()));
  }
  return perSecond;
}

async function round(total: number): Promise<Round> {
  const before = process.cpuUsage();
  const taken = await load({ inFlight, total }, async () => contender.one());
  const { user, system } = process.cpuUsage(before);
  return { ...taken, usedUs: (user + system) / total };
}

function say(said: Said): void {
  process.send?.(said);
}
