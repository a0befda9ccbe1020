/**
 * A hundred agents of the real runtime with ten slots each, in a process of their own: how many delegations a second go
 * through them and how long one takes from the asking to the telling, for those that fetch and for those that are called,
 * in rounds that alternate.
 */
import { openCrew } from './crew.ts';
import { Delegating } from './delegating.ts';
import { at, type Figure } from './figure.ts';
import type { Load } from './load.ts';
import type { Plan } from './plan.ts';
import { openPlatform } from './platform.ts';

const COUNT = 100;
const CAPACITY = 10;
const IN_FLIGHT = 64;
const WARMING = 6000;

export async function benchAgents(plan: Plan): Promise<Figure[]> {
  const platform = await openPlatform();
  const callers = new Delegating(platform);
  await callers.enrol();
  plan.tell(`… ${COUNT} agents that fetch, and ${COUNT} that are called, take their seats`);
  const crews = {
    pull: await openCrew(platform, { way: 'pull', count: COUNT, capacity: CAPACITY }),
    a2a: await openCrew(platform, { way: 'a2a', count: COUNT, capacity: CAPACITY }),
  };
  const measured: Record<keyof typeof crews, Load[]> = { pull: [], a2a: [] };
  try {
    plan.tell('… warming up');
    for (const crew of Object.values(crews)) {
      await callers.run({ inFlight: IN_FLIGHT, total: plan.quick ? WARMING / 4 : WARMING }, crew.name);
    }
    plan.tell(`… ${IN_FLIGHT} delegations in flight, by turns`);
    const total = plan.quick ? 1000 : 4000;
    for (let round = 0; round < plan.rounds; round += 1) {
      for (const way of ['pull', 'a2a'] as const) {
        measured[way].push(await callers.run({ inFlight: IN_FLIGHT, total }, crews[way].name));
      }
    }
  } finally {
    callers.close();
    await crews.pull.close();
    await crews.a2a.close();
    await platform.close();
  }
  return [
    ...figuresOf(`${COUNT} agents that fetch`, measured.pull),
    ...figuresOf(`${COUNT} agents that are called`, measured.a2a),
    {
      name: 'agents that fetch against those that are called',
      unit: '×',
      rounds: measured.pull.map(({ perSecond }, round) => perSecond / (measured.a2a[round]?.perSecond ?? Number.NaN)),
    },
  ];
}

function figuresOf(name: string, rounds: readonly Load[]): Figure[] {
  const label = `${name}, ${IN_FLIGHT} in flight`;
  return [
    { name: label, unit: 'delegations/s', rounds: rounds.map(({ perSecond }) => perSecond) },
    { name: `${label}, p50`, unit: 'ms', rounds: rounds.map(({ times }) => at(times, 0.5)) },
    { name: `${label}, p99`, unit: 'ms', rounds: rounds.map(({ times }) => at(times, 0.99)) },
  ];
}
