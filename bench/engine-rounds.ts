/**
 * The rounds of an engine: empty and with a million rows, few and many in flight, few and many callees.
 */
import { measure, openBench, queueUp, type EngineBench, type EngineFigure } from './engine.ts';
import type { Figure } from './figure.ts';
import type { Plan } from './plan.ts';
import type { OpenStore } from './stores/store.ts';

const IN_FLIGHT = [1, 16, 64, 256] as const;
const CALLEES = 64;
const LOOKS = 50;
/** Code gets its speed by being run: lifecycles before the first that counts. */
const WARMING = 3000;

export interface EnginePlan extends Plan {
  openStore: OpenStore;
  /** Lifecycles a second on an empty store, 64 in flight. */
  least?: number;
}

export async function benchEngine(plan: EnginePlan): Promise<Figure[]> {
  const many = plan.quick ? 100_000 : 1_000_000;
  const [empty, some, filled] = await opened(plan, [{ rows: 0 }, { rows: 10_000 }, { rows: many }]);
  if (empty === undefined || some === undefined || filled === undefined) {
    throw new Error('Three settings make three benches.');
  }
  const figures: Figure[] = [];
  for (const inFlight of IN_FLIGHT) {
    plan.tell(`… ${inFlight} in flight, empty and with ${many} rows`);
    const held = inFlight === 64 ? { ...(plan.least === undefined ? {} : { rate: plan.least }), share: 0.8 } : {};
    figures.push(...(await roundsOf(plan, { inFlight, benches: [empty, filled], held })));
  }
  for (const one of [some, filled]) {
    plan.tell(`… looks, ${one.label}`);
    figures.push(...(await looks(one)));
  }
  await closed([empty, some, filled]);
  const others = await opened(plan, [{ callees: 1 }, { callees: 10_000 }]);
  plan.tell('… with one callee, and with 10,000');
  figures.push(...(await roundsOf({ ...plan, rounds: 1 }, { inFlight: 64, benches: others, held: {} })));
  await closed(others);
  return figures;
}

interface Setting {
  rows?: number;
  callees?: number;
}

interface Labelled {
  label: string;
  bench: EngineBench;
}

async function opened(plan: EnginePlan, settings: readonly Setting[]): Promise<Labelled[]> {
  const benches: Labelled[] = [];
  for (const { rows = 0, callees = CALLEES } of settings) {
    const label = `engine, ${rows} rows, ${callees} callees`;
    plan.tell(`… filling: ${label}`);
    const bench = await openBench(plan.openStore, callees, rows);
    await measure(bench, { inFlight: 64, total: WARMING });
    benches.push({ label, bench });
  }
  return benches;
}

async function closed(benches: readonly Labelled[]): Promise<void> {
  for (const { bench } of benches) {
    await bench.close();
  }
}

interface Rounds {
  inFlight: number;
  benches: readonly Labelled[];
  /** What the first has to do, and how much of that the last. */
  held: { rate?: number; share?: number };
}

/** They take turns; the last is held against the first. */
async function roundsOf(plan: EnginePlan, { inFlight, benches, held }: Rounds): Promise<Figure[]> {
  const total = (inFlight === 1 ? 1500 : 12_000) / (plan.quick ? 4 : 1);
  const measured = benches.map((): EngineFigure[] => []);
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const [index, { bench }] of benches.entries()) {
      measured[index]?.push(await measure(bench, { inFlight, total }));
    }
  }
  const rates = measured.map((rounds) => rounds.map(({ perSecond }) => perSecond));
  const figures = benches.flatMap(({ label }, index): Figure[] => {
    const name = `${label}, ${inFlight} in flight`;
    const rounds = measured[index] ?? [];
    const least = index === 0 ? held.rate : undefined;
    return [
      {
        name,
        unit: 'lifecycles/s',
        rounds: rates[index] ?? [],
        ...(least === undefined ? {} : { target: { least } }),
      },
      { name: `${name}, commit p50`, unit: 'ms', rounds: rounds.map(({ p50 }) => p50) },
      { name: `${name}, commit p99`, unit: 'ms', rounds: rounds.map(({ p99 }) => p99) },
    ];
  });
  const shares = (rates.at(-1) ?? []).map((rate, round) => rate / (rates[0]?.[round] ?? Number.NaN));
  const name = `${benches.at(-1)?.label ?? ''}, ${inFlight} in flight, against the first`;
  const least = held.share;
  return [...figures, { name, unit: '×', rounds: shares, ...(least === undefined ? {} : { target: { least } }) }];
}

async function looks({ bench, label }: Labelled): Promise<Figure[]> {
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
