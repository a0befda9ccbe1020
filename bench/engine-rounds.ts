/**
 * The rounds of the engine: empty and with a million rows, few and many in flight, few and many callees.
 */
import { prefill } from './prefill.ts';
import { measure, openBench, type EngineBench } from './engine.ts';
import { median, type Figure } from './figure.ts';

export interface Plan {
  rounds: number;
  quick: boolean;
}

const IN_FLIGHT = [1, 16, 64, 256] as const;

export async function benchEngine(plan: Plan, tell: (line: string) => void): Promise<Figure[]> {
  const empty = await roundsOf(plan, { rows: 0, callees: 64, tell });
  const filled = await roundsOf(plan, { rows: plan.quick ? 100_000 : 1_000_000, callees: 64, tell });
  const figures = [...empty.figures, ...filled.figures];
  const share = filled.at64 / empty.at64;
  figures.push({
    name: 'engine, with a million rows against empty, at 64',
    unit: '×',
    rounds: [share],
    target: { least: 0.8 },
  });
  for (const callees of [1, 10_000]) {
    const some = await roundsOf({ ...plan, rounds: 1 }, { rows: 0, callees, tell, only: 64 });
    figures.push(...some.figures);
  }
  return figures;
}

interface Setting {
  rows: number;
  callees: number;
  tell: (line: string) => void;
  only?: number;
}

async function roundsOf(plan: Plan, setting: Setting): Promise<{ figures: Figure[]; at64: number }> {
  const bench = await openBench(setting.callees, (path) => prefill(path, setting.rows));
  const label = `engine, ${setting.rows} rows, ${setting.callees} callees`;
  setting.tell(`… ${label}`);
  const figures: Figure[] = [];
  let at64 = 0;
  await measure(bench, 64, 3000);
  for (const inFlight of IN_FLIGHT.filter((count) => setting.only === undefined || count === setting.only)) {
    const rounds = await measured(bench, inFlight, plan);
    const name = `${label}, ${inFlight} in flight`;
    const target = inFlight === 64 && setting.rows === 0 && setting.callees === 64 ? { target: { least: 8000 } } : {};
    figures.push(
      { name, unit: 'lifecycles/s', rounds: rounds.map(({ perSecond }) => perSecond), ...target },
      { name: `${name}, commit p50`, unit: 'ms', rounds: rounds.map(({ p50 }) => p50) },
      { name: `${name}, commit p99`, unit: 'ms', rounds: rounds.map(({ p99 }) => p99) },
    );
    if (inFlight === 64) {
      at64 = median(rounds.map(({ perSecond }) => perSecond));
    }
  }
  if (setting.rows > 0) {
    figures.push(...(await lookups(bench, label)));
  }
  await bench.close();
  return { figures, at64 };
}

async function measured(bench: EngineBench, inFlight: number, plan: Plan) {
  const total = (inFlight === 1 ? 1500 : 12_000) / (plan.quick ? 4 : 1);
  const rounds = [];
  for (let round = 0; round < plan.rounds; round += 1) {
    rounds.push(await measure(bench, inFlight, total));
  }
  return rounds;
}

async function lookups(bench: EngineBench, label: string): Promise<Figure[]> {
  const { engine } = bench;
  const timed = async (what: () => Promise<unknown>): Promise<number[]> => {
    const times: number[] = [];
    for (let index = 0; index < 50; index += 1) {
      const began = performance.now();
      await what();
      times.push(performance.now() - began);
    }
    return times;
  };
  const filter = { caller: 'caller', limit: 50 };
  return [
    {
      name: `${label}, page of 50 of a workspace`,
      unit: 'ms',
      rounds: await timed(async () => engine.delegations(filter)),
    },
    {
      name: `${label}, page of 50 that are queued`,
      unit: 'ms',
      rounds: await timed(async () => engine.delegations({ ...filter, status: 'queued' })),
    },
    {
      name: `${label}, claim`,
      unit: 'ms',
      rounds: await timed(async () => bench.recorder.record({ type: 'claim', callee: 'puller', most: 1 })),
    },
  ];
}
