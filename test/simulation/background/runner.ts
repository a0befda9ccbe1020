/**
 * Runs many seeds over background delegation and says what they came to; a failing one with how to repeat it.
 */
import type { Summary } from '../runner.ts';
import { simulateBackground } from './simulate.ts';
import type { StoreName } from './store.ts';

export interface BackgroundRunning {
  from: number;
  seeds: number;
  store?: StoreName;
  onProgress?: ((line: string) => void) | undefined;
}

const TAIL = 40;
const FAILURES_SHOWN = 5;

export async function runBackground({
  from,
  seeds,
  store = 'memory',
  onProgress,
}: BackgroundRunning): Promise<Summary> {
  const began = performance.now();
  const faults: Record<string, number> = {};
  const refusals: Record<string, number> = {};
  const failures: Summary['failures'] = [];
  let accepted = 0;
  for (let seed = from; seed < from + seeds; seed += 1) {
    const outcome = await simulateBackground(seed, { store });
    accepted += outcome.accepted;
    add(faults, outcome.faults);
    add(refusals, outcome.refusals);
    if (outcome.complaints.length > 0) {
      failures.push({ seed, complaints: outcome.complaints, tail: outcome.trace.slice(-TAIL) });
    }
    if ((seed - from + 1) % 200 === 0) {
      onProgress?.(`${seed - from + 1} of ${seeds} seeds, ${failures.length} failed`);
    }
  }
  const perSecond = Math.round((seeds / (performance.now() - began)) * 1000);
  const summary = { seeds, failed: failures.length, accepted, perSecond, faults, refusals, failures };
  return { ...summary, text: textOf(summary, store) };
}

function add(sums: Record<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [name, count] of counts) {
    sums[name] = (sums[name] ?? 0) + count;
  }
}

function textOf(
  { failures, seeds, accepted, perSecond, faults, failed }: Omit<Summary, 'text'>,
  store: StoreName,
): string {
  const shown = failures
    .slice(0, FAILURES_SHOWN)
    .flatMap(({ seed, complaints, tail }) => [
      `seed ${seed}: ${complaints.join('; ')}`,
      ...tail.map((line) => `    ${line}`),
      `replay: SEED=${seed} npm run sim -- --background --engine ${store}`,
    ]);
  return [
    ...shown,
    `${seeds} seeds of background delegation over ${store}, ${accepted} tasks, ${perSecond} seeds/s`,
    ...Object.entries(faults).map(([name, count]) => `  ${count} × ${name}`),
    `${failed} seeds broke an invariant`,
  ].join('\n');
}
