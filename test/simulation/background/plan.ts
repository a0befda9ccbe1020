/**
 * What a callee of the simulation is told to do, as the text of its task: steps, and children with plans of their own.
 */
import type { Budget } from '../../../src/core/delegation/index.ts';
import type { Dice } from '../dice.ts';

export type How = 'done' | 'wait' | 'any' | 'hasty' | 'leave' | 'cancel';

export type Step =
  | { do: 'sleep'; ms: number }
  /** Without a look at the signal. */
  | { do: 'deaf'; ms: number }
  /** So many tokens more. */
  | { do: 'usage'; tokens: number }
  | { do: 'progress' | 'partial' | 'checkpoint' | 'steers' | 'ask' | 'fail' | 'hang' | 'endings' }
  | { do: 'children'; how: How; children: Child[] };

export interface Child {
  to: CalleeName;
  plan: Plan;
  budget?: Budget;
}

export interface Plan {
  name: string;
  steps: Step[];
  /** It brings what it does not promise. */
  spoils?: true;
}

export interface About {
  recovery: 'unknown' | 'retry' | 'resume';
  recursive: boolean;
  hasOwnSlots?: true;
  isTyped?: true;
  /** Reached through a carrier, and no function of the process. */
  isPeer?: true;
}

export type CalleeName = 'quick' | 'again' | 'onward' | 'once' | 'own' | 'solo' | 'typed' | 'peer' | 'mailer';

/** Whom a plan may be given to, and whether those may have the same above them. */
export const CALLEES: Readonly<Record<CalleeName, About>> = {
  quick: { recovery: 'unknown', recursive: false },
  again: { recovery: 'retry', recursive: true },
  onward: { recovery: 'resume', recursive: true },
  once: { recovery: 'unknown', recursive: true },
  own: { recovery: 'unknown', recursive: true, hasOwnSlots: true },
  solo: { recovery: 'retry', recursive: true, hasOwnSlots: true },
  typed: { recovery: 'retry', recursive: true, isTyped: true },
  peer: { recovery: 'retry', recursive: false, hasOwnSlots: true, isPeer: true },
  mailer: { recovery: 'unknown', recursive: false, hasOwnSlots: true, isPeer: true },
};

const NAMES = Object.keys(CALLEES) as CalleeName[];
const DEPTH = 5;

export function withOwnSlots(): CalleeName[] {
  return NAMES.filter((name) => CALLEES[name].hasOwnSlots === true);
}

export function pickCallee(dice: Dice): CalleeName {
  return dice.pick(NAMES);
}

export function planOf(dice: Dice, name: string, to: CalleeName, depth = 1): Plan {
  const most = CALLEES[to].isPeer === true ? DEPTH : depth;
  const steps = Array.from({ length: 1 + dice.below(4) }, (_none, index) => stepOf(dice, `${name}.${index}`, most));
  if (CALLEES[to].recovery === 'resume' && dice.chance(0.6)) {
    steps.unshift({ do: 'checkpoint' });
  }
  const fate = dice.next();
  if (fate < 0.04) {
    steps.push({ do: 'hang' });
  } else if (fate < 0.12) {
    steps.push({ do: 'fail' });
  } else if (fate < 0.18) {
    steps.push({ do: 'deaf', ms: dice.below(20_000) });
  }
  return { name, steps, ...(CALLEES[to].isTyped === true && dice.chance(0.15) ? { spoils: true } : {}) };
}

/** What a task may use; most may use what they like. */
export function budgetOf(dice: Dice): Budget | undefined {
  const kind = dice.next();
  if (kind < 0.1) {
    return { tokens: 100 + dice.below(1500) };
  }
  if (kind < 0.16) {
    return { delegations: dice.below(4) };
  }
  return kind < 0.2 ? { tokens: 200 + dice.below(800), delegations: 1 + dice.below(4) } : undefined;
}

function stepOf(dice: Dice, name: string, depth: number): Step {
  const kind = dice.next();
  if (kind < 0.35) {
    return { do: 'sleep', ms: dice.below(dice.pick([1, 500, 4000, 8000])) };
  }
  if (kind < 0.75 && depth < DEPTH && (depth === 1 || dice.chance(0.7))) {
    const count = 1 + dice.below(depth > 2 ? 1 : 3);
    const how = dice.pick<How>(['done', 'done', 'wait', 'wait', 'any', 'hasty', 'leave', 'cancel']);
    const children = Array.from({ length: count }, (_none, index) =>
      childOf(dice, `${name}${'abc'.charAt(index)}`, depth),
    );
    return { do: 'children', how, children };
  }
  if (kind < 0.83) {
    return { do: 'usage', tokens: dice.below(300) };
  }
  return { do: dice.pick(['progress', 'partial', 'checkpoint', 'steers', 'ask', 'endings', 'progress', 'checkpoint']) };
}

function childOf(dice: Dice, name: string, depth: number): Child {
  const to = pickCallee(dice);
  const budget = budgetOf(dice);
  return { to, plan: planOf(dice, name, to, depth + 1), ...(budget === undefined ? {} : { budget }) };
}

/** It, or somebody under it, never comes back by itself. */
export function hangs(plan: Plan): boolean {
  return plan.steps.some(
    (step) => step.do === 'hang' || (step.do === 'children' && step.children.some((child) => hangs(child.plan))),
  );
}
