/**
 * What a tree of delegations may use up: tokens, money, and how many more it may hand on.
 *
 * A budget holds for everything below it. What a child is given is set aside at its acceptance, what is used is charged
 * to everybody above as it is reported, and what was set aside and not used is free again at the end. What nobody
 * reports is not known, and never counts as nothing (D18).
 */
import type { Usage } from './delegation.ts';

export interface Budget {
  tokens?: number;
  costUsd?: number;
  /** How many may be accepted below it. */
  delegations?: number;
}

export type Unit = keyof Budget;

const UNITS: readonly Unit[] = ['tokens', 'costUsd', 'delegations'];
/** From here on it is said once that the end is near. */
const WARN_PART = 0.8;

export interface Purse {
  budget: Budget;
  /** Reported by it and by all below it. */
  spent: Budget;
  /** Set aside for children that live, and not used by them yet. */
  reserved: Budget;
}

export function newPurse(budget: Budget): Purse {
  return { budget, spent: {}, reserved: {} };
}

/** What may still be given to a child; undefined where there is no bound. */
function left({ budget, spent, reserved }: Purse, unit: Unit): number | undefined {
  const most = budget[unit];
  return most === undefined ? undefined : most - (spent[unit] ?? 0) - (reserved[unit] ?? 0);
}

/** The unit in which it has nothing for a child, or not so much. */
export function shortOf(purse: Purse, asked: Budget): { unit: Unit; left: number } | undefined {
  for (const unit of UNITS) {
    const rest = left(purse, unit);
    const wanted = unit === 'delegations' ? (asked.delegations ?? 0) + 1 : asked[unit];
    if (rest !== undefined && (rest <= 0 || (wanted !== undefined && wanted > rest))) {
      return { unit, left: Math.max(0, rest) };
    }
  }
  return undefined;
}

export function unitsIn(budget: Budget): readonly Unit[] {
  return UNITS.filter((unit) => budget[unit] !== undefined);
}

/** So much is set aside for a child. */
export function withReserved(purse: Purse, given: Budget): Purse {
  return { ...purse, reserved: plus(purse.reserved, given) };
}

/** So much more was used; of it, so much had been set aside. */
export function charged(purse: Purse, used: Budget, ofReserved: Budget): Purse {
  return { ...purse, spent: plus(purse.spent, used), reserved: minus(purse.reserved, ofReserved) };
}

/** The child has ended: what it did not use is free again. */
export function refunded(purse: Purse, rest: Budget): Purse {
  return { ...purse, reserved: minus(purse.reserved, rest) };
}

/** Of what was set aside for it, what it has not used (or given on) yet. */
export function unused({ budget, spent }: Purse): Budget {
  return minus(budget, spent);
}

export function overspent({ budget, spent }: Purse): Unit | undefined {
  return UNITS.find((unit) => (spent[unit] ?? 0) > (budget[unit] ?? Infinity));
}

/** Of what four fifths are used. */
export function nearEnd({ budget, spent }: Pick<Purse, 'budget' | 'spent'>): readonly Unit[] {
  return UNITS.filter((unit) => (spent[unit] ?? 0) >= (budget[unit] ?? Infinity) * WARN_PART);
}

/** Between two reports of the same callee; what it takes back was used all the same. */
export function usedSince(before: Usage | undefined, now: Usage): Budget {
  const tokens = tokensOf(now) - tokensOf(before);
  const costUsd = (now.costUsd ?? 0) - (before?.costUsd ?? 0);
  return { ...(tokens > 0 ? { tokens } : {}), ...(costUsd > 0 ? { costUsd } : {}) };
}

function tokensOf(usage: Usage | undefined): number {
  return (usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0);
}

export function lesser(one: Budget, other: Budget): Budget {
  return map((unit) =>
    one[unit] === undefined || other[unit] === undefined ? undefined : Math.min(one[unit], other[unit]),
  );
}

function plus(one: Budget, more: Budget): Budget {
  return map((unit) => (more[unit] === undefined ? one[unit] : (one[unit] ?? 0) + more[unit]));
}

function minus(one: Budget, less: Budget): Budget {
  return map((unit) => (one[unit] === undefined ? undefined : Math.max(0, one[unit] - (less[unit] ?? 0))));
}

function map(valueOf: (unit: Unit) => number | undefined): Budget {
  const made: Budget = {};
  for (const unit of UNITS) {
    const value = valueOf(unit);
    if (value !== undefined) {
      made[unit] = value;
    }
  }
  return made;
}
