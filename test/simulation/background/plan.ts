/**
 * What a function of the simulation is told to do, as the text of its task: steps, and children with plans of their own.
 */
import type { Dice } from '../dice.ts';

export type How = 'done' | 'wait' | 'any' | 'hasty' | 'leave' | 'cancel';

export type Step =
  | { do: 'sleep'; ms: number }
  /** Without a look at the signal. */
  | { do: 'deaf'; ms: number }
  | { do: 'progress' | 'partial' | 'checkpoint' | 'steers' | 'ask' | 'fail' | 'hang' | 'endings' }
  | { do: 'children'; how: How; children: { to: string; plan: Plan }[] };

export interface Plan {
  name: string;
  steps: Step[];
}

/** Whom a plan may be given to, and whether those may have the same above them. */
export const CALLEES = {
  quick: { recovery: 'unknown', recursive: false },
  again: { recovery: 'retry', recursive: true },
  onward: { recovery: 'resume', recursive: true },
  once: { recovery: 'unknown', recursive: true },
  own: { recovery: 'unknown', recursive: true, hasOwnSlots: true },
  solo: { recovery: 'retry', recursive: true, hasOwnSlots: true },
} as const;

export type CalleeName = keyof typeof CALLEES;

const NAMES = Object.keys(CALLEES) as CalleeName[];
const DEPTH = 5;

export function pickCallee(dice: Dice): CalleeName {
  return dice.pick(NAMES);
}

export function planOf(dice: Dice, name: string, depth = 1): Plan {
  const steps = Array.from({ length: 1 + dice.below(4) }, (_none, index) => stepOf(dice, `${name}.${index}`, depth));
  const fate = dice.next();
  if (fate < 0.04) {
    steps.push({ do: 'hang' });
  } else if (fate < 0.12) {
    steps.push({ do: 'fail' });
  } else if (fate < 0.18) {
    steps.push({ do: 'deaf', ms: dice.below(20_000) });
  }
  return { name, steps };
}

function stepOf(dice: Dice, name: string, depth: number): Step {
  const kind = dice.next();
  if (kind < 0.35) {
    return { do: 'sleep', ms: dice.below(dice.pick([1, 500, 4000, 8000])) };
  }
  if (kind < 0.75 && depth < DEPTH && (depth === 1 || dice.chance(0.7))) {
    const count = 1 + dice.below(depth > 2 ? 1 : 3);
    const how = dice.pick<How>(['done', 'done', 'wait', 'wait', 'any', 'hasty', 'leave', 'cancel']);
    const children = Array.from({ length: count }, (_none, index) => ({
      to: pickCallee(dice),
      plan: planOf(dice, `${name}${'abc'.charAt(index)}`, depth + 1),
    }));
    return { do: 'children', how, children };
  }
  return { do: dice.pick(['progress', 'partial', 'checkpoint', 'steers', 'ask', 'endings', 'progress', 'checkpoint']) };
}

/** It, or somebody under it, never comes back by itself. */
export function hangs(plan: Plan): boolean {
  return plan.steps.some(
    (step) => step.do === 'hang' || (step.do === 'children' && step.children.some((child) => hangs(child.plan))),
  );
}
