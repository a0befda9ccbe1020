/**
 * Honest agents beside one that means harm: how much longer the slowest hundredth of their delegations takes, in rounds
 * with and without it by turns. Whoever means harm runs at the lowest priority of the system, so that it is not the
 * processor which it takes that is measured, but what the platform lets it take.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { ended, openCrew, said, start, type Crew } from './crew.ts';
import { Delegating } from './delegating.ts';
import { at, type Figure } from './figure.ts';
import { HARMS, type Harm } from './harms.ts';
import type { Plan } from './plan.ts';
import { openPlatform, type Platform } from './platform.ts';

const IN_FLIGHT = 16;
const WARMING = 4000;
/** With nobody else at work, to see what it takes of the platform. */
const WATCHED_MS = 3000;
const WAYS = ['pull', 'a2a'] as const;

interface Stage {
  plan: Plan;
  platform: Platform;
  callers: Delegating;
  crews: Record<(typeof WAYS)[number], Crew>;
}

export async function benchHostile(plan: Plan): Promise<Figure[]> {
  const platform = await openPlatform();
  const callers = new Delegating(platform);
  await callers.enrol();
  const wish = { count: 10, capacity: 10 };
  const crews = {
    pull: await openCrew(platform, { way: 'pull', ...wish }),
    a2a: await openCrew(platform, { way: 'a2a', ...wish }),
  };
  const stage = { plan, platform, callers, crews };
  try {
    plan.tell('… warming up');
    for (const crew of Object.values(crews)) {
      await callers.run({ inFlight: IN_FLIGHT, total: plan.quick ? WARMING / 4 : WARMING }, crew.name);
    }
    const figures: Figure[] = [];
    for (const harm of HARMS) {
      figures.push(...(await beside(stage, harm)));
    }
    return figures;
  } finally {
    callers.close();
    await crews.pull.close();
    await crews.a2a.close();
    await platform.close();
  }
}

async function beside(stage: Stage, harm: Harm): Promise<Figure[]> {
  const { plan, platform } = stage;
  plan.tell(`… with and without one that ${harm}`);
  const alone: Record<string, number[]> = { pull: [], a2a: [] };
  const besides: Record<string, number[]> = { pull: [], a2a: [] };
  const shares: number[] = [];
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const way of WAYS) {
      alone[way]?.push(await slowest(stage, way));
    }
    const hostile = start(['bench/hostile-process.ts', harm, `${harm.replaceAll(' ', '-')}-${round}`, platform.url]);
    await said(hostile, 'at work');
    const used = platform.usedMs();
    await pause(WATCHED_MS);
    shares.push(((platform.usedMs() - used) / WATCHED_MS) * 100);
    for (const way of WAYS) {
      besides[way]?.push(await slowest(stage, way));
    }
    await ended(hostile);
  }
  const share = { name: `one that ${harm}, processor of the platform that it takes`, unit: '%', rounds: shares };
  const figures = WAYS.flatMap((way): Figure[] => {
    const label = `${way}, beside one that ${harm}`;
    const [without = [], withIt = []] = [alone[way], besides[way]];
    const ratio = withIt.map((p99, round) => p99 / (without[round] ?? Number.NaN));
    return [
      { name: `${label}, p99`, unit: 'ms', rounds: withIt },
      { name: `${way}, with nobody beside it, p99`, unit: 'ms', rounds: without },
      { name: `${label}, against without`, unit: '×', rounds: ratio, target: { most: 1.2 } },
    ];
  });
  return [share, ...figures];
}

async function slowest({ plan, callers, crews }: Stage, way: (typeof WAYS)[number]): Promise<number> {
  const total = plan.quick ? 800 : 4000;
  const { times } = await callers.run({ inFlight: IN_FLIGHT, total }, crews[way].name);
  return at(times, 0.99);
}
