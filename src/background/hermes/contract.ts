/**
 * What the children of a unit have promised to answer with, by their schemas, and the one correction that each is asked
 * for: what does not hold after that is delivered all the same, and says that it does not.
 *
 * An answer is what JSON says in the summary, or the summary itself where it is none.
 */
import { check } from '../schema.ts';
import type { Correction, OutputSchema, TaskResult } from './hermes.ts';
import { isThere, type Outcome } from './outcome.ts';

/** By the place of the child; undefined where it has promised nothing. */
export type Contract = (task_index: number) => OutputSchema | undefined;

export function contractOf(said: OutputSchema | readonly (OutputSchema | null)[] | null | undefined): Contract {
  if (said === null || said === undefined || '~standard' in said) {
    return () => said ?? undefined;
  }
  return (task_index) => said[task_index] ?? undefined;
}

/** `run` is called once, and once more where something has to be corrected. */
export async function outcomeUnder(
  contract: Contract,
  signal: AbortSignal,
  run: (corrections: readonly Correction[]) => Promise<Outcome>,
): Promise<Outcome> {
  const first = await run([]);
  const wrong = await wrongIn(contract, first.results);
  if (wrong.size === 0 || signal.aborted) {
    return marked(contract, first, wrong);
  }
  const corrections = [...wrong].map(([task_index, errors]) => ({ task_index, errors }));
  const { second, failed } = await corrected(async () => run(corrections));
  const byIndex = new Map(second.map((result) => [result.task_index, result]));
  const results = first.results.map((result) => {
    const again = wrong.has(result.task_index) ? byIndex.get(result.task_index) : undefined;
    return again?.status === 'completed' ? again : result;
  });
  const still = await wrongIn(contract, results);
  return marked(contract, { ...first, results }, new Map([...still].map(([at, why]) => [at, [...why, ...failed]])));
}

/** One that fails takes nothing away from what was there before it. */
async function corrected(run: () => Promise<Outcome>): Promise<{ second: readonly TaskResult[]; failed: string[] }> {
  try {
    const outcome = await run();
    const failed = isThere(outcome) ? [] : [`its correction: ${outcome.error ?? outcome.status}`];
    return { second: outcome.results, failed };
  } catch (error) {
    return { second: [], failed: [`its correction: ${error instanceof Error ? error.message : String(error)}`] };
  }
}

async function wrongIn(contract: Contract, results: readonly TaskResult[]): Promise<Map<number, readonly string[]>> {
  const wrong = new Map<number, readonly string[]>();
  for (const { task_index, status, summary } of results) {
    const checked =
      status === 'completed' ? await check(contract(task_index), answerIn(summary ?? '')) : { value: null };
    if ('wrong' in checked) {
      wrong.set(task_index, [checked.wrong]);
    }
  }
  return wrong;
}

function answerIn(summary: string): unknown {
  try {
    return JSON.parse(summary);
  } catch {
    return summary;
  }
}

function marked(contract: Contract, outcome: Outcome, wrong: ReadonlyMap<number, readonly string[]>): Outcome {
  const results = outcome.results.map((result) => {
    const errors = wrong.get(result.task_index);
    const isHeld = errors === undefined;
    return contract(result.task_index) === undefined || result.status !== 'completed'
      ? result
      : { ...result, schema_valid: isHeld, ...(isHeld ? {} : { schema_errors: errors }) };
  });
  return { ...outcome, results };
}
