/**
 * The rounds of an engine: empty and with a million rows, few and many in flight, few and many callees.
 */
import { measure, openBench, queueUp, type EngineBench, type EngineFigure } from './engine.ts';
import { median, type Figure } from './figure.ts';
import type { Plan } from './plan.ts';
import type { OpenStore } from './stores/store.ts';

const IN_FLIGHT = [1, 16, 64, 256] as const;
const CALLEES = 64;
const LOOKS = 50;

export interface EnginePlan extends Plan {
  openStore: OpenStore;
  /** Lifecycles a second on an empty store, 64 in flight. */
  least?: number;
}

export async function benchEngine(plan: EnginePlan): Promise<Figure[]> {
  const many = plan.quick ? 100_000 : 1_000_000;
  const empty = await settingOf(plan, { rows: 0, inFlight: IN_FLIGHT });
  const some = await settingOf(plan, { rows: 10_000, inFlight: [] });
  const filled = await settingOf(plan, { rows: many, inFlight: IN_FLIGHT });
  const share = filled.at64 / empty.at64;
  const figures: Figure[] = [
    ...[...empty.figures, ...some.figures, ...filled.figures],
    { name: `engine, with ${many} rows against empty, at 64`, unit: '×', rounds: [share], target: { least: 0.8 } },
  ];
  for (const callees of [1, 10_000]) {
    const other = await settingOf({ ...plan, rounds: 1 }, { rows: 0, callees, inFlight: [64] });
    figures.push(...other.figures);
  }
  return figures;
}

interface Setting {
  rows: number;
  callees?: number;
  inFlight: readonly number[];
}

async function settingOf(plan: EnginePlan, setting: Setting): Promise<{ figures: Figure[]; at64: number }> {
  const { rows, callees = CALLEES } = setting;
  const label = `engine, ${rows} rows, ${callees} callees`;
  plan.tell(`… ${label}`);
  const bench = await openBench(plan.openStore, callees, rows);
  const figures: Figure[] = [];
  let at64 = 0;
  await measure(bench, { inFlight: 64, total: 3000 });
  for (const inFlight of setting.inFlight) {
    const rounds = await measured(bench, inFlight, plan);
    const rates = rounds.map(({ perSecond }) => perSecond);
    const least = inFlight === 64 && rows === 0 && callees === CALLEES ? plan.least : undefined;
    const name = `${label}, ${inFlight} in flight`;
    figures.push(
      { name, unit: 'lifecycles/s', rounds: rates, ...(least === undefined ? {} : { target: { least } }) },
      { name: `${name}, commit p50`, unit: 'ms', rounds: rounds.map(({ p50 }) => p50) },
      { name: `${name}, commit p99`, unit: 'ms', rounds: rounds.map(({ p99 }) => p99) },
    );
    at64 = inFlight === 64 ? median(rates) : at64;
  }
  if (rows > 0) {
    figures.push(...(await looks(bench, label)));
  }
  await bench.close();
  return { figures, at64 };
}

async function measured(bench: EngineBench, inFlight: number, plan: Plan): Promise<EngineFigure[]> {
  const total = (inFlight === 1 ? 1500 : 12_000) / (plan.quick ? 4 : 1);
  const rounds = [];
  for (let round = 0; round < plan.rounds; round += 1) {
    rounds.push(await measure(bench, { inFlight, total }));
  }
  return rounds;
}

async function looks(bench: EngineBench, label: string): Promise<Figure[]> {
  const { engine, recorder } = bench;
  const filter = { caller: 'caller', limit: 50 };
  await queueUp(bench, LOOKS);
  return [
    await look(`${label}, page of 50 of a workspace`, async () => engine.delegations(filter)),
    await look(`${label}, page of 50 that are queued`, async () => engine.delegations({ ...filter, status: 'queued' })),
    await look(`${label}, claim`, async () => recorder.record({ type: 'claim', callee: 'puller', most: 1 })),
  ];
}

async function look(name: string, what: () => Promise<unknown>): Promise<Figure> {
  const rounds: number[] = [];
  for (let index = 0; index < LOOKS; index += 1) {
    const began = performance.now();
    await what();
    rounds.push(performance.now() - began);
  }
  return { name, unit: 'ms', rounds };
}
