/**
 * What came of a unit as the line keeps it: its summaries as the text, the whole as data beside it, and what it used.
 */
import type { Usage } from '../../core/delegation/index.ts';
import type { Output } from '../callee.ts';
import { amountIn, textOf, type Outcome } from './outcome.ts';

export function keptOf(outcome: Outcome): Exclude<Output, string> {
  const usage = usageOf(outcome);
  return {
    text: textOf(outcome),
    parts: [{ kind: 'data', data: outcome }],
    ...(usage === undefined ? {} : { usage }),
  };
}

/** What is not said is not known, and never zero. */
function usageOf({ results }: Outcome): Usage | undefined {
  const inputTokens = sumOf(results.map(({ tokens }) => tokens?.input));
  const outputTokens = sumOf(results.map(({ tokens }) => tokens?.output));
  const costUsd = sumOf(results.map(({ cost_usd }) => cost_usd));
  const usage = {
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
    ...(costUsd === undefined ? {} : { costUsd }),
  };
  return Object.keys(usage).length === 0 ? undefined : usage;
}

export function sumOf(said: readonly unknown[]): number | undefined {
  const known = said.map(amountIn).filter((one) => one !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, one) => sum + one, 0);
}
