/**
 * One measured figure: its rounds, its median, and the target it is held against.
 */
export interface Figure {
  name: string;
  unit: string;
  rounds: number[];
  target?: { least: number } | { most: number };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function at(values: readonly number[], share: number): number {
  const sorted = [...values].toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function printed(figures: readonly Figure[]): string {
  return ['', ...figures.map((figure) => lineOf(figure))].join('\n');
}

export function lineOf({ name, unit, rounds, target }: Figure): string {
  const middle = median(rounds);
  const spread = rounds.length === 1 ? '' : ` (${short(Math.min(...rounds))} to ${short(Math.max(...rounds))})`;
  return `${name.padEnd(58)} ${short(middle)} ${unit}${spread}${verdictOf(middle, target)}`;
}

function verdictOf(value: number, target: Figure['target']): string {
  if (target === undefined) {
    return '';
  }
  const isMet = 'least' in target ? value >= target.least : value <= target.most;
  const bound = 'least' in target ? `at least ${short(target.least)}` : `at most ${short(target.most)}`;
  return `   target ${bound}: ${isMet ? 'ok' : 'MISSED'}`;
}

function short(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(3);
}
