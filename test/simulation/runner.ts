/**
 * Runs many seeds and says what they came to.
 */
import type { TestServer } from '../support/postgres.ts';
import { postgresStore } from './postgres-store.ts';
import { simulate, type Outcome, type Setting } from './simulate.ts';
import { memoryStore, sqliteStore, type Planted } from './store.ts';

export interface Running {
  from: number;
  seeds: number;
  engine: 'memory' | 'sqlite' | 'postgres';
  /** One platform with a store for itself, or several over one. */
  isShared?: boolean;
  /** The one that `postgres` runs on. */
  server?: TestServer;
  onProgress?: ((line: string) => void) | undefined;
}

export interface Summary {
  seeds: number;
  failed: number;
  accepted: number;
  perSecond: number;
  faults: Record<string, number>;
  refusals: Record<string, number>;
  failures: { seed: number; complaints: readonly string[]; tail: readonly string[] }[];
  text: string;
}

const TAIL = 40;
const FAILURES_SHOWN = 5;

export async function runOne(
  seed: number,
  { engine, isShared = false, server }: Pick<Running, 'engine' | 'isShared' | 'server'>,
  planted?: Planted,
): Promise<Outcome> {
  if (engine === 'memory') {
    return simulate(seed, memoryStore(planted, isShared), { isShared });
  }
  const store = server === undefined ? sqliteStore() : await postgresStore(server);
  try {
    return await simulate(seed, store, server === undefined ? { isShared: false } : OVER_POSTGRES);
  } finally {
    await store.remove();
  }
}

/** Coarse enough that commits of several platforms run into each other. */
const OVER_POSTGRES: Setting = { isShared: true, grainMs: 20, operations: 25 };

export async function run(running: Running): Promise<Summary> {
  const began = performance.now();
  const faults: Record<string, number> = {};
  const refusals: Record<string, number> = {};
  const failures: Summary['failures'] = [];
  let accepted = 0;
  let failed = 0;
  for (let seed = running.from; seed < running.from + running.seeds; seed += 1) {
    const outcome = await runOne(seed, running);
    accepted += outcome.accepted;
    add(faults, outcome.faults);
    add(refusals, outcome.refusals);
    if (outcome.complaints.length > 0) {
      failed += 1;
      failures.push({ seed, complaints: outcome.complaints, tail: outcome.trace.slice(-TAIL) });
    }
    if ((seed - running.from + 1) % 200 === 0) {
      running.onProgress?.(`${seed - running.from + 1} of ${running.seeds} seeds, ${failed} failed`);
    }
  }
  const perSecond = Math.round((running.seeds / (performance.now() - began)) * 1000);
  const summary = { seeds: running.seeds, failed, accepted, perSecond, faults, refusals, failures };
  return { ...summary, text: textOf(summary, running) };
}

function add(sums: Record<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [name, count] of counts) {
    sums[name] = (sums[name] ?? 0) + count;
  }
}

function textOf(summary: Omit<Summary, 'text'>, running: Running): string {
  const shown = summary.failures
    .slice(0, FAILURES_SHOWN)
    .flatMap(({ seed, complaints, tail }) => [
      `seed ${seed}: ${complaints.join('; ')}`,
      ...tail.map((line) => `    ${line}`),
      `replay: SEED=${seed} npm run sim -- --engine ${running.engine}${running.isShared === true ? ' --shared' : ''}`,
    ]);
  const faults = Object.entries(summary.faults).map(([name, count]) => `  ${count} × ${name}`);
  return [
    ...shown,
    `${summary.seeds} seeds over ${running.engine}, ${summary.accepted} delegations, ${summary.perSecond} seeds/s`,
    ...faults,
    `${summary.failed} seeds broke an invariant`,
  ].join('\n');
}
